import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasMergeConflict, manifestName } from "@embeddinggemma/internal";
import { isWithoutManifest, notMerged } from "@embeddinggemma/internal/node";
import { FaissStoreError, readFailed, reasonOf, show } from "../errors.ts";
import { isTooDeep } from "../rows/json-record.ts";
import { type Manifest, manifestFault, versionWithDates } from "./manifest-content.ts";
import { openToRead } from "./open-to-read.ts";

const format = "embeddinggemma-faiss-store";
const readableVersions = [1, versionWithDates];

/** A manifest has about 10 KB; only a long identity could make it longer. */
const maxManifestBytes = 2 ** 24;

/**
 * Whether a folder contains a manifest. The folder may be missing.
 *
 * @throws FaissStoreError `READ_FAILED`
 */
export async function hasManifest(directory: string): Promise<boolean> {
  const path = join(directory, manifestName);
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw readFailed(path, error);
  }
}

/**
 * Whether a folder has files of a store, but not its manifest. One that cannot be listed may lack
 * the permission to read only: it counts as one without such files.
 *
 * @throws FaissStoreError `READ_FAILED`
 */
export async function lacksManifest(directory: string): Promise<boolean> {
  try {
    return await isWithoutManifest(directory);
  } catch (error) {
    if (["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw readFailed(directory, error);
  }
}

/** The error for a folder that has files of a store, but not its manifest. */
export function manifestMissing(directory: string): FaissStoreError {
  const path = join(directory, manifestName);
  return new FaissStoreError(
    "FILE_MISSING",
    `${path} is missing, but other files of a store are there. Restore the folder from a backup. ` +
      "Or build the store again: save it with overwrite: true, which removes these files.",
    { path },
  );
}

/**
 * @returns undefined if the folder has no manifest
 * @throws FaissStoreError `NOT_A_STORE`, `NEWER_FORMAT`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const path = join(directory, manifestName);
  const text = await readText(path);
  if (text === undefined) return undefined;
  const envelope = parse(text, path);
  const { checksum, ...content } = envelope;
  const { format: foundFormat, ...manifest } = content;
  const { version } = manifest;
  if (foundFormat !== format) throw notAManifest(path);
  if (isTooDeep(envelope)) throw damaged(path, "it is nested too deeply");
  if (checksum !== checksumOf(content)) throw damaged(path, "its checksum is wrong");
  if (!readableVersions.includes(version as number)) {
    throw new FaissStoreError(
      "NEWER_FORMAT",
      `${path} has format version ${show(version)}, but this release reads versions up to ` +
        `${versionWithDates}. Update @embeddinggemma/faiss.`,
      { path, version, supported: versionWithDates },
    );
  }
  const fault = manifestFault(manifest);
  if (fault !== undefined) throw damaged(path, fault);
  return manifest as unknown as Manifest;
}

export function manifestText(manifest: Manifest): string {
  const { version, ...content } = manifest;
  const envelope = { format, version, ...content };
  return JSON.stringify({ ...envelope, checksum: checksumOf(envelope) }, null, 2);
}

export function damaged(path: string, how: string, options?: ErrorOptions): FaissStoreError {
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} is damaged: ${how}. Restore the folder from a backup, or build the store again.`,
    { path },
    options,
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const handle = await openToRead(path);
    try {
      const { size } = await handle.stat();
      if (size > maxManifestBytes) throw damaged(path, `it has ${size} bytes`);
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw FaissStoreError.isInstance(error) ? error : readFailed(path, error);
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    if (hasMergeConflict(text)) throw inConflict(path);
    throw damaged(path, reasonOf(error), { cause: error });
  }
  throw notAManifest(path);
}

function inConflict(path: string): FaissStoreError {
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${notMerged(path, dirname(path))}, and add again what the other branch has added.`,
    { path, mergeConflict: true },
  );
}

function notAManifest(path: string): FaissStoreError {
  return new FaissStoreError(
    "NOT_A_STORE",
    `${path} is not the manifest of a store. Pass the folder that store.save() wrote.`,
    { path },
  );
}

function checksumOf(envelope: Record<string, unknown>): string {
  return createHash("sha256").update(JSON.stringify(envelope)).digest("hex");
}
