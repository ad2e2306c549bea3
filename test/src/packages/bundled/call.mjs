import { pathToFileURL } from "node:url";

const found = [];
for (const file of process.argv.slice(2)) {
  // An ES module in CommonJS may be in `default`.
  const { search, default: { search: alternative } = {} } = await import(pathToFileURL(file));
  found.push(await (search ?? alternative)("Which planet is red?"));
}
console.log(JSON.stringify(found));
