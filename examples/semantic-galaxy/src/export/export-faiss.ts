import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import { type ExportedGalaxy, textsAtOnce } from "./exported-galaxy.ts";
import { flatIndexHeader } from "./flat-index.ts";

/**
 * A zip with the folder `galaxy` in the format of LangChain.js's community `FaissStore`, which
 * `FaissStore.import` of `@embeddinggemma/faiss` reads, and so does LangChain.js. Each record has
 * the text as `pageContent`, and title and category as `metadata`.
 */
export async function exportFaiss(galaxy: ExportedGalaxy): Promise<Blob> {
  const { texts, dimension, vectors, identity } = galaxy;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(chunk as Uint8Array<ArrayBuffer>);
  });

  const index = new ZipPassThrough("galaxy/faiss.index"); // such numbers do not get smaller
  zip.add(index);
  index.push(flatIndexHeader(dimension, texts.length));
  for (let from = 0; from < texts.length; from += textsAtOnce) {
    const rows = await vectors(from, Math.min(texts.length, from + textsAtOnce));
    index.push(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }
  index.push(new Uint8Array(), true);

  const documents = texts.map(({ id, text, title, category }) => [
    id,
    { pageContent: text, metadata: { ...(title && { title }), ...(category && { category }) } },
  ]);
  const mapping = Object.fromEntries(texts.map(({ id }, row) => [row, id]));
  const encoder = new TextEncoder();
  const add = (name: string, content: string): void => {
    const file = new ZipDeflate(name, { level: 6 });
    zip.add(file);
    file.push(encoder.encode(content), true);
  };
  add("galaxy/docstore.json", JSON.stringify([documents, mapping]));
  add("README.md", readme(identity));
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}

function readme(identity: string): string {
  return `# Your galaxy

\`\`\`ts
import { FaissStore } from "@embeddinggemma/faiss";

const store = await FaissStore.import("galaxy", {
  identity: ${JSON.stringify(identity)},
});
\`\`\`

Search it with vectors of the same model: \`encodeQuery\` of \`@embeddinggemma/core\`.
`;
}
