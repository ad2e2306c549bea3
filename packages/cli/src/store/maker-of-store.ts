/** What the identity of a store says about the model that made it. */
interface Maker {
  /** Its name on the Hub, or in the API of a server; undefined for a folder. */
  readonly name: string | undefined;
  readonly dtype: string | undefined;
  /** Whether only servers of another program give the same vectors, and no model here. */
  readonly isForeignServer: boolean;
}

/** @param identity - of the store; other programs can write anything there */
export function makerOf(identity: unknown): Maker {
  const [source = "", query] = typeof identity === "string" ? identity.split("?") : [];
  const settings = new URLSearchParams(query);
  const name = source.startsWith("sha256:") ? "" : source.split("@")[0]!;
  return {
    name: name || undefined,
    dtype: settings.get("dtype") ?? undefined,
    isForeignServer: settings.has("server"),
  };
}
