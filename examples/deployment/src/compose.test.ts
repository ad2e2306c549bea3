import { fileURLToPath } from "node:url";
import { DCLinter } from "dclint";
import { expect, it } from "vitest";
import { textOf, yamlOf } from "./files.ts";

const compose = yamlOf("compose.yaml");

it("fits the schema of Compose files, and has none of the usual mistakes", () => {
  const linter = new DCLinter({
    rules: {
      "no-build-and-image": 0, // The image that is built here has a name.
      "service-image-require-explicit-tag": 0,
      "no-unbound-port-interfaces": 0, // nginx is there to be reached.
      "require-quotes-in-ports": 0, // They have quotes; it looks for single ones.
      "service-keys-order": 0,
      "services-alphabetical-order": 0,
    },
    exclude: [],
    quiet: false,
    debug: false,
  });
  const path = fileURLToPath(new URL("../compose.yaml", import.meta.url));
  const [result] = linter.lintFiles([path], false);
  expect(result!.filePath).toBe(path);
  expect(result!.messages).toEqual([]);
});

it("mounts files that exist", () => {
  // biome-ignore lint/suspicious/noExplicitAny: the schema tells what is in the file.
  const services = Object.values<any>(compose.services);
  const volumes = services.flatMap((service) => service.volumes);
  const files = volumes.filter((volume) => volume.startsWith("./"));
  expect(files).toHaveLength(3);
  for (const file of files) expect(textOf(file.split(":")[0])).not.toBe("");
  const named = volumes.filter((volume) => !volume.startsWith("./"));
  expect(named.map((volume) => volume.split(":")[0])).toEqual(Object.keys(compose.volumes));
});
