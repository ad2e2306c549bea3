export { freePort } from "./free-port.ts";
export { warningsOf } from "./warnings-of.ts";
