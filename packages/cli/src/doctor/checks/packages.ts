import { version } from "../../version.ts";
import { type Finding, fine, type Surroundings, warning } from "../finding.ts";

/** Packages of this project in the application: one copy of each, all of one version. */
export function checkPackages({ application }: Surroundings): Finding {
  const { path, packages, cores } = application;
  const program = `embeddinggemma ${version}`;
  if (packages.length === 0) {
    const own = cores[0]?.version;
    if (own === version) return fine(`${program}; no @embeddinggemma packages in ${path}`);
    return warning(
      `${program} runs with @embeddinggemma packages ${own}`,
      "Install it again. To get the same versions each time, install it in a project with a lock " +
        "file.",
    );
  }
  const versions = [...new Set([...packages, ...cores].map((one) => one.version))];
  if (cores.length > 1) {
    const copies = cores.map((core) => `${core.version} in ${core.path}`).join(", ");
    return warning(
      `${cores.length} copies of @embeddinggemma/core: ${copies}`,
      "Install the same version of all @embeddinggemma packages, then run `npm dedupe`. " +
        "Two copies load a model twice.",
    );
  }
  if (versions.length > 1) {
    const names = packages.map(({ name, version }) => `${name} ${version}`).join(", ");
    return warning(
      `different versions: ${names}`,
      "Install the same version of all @embeddinggemma packages.",
    );
  }
  const shortNames = packages.map(({ name }) => name.slice(name.indexOf("/") + 1));
  return fine(`${program}; @embeddinggemma packages ${versions[0]}: ${shortNames.join(", ")}`);
}
