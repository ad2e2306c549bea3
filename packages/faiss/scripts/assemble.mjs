// Assembles src/codes/codes.wat: `npm run assemble` writes codes.wasm.ts.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

/** @param {"wat" | "wasm.ts"} extension */
const file = (extension) => new URL(`../src/codes/codes.${extension}`, import.meta.url);

/** @returns {Promise<string>} the module in Base64 */
export async function assemble() {
  const { parseWat } = await wabt();
  const module = parseWat("codes.wat", await readFile(file("wat"), "utf8"), {
    simd: true,
  });
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer).toString("base64");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await assemble()).match(/.{1,88}/g) ?? [];
  const text = `/** codes.wat in Base64. Made by \`npm run assemble\`. */
export const codesModule = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;
  await writeFile(file("wasm.ts"), text);
}
