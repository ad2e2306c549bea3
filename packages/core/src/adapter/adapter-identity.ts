import { EmbeddingGemmaError, show } from "../errors.ts";
import type { Adapter } from "./adapter.ts";

/** The model of an embedder, as far as an adapter must fit it. */
export interface AdaptedModel {
  readonly model: string;
  /** Identity of its full vectors, without an adapter. */
  readonly identity: string;
  readonly dimension: number;
}

/**
 * The identity of full vectors with an adapter. One that changes only queries leaves the vectors of
 * documents, and so the identity, as they are.
 */
export function adaptedIdentity(identity: string, adapter: Adapter | null): string {
  return adapter?.sides === "both" ? `${identity}&adapter=${shortDigestOf(adapter)}` : identity;
}

/** The identity of the vectors of queries. */
export function queryIdentity(identity: string, adapter: Adapter | null): string {
  return adapter?.sides === "query"
    ? `${identity}&queryAdapter=${shortDigestOf(adapter)}`
    : identity;
}

function shortDigestOf({ digest }: Adapter): string {
  return digest.slice(0, 16);
}

/** Whether the vectors of an identity have been changed by an adapter. */
function isAdapted(identity: string): boolean {
  return /[?&]adapter=/.test(identity);
}

/**
 * Checks that an adapter was made for a model. Weights of another dtype fit, such as fp32 where it
 * was trained with q8.
 *
 * @param allowMismatch - take an adapter of another model, if its vectors have the same length
 * @throws `ADAPTER_MISMATCH`; `INVALID_ARGUMENT` if the model's vectors have an adapter already
 */
export function checkAdapter(adapter: Adapter, to: AdaptedModel, allowMismatch = false): void {
  if (isAdapted(to.identity)) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `${show(to.model)} has an adapter already, that of its server, and an embedder has one. ` +
        "Start the server without it, or leave out the option `adapter`.",
      { identity: to.identity, adapter: adapter.digest },
    );
  }
  const { base, dimension } = adapter;
  const details = { expected: base, found: { model: to.model, identity: to.identity } };
  if (dimension !== to.dimension) {
    throw new EmbeddingGemmaError(
      "ADAPTER_MISMATCH",
      `The adapter is for vectors of ${dimension} numbers, but those of ${show(to.model)} have ` +
        `${to.dimension}. It was made for ${show(base.model)}. ` +
        "Load that model, or train an adapter for this one.",
      { ...details, dimension: to.dimension, expectedDimension: dimension },
    );
  }
  const differences = allowMismatch ? [] : differencesOf(base.identity, to.identity);
  if (differences.length === 0) return;
  throw new EmbeddingGemmaError(
    "ADAPTER_MISMATCH",
    `The adapter was made for ${show(base.model)}, but this embedder has ${show(to.model)}: ` +
      `${differences.join(", and ")}. With another model, it makes vectors worse. Load the model ` +
      "that it was made for, or train an adapter for this one. If you are sure that it fits, set " +
      "`allowMismatch`: `adapter: { folder, allowMismatch: true }`.\n" +
      `It was made for ${base.identity}.\nThis embedder has ${to.identity}.`,
    { ...details, differences },
  );
}

/** What differs, in words; empty for the same model, whatever the dtype and ONNX file. */
function differencesOf(expected: string, found: string): string[] {
  const [one, other] = [expected, found].map(partsOf) as [Parts, Parts];
  const differences: string[] = [];
  if (one.source !== other.source) differences.push(sourceDifference(one.source, other.source));
  const names = new Set([...one.settings.keys(), ...other.settings.keys()]);
  for (const name of names) {
    const [is, should] = [other.settings.get(name), one.settings.get(name)];
    if (is === should || dtypeSettings.includes(name)) continue;
    differences.push(
      name === "recipe"
        ? "tokens become a vector in another way (pooling, Dense layers, maxTokens)"
        : `${name} is ${is ?? "not set"}, not ${should ?? "set"}`,
    );
  }
  return differences;
}

/** They change only how precise the vectors are. */
const dtypeSettings = ["dtype", "file"];

interface Parts {
  readonly source: string;
  readonly settings: ReadonlyMap<string, string>;
}

function partsOf(identity: string): Parts {
  const start = identity.indexOf("?");
  if (start === -1) return { source: identity, settings: new Map() };
  const pairs = identity.slice(start + 1).split("&");
  return {
    source: identity.slice(0, start),
    settings: new Map(
      pairs.map((pair) => {
        const [name, ...value] = pair.split("=");
        return [name!, value.join("=")] as const;
      }),
    ),
  };
}

function sourceDifference(expected: string, found: string): string {
  const [model, commit] = expected.split("@");
  const [otherModel, otherCommit] = found.split("@");
  if (model === otherModel && commit !== undefined && otherCommit !== undefined)
    return `its commit is ${otherCommit}, not ${commit}`;
  const isDigest = (source: string) => source.startsWith("sha256:");
  if (isDigest(expected) && isDigest(found)) return "its files are others, or of another dtype";
  return isDigest(expected) !== isDigest(found)
    ? "one is a local folder and the other is not, so it is not known whether their files agree"
    : "it is another model";
}
