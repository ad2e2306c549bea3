/** What an identity says about the model that made the vectors. */
interface Maker {
  /** What stands for the model, also if it is a digest of a folder. */
  readonly source: string | undefined;
  /** Its name on the Hub, or in the API of a server; undefined for a folder. */
  readonly name: string | undefined;
  /** Its commit on the Hub. */
  readonly commit: string | undefined;
  readonly dtype: string | undefined;
  /** Whether only servers of another program give the same vectors, and no model here. */
  readonly isForeignServer: boolean;
}

/** Whether an adapter has changed all vectors of an identity. */
export function isAdapted(identity: unknown): boolean {
  return typeof identity === "string" && /[?&]adapter=/.test(identity);
}

/** @param identity - of a store, or of a model; other programs can write anything there */
export function makerOf(identity: unknown): Maker {
  const [source = "", query] = typeof identity === "string" ? identity.split("?") : [];
  const [name, version] = source.startsWith("sha256:") ? [] : source.split("@");
  const settings = new URLSearchParams(query);
  return {
    source: source || undefined,
    name: name || undefined,
    commit: /^[0-9a-f]{40}$/.exec(version ?? "")?.[0],
    dtype: settings.get("dtype") ?? undefined,
    isForeignServer: settings.has("server"),
  };
}
