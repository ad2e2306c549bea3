export { freePort } from "./free-port.ts";
export { endPrograms, type RunningProgram, startProgram } from "./running-program.ts";
export { warningsOf } from "./warnings-of.ts";
