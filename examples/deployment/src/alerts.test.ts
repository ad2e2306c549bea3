import { parser } from "@prometheus-io/lezer-promql";
import { expect, it } from "vitest";
import { yamlOf } from "./files.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tests tell what is in the file.
const rules: any[] = yamlOf("alerts.yml").groups.flatMap((group: any) => group.rules);

it.each(rules)("is PromQL: $alert", ({ expr }) => {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) errors.push(expr.slice(node.from - 10, node.to + 10));
    },
  });
  expect(errors).toEqual([]);
});
