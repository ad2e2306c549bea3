/** The metadata key of titles, if no other one is set. */
export const defaultTitleKey = "title";

/** Adds the metadata key of titles to an identity, since the vectors of documents depend on it. */
export function withTitleKey(identity: string, titleKey: string): string {
  if (titleKey === defaultTitleKey) return identity;
  return `${identity}${identity.includes("?") ? "&" : "?"}titleKey=${encodeURIComponent(titleKey)}`;
}
