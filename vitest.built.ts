import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("packages/", import.meta.url));

/** Some tests run built packages, so it says which ones are older than their sources. */
export default function warnOfOldBuilds(): void {
  const old = readdirSync(packages)
    .filter((name) => existsSync(join(packages, name, "tsdown.config.ts")))
    .filter((name) => {
      const shipped = Math.max(lastChange(`${name}/src`), lastChange("internal/src"));
      return lastChange(`${name}/dist`) < shipped;
    });
  if (old.length > 0)
    console.warn(`Older than their sources: ${old.join(", ")}. First run \`npm run build\`.`);
}

/** When a file below the folder changed last, tests aside, in milliseconds; 0 if there is none. */
function lastChange(folder: string): number {
  const path = join(packages, folder);
  if (!existsSync(path)) return 0;
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
    (file) => !/\.test(-d)?\.ts$|^testing\b/.test(file),
  );
  return Math.max(0, ...files.map((file) => statSync(join(path, file)).mtimeMs));
}
