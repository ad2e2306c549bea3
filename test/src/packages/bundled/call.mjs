import { pathToFileURL } from "node:url";

// An ES module in CommonJS may be in `default`.
const { search, default: { search: alternative } = {} } = await import(
  pathToFileURL(process.argv[2])
);
console.log(JSON.stringify(await (search ?? alternative)("Which planet is red?")));
