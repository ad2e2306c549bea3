import { validate } from "dockerfile-utils";
import { expect, it } from "vitest";
import { argumentsOf, stages, variablesOf } from "./dockerfile.ts";
import { textOf, yamlOf } from "./files.ts";

it("is a correct Dockerfile", () => {
  expect(validate(textOf("Dockerfile"))).toEqual([]);
});

it("builds the server without a model, unless a target is named", () => {
  expect([...stages.keys()].at(-1)).toBe("server");
  expect(argumentsOf("server", "FROM")).toBe("base AS server");
  expect(yamlOf("compose.yaml").services.server.build.target).toBe("server");
});

it("does not run as root", () => {
  expect(argumentsOf("base", "USER")).toBe("1000:1000");
  for (const stage of ["with-model", "server"])
    expect(stages.get(stage)!.map(({ keyword }) => keyword)).not.toContain("USER");
});

it("starts the server without a shell, so that signals reach it", () => {
  expect(JSON.parse(argumentsOf("base", "ENTRYPOINT"))).toEqual([
    "/app/node_modules/.bin/embeddinggemma-server",
  ]);
});

it("has the same port in all files", () => {
  const { PORT } = variablesOf("base");
  const port = Number(PORT);
  expect(argumentsOf("base", "EXPOSE")).toBe(String(port));
  expect(textOf("nginx.conf")).toContain(`server server:${port} resolve`);
  const [scrape] = yamlOf("prometheus.yml").scrape_configs;
  expect(scrape.dns_sd_configs[0]).toMatchObject({ names: ["server"], port });
  const { template } = yamlOf("kubernetes/base/deployment.yaml").spec;
  expect(template.spec.containers[0].ports).toEqual([{ name: "http", containerPort: port }]);
  expect(template.metadata.annotations["prometheus.io/port"]).toBe(String(port));
});
