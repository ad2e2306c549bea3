import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const example = fileURLToPath(new URL("../../examples/semantic-galaxy/", import.meta.url));

/** Builds examples/semantic-galaxy into a folder, with the Vite of the example. */
export async function buildGalaxy(folder) {
  const vite = createRequire(join(example, "package.json")).resolve("vite/package.json");
  const program = join(dirname(vite), "bin/vite.js");
  const options = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  const child = spawn(process.execPath, [program, ...options], { cwd: example, stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`The build of ${example} failed.`);
}
