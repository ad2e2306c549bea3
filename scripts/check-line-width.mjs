/**
 * Fails if a line of source code has more than 100 columns. Biome formats code to this width but
 * does not break long strings and comments. Lines that cannot be broken may be longer: those with
 * only a URL, and imports.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const maxWidth = 100;
const unbreakable = /^\W*https?:\/\/\S+$|^(?:import|export|\}).* from "\S+";$/;

const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
const patterns = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((extension) => `*.${extension}`);
const files = execFileSync("git", [...listed, ...patterns], { encoding: "utf8" }).split("\0");

for (const file of files.filter((file) => file && existsSync(file))) {
  for (const [row, line] of readFileSync(file, "utf8").split(/\r?\n/).entries()) {
    const width = Array.from(line).length;
    if (width <= maxWidth || unbreakable.test(line.trim())) continue;
    console.error(`${file}:${row + 1}: ${width} columns, the limit is ${maxWidth}`);
    process.exitCode = 1;
  }
}
