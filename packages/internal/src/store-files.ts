/** The file that describes a saved store. Replacing it commits a save. */
export const manifestName = "faiss-store.json";

/** The file of the writer that saves now. */
export const lockName = "faiss-store.lock";

/** What `embeddinggemma index` remembers of a store, in its folder. */
export const indexSettingsName = "embeddinggemma.json";

const dataFile = /^(?:vectors|records|deleted|index)-(\d+)-[0-9a-f]{8}\.(?:faiss|int8|jsonl|bin)$/;

/** Whether a save gives this name to files other than the manifest. */
export function isDataFile(name: string): boolean {
  return dataFile.test(name);
}

/** Which save has written a data file; undefined for other files. */
export function generationOf(name: string): number | undefined {
  const generation = dataFile.exec(name)?.[1];
  return generation === undefined ? undefined : Number(generation);
}

/** Whether it is the name of a manifest that was not renamed. */
export function isUnfinishedManifest(name: string): boolean {
  return /^faiss-store\.json\.\d+-[0-9a-f]{8}$/.test(name);
}

/** Whether it is the name of the lock, or of one that is taken or removed. */
export function isLockFile(name: string): boolean {
  return /^faiss-store\.lock(?:\.[0-9a-f-]+(?:\.[0-9a-f-]+)?)?$/.test(name);
}

/** Whether a program of this project gives this name to files in the folder of a store. */
export function isStoreFile(name: string): boolean {
  return (
    [manifestName, indexSettingsName, `${indexSettingsName}.new`].includes(name) ||
    isLockFile(name) ||
    isDataFile(name) ||
    isUnfinishedManifest(name)
  );
}
