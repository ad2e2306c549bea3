import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

const folder = new URL("../", import.meta.url);

/** A file of this example. */
export function textOf(path: string): string {
  return readFileSync(new URL(path, folder), "utf8");
}

// biome-ignore lint/suspicious/noExplicitAny: the schemas tell what is in the files.
export function yamlOf(path: string): any {
  return parse(textOf(path));
}

/** Names of the YAML files in a folder of this example. */
export function yamlFilesIn(path: string): string[] {
  return readdirSync(new URL(path, folder)).filter((name) => name.endsWith(".yaml"));
}
