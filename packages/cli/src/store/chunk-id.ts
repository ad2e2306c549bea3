/** The source in the id of a chunk; undefined for an id that another program has given. */
export function sourceOf(id: string): string | undefined {
  return /^(.*)#[0-9a-f]{16}$/s.exec(id)?.[1];
}
