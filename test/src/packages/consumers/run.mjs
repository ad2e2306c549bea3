import process from "node:process";

/** Runs consumers, each as an ES module and as CommonJS. Prints `{ name: [result, result] }`. */
const results = {};
for (const name of process.argv.slice(2)) {
  results[name] = [];
  for (const extension of ["mjs", "cjs"]) {
    const { main } = await import(`./${name}.${extension}`);
    results[name].push(await main());
  }
}
console.log(JSON.stringify(results));
