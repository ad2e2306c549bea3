/**
 * Fails if the package.json of a published package lacks what all of them say, or if npm would
 * correct it, with a warning, while it publishes.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complain } from "./complain.mjs";
import { publishedPackages } from "./published-packages.mjs";
import { runNpm } from "./run-npm.mjs";

const repository = "https://github.com/embeddinggemma-js/embeddinggemma-js";
const root = join(import.meta.dirname, "../..");
const { engines, license } = readManifest(root);
const { fixed } = JSON.parse(readFileSync(join(root, ".changeset/config.json"), "utf8"));

const packages = publishedPackages();
for (const { name, manifest } of packages) {
  const expected = {
    version: packages[0].manifest.version,
    license,
    homepage: `${repository}/tree/main/packages/${name}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${name}` },
    funding: "https://github.com/sponsors/embeddinggemma-js",
    type: "module",
    engines,
    publishConfig: { access: "public", provenance: true },
  };
  for (const [field, value] of Object.entries(expected)) {
    if (JSON.stringify(manifest[field]) !== JSON.stringify(value)) {
      complain(`${manifest.name}: "${field}" of package.json must be ${JSON.stringify(value)}.`);
    }
  }
  if (!manifest.description) complain(`${manifest.name}: package.json needs a "description".`);
  for (const keyword of ["embeddinggemma", "embeddings"]) {
    if (!manifest.keywords?.includes(keyword))
      complain(`${manifest.name}: add keyword ${keyword}.`);
  }
  if (!fixed.flat().includes(manifest.name)) {
    complain(`${manifest.name}: add it to "fixed" of .changeset/config.json.`);
  }
}
findCorrections();

/** Lets npm correct copies. */
function findCorrections() {
  const copies = mkdtempSync(join(tmpdir(), "manifests-"));
  try {
    writeFileSync(join(copies, "package.json"), JSON.stringify({ workspaces: ["*"] }));
    for (const { name, folder } of packages) {
      mkdirSync(join(copies, name));
      cpSync(join(folder, "package.json"), join(copies, name, "package.json"));
    }
    runNpm(copies, ["pkg", "fix", "--workspaces", "--loglevel=error"]);
    for (const { name, manifest } of packages) {
      const corrected = readManifest(join(copies, name));
      if (JSON.stringify(corrected) === JSON.stringify(manifest)) continue;
      complain(
        `${manifest.name}: npm corrects package.json. Run "npm pkg fix -w ${manifest.name}".`,
      );
    }
  } finally {
    rmSync(copies, { recursive: true });
  }
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
