/**
 * `npm run sbom` writes a software bill of materials (CycloneDX) of each published package to
 * `sbom/`: the package, and all that its installation brings, in the versions of the lock file.
 *
 * `npm sbom` describes a whole project, and omits what other workspaces need for their tests. So
 * each package is described in a project that installs only this package.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installedPackages } from "./installed-packages.mjs";
import { publishedPackages } from "./published-packages.mjs";
import { runNpm } from "./run-npm.mjs";

const folder = join(import.meta.dirname, "../../sbom");
const published = publishedPackages();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const { name, manifest } of published) {
  const file = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.cdx.json`;
  writeFileSync(join(folder, file), JSON.stringify(describe(name, manifest), undefined, 2));
  console.log(`sbom/${file}`);
}

function describe(name, { name: packageName, version }) {
  const bill = billOf(projectWith(name, { [packageName]: version }));
  const root = bill.metadata.component["bom-ref"];
  const isSubject = ({ "bom-ref": reference }) => reference === `${packageName}@${version}`;
  return {
    ...bill,
    metadata: { ...bill.metadata, component: bill.components.find(isSubject) },
    components: bill.components.filter((component) => !isSubject(component)),
    dependencies: bill.dependencies.filter(({ ref }) => ref !== root),
  };
}

/** The files of a project that installs one package. */
function projectWith(name, dependencies) {
  const manifest = { name: "project", version: "0.0.0", dependencies };
  const installed = [...installedPackages(name)].map(([path, entry]) => [
    path.replace(/^packages\/([^/]*)/, (_, workspace) => `node_modules/${nameOf(workspace)}`),
    entry,
  ]);
  const packages = { "": manifest, ...Object.fromEntries(installed) };
  return { "package.json": manifest, "package-lock.json": { lockfileVersion: 3, packages } };
}

function nameOf(workspace) {
  return published.find(({ name }) => name === workspace).manifest.name;
}

function billOf(files) {
  const project = mkdtempSync(join(tmpdir(), "sbom-"));
  try {
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(project, file), JSON.stringify(content));
    }
    return JSON.parse(runNpm(project, ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"]));
  } finally {
    rmSync(project, { recursive: true });
  }
}
