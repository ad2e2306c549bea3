/**
 * `npm run licenses` writes the list of licenses to `docs/reference/security.md`. With
 * `--check`, it fails if the list is out of date. It always fails if an installation of the
 * published packages brings a license that is neither allowed here nor an exception.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import satisfies from "spdx-satisfies";
import { complain } from "./complain.mjs";
import { installedPackages } from "./installed-packages.mjs";
import { publishedPackages } from "./published-packages.mjs";

const page = join(import.meta.dirname, "../../docs/reference/security.md");
const list = /(^- \*\*.*\n)+/m;

/** You may use, change and sell software under these licenses if you keep their notices. */
const allowed = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
];

/** Packages with another license. The page says what it means for users. */
const exceptions = [{ name: /^@img\/sharp-/, license: "LGPL-3.0-or-later" }];

/** Packages whose package.json names no license. Their file LICENSE does. */
const unnamed = { "@llamaindex/core": "MIT", "@llamaindex/env": "MIT" };

const dependencies = new Map();
for (const { name: folder } of publishedPackages()) {
  for (const [path, entry] of installedPackages(folder)) {
    if (/^packages\/[^/]*$/.test(path)) continue; // One of ours.
    const name = entry.name ?? path.replace(/^.*node_modules\//, "");
    dependencies.set(`${name}@${entry.version}`, { name, license: entry.license ?? unnamed[name] });
  }
}

/** Names of packages by license. @type {Map<string, Set<string>>} */
const licenses = new Map();
for (const [id, { name, license = "unknown" }] of dependencies) {
  if (!isAccepted(name, license)) complain(`${id} has the license ${license}. May we use it?`);
  const expression = license.replace(/^\((.*)\)$/, "$1");
  licenses.set(expression, (licenses.get(expression) ?? new Set()).add(name));
}

const text = readFileSync(page, "utf8").replaceAll("\r\n", "\n");
const updated = text.replace(list, render());
if (!process.argv.includes("--check")) writeFileSync(page, updated);
else if (updated !== text) complain('The licenses have changed. Run "npm run licenses".');

function isAccepted(name, license) {
  const also = exceptions.filter((exception) => exception.name.test(name));
  const accepted = [...allowed, ...also.map((exception) => exception.license)];
  return license !== "unknown" && satisfies(license, accepted);
}

function render() {
  return [...licenses]
    .sort(([a, ofA], [b, ofB]) => ofB.size - ofA.size || (a < b ? -1 : 1))
    .map(
      ([license, names]) => `- **${license}** (${names.size}): ${[...names].sort().join(", ")}\n`,
    )
    .join("");
}
