import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Service } from "kubernetes-models/v1/Service";
import { expect, it } from "vitest";
import { yamlFilesIn, yamlOf } from "./files.ts";

const kinds = {
  Deployment,
  HorizontalPodAutoscaler,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Service,
};
const base = "kubernetes/base";
const deployment = yamlOf(`${base}/deployment.yaml`);
const { labels } = deployment.spec.template.metadata;

it.each(["base", "shared-models"])("fits the schemas of Kubernetes: %s", (name) => {
  const folder = `kubernetes/${name}`;
  const files = yamlFilesIn(folder).filter((file) => file !== "kustomization.yaml");
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const { kind, ...manifest } = yamlOf(`${folder}/${file}`);
    const Model = kinds[kind as keyof typeof kinds];
    expect(Model.apiVersion).toBe(manifest.apiVersion);
    expect(() => new Model({ kind, ...manifest }).validate(), file).not.toThrow();
  }
});

it.each(["base", "shared-models"])("lists all its files: %s", (name) => {
  const files = yamlFilesIn(`kubernetes/${name}`);
  const { resources } = yamlOf(`kubernetes/${name}/kustomization.yaml`);
  const listed = resources.filter((resource: string) => resource !== "../base");
  expect(["kustomization.yaml", ...listed].sort()).toEqual(files.sort());
});

it("selects the pods of the Deployment", () => {
  const { selector, template } = deployment.spec;
  const [spread] = template.spec.topologySpreadConstraints;
  for (const { matchLabels } of [
    selector,
    spread.labelSelector,
    yamlOf(`${base}/disruption-budget.yaml`).spec.selector,
  ])
    expect(matchLabels).toEqual(labels);
  expect(yamlOf(`${base}/service.yaml`).spec.selector).toEqual(labels);
  expect(yamlOf(`${base}/autoscaler.yaml`).spec.scaleTargetRef).toEqual({
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name: deployment.metadata.name,
  });
});

it("replaces the volume of the models by the claim", () => {
  const { patches } = yamlOf("kubernetes/shared-models/kustomization.yaml");
  expect(patches[0].patch).toContain("path: /spec/template/spec/volumes/0");
  expect(deployment.spec.template.spec.volumes[0].name).toBe("models");
  const claim = yamlOf("kubernetes/shared-models/volume-claim.yaml");
  expect(patches[0].patch).toContain(`claimName: ${claim.metadata.name}`);
});
