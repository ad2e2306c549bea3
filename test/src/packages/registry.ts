import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type PackageName, packPackages } from "./tarballs.ts";

/** An npm registry for the scope `@embeddinggemma`. All other packages come from npm's. */
export interface Registry {
  url: string;
  /** Paths of the tarballs that it serves. */
  tarballs: Record<PackageName, string>;
  close(): Promise<void>;
}

/** Packs the built packages, and serves them. */
export async function serveRegistry(): Promise<Registry> {
  const tarballs = await packPackages();
  const server = createServer(({ url: path }, response) => {
    const name = /embeddinggemma(?:\/|%2f)([a-z-]+)/i.exec(path ?? "")?.[1] as PackageName;
    if (!(name in tarballs)) response.writeHead(404).end();
    else if (path?.endsWith(".tgz")) response.end(readFileSync(tarballs[name]));
    else {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(packument(name, tarballs[name], url)));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    tarballs,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What a registry says about a package. */
function packument(name: PackageName, tarball: string, url: string): object {
  const path = fileURLToPath(new URL(`../../../packages/${name}/package.json`, import.meta.url));
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const bytes = readFileSync(tarball);
  const hash = (algorithm: string) => createHash(algorithm).update(bytes);
  const dist = {
    tarball: `${url}/${manifest.name}/-/${name}-${manifest.version}.tgz`,
    integrity: `sha512-${hash("sha512").digest("base64")}`,
    shasum: hash("sha1").digest("hex"),
  };
  return {
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
    time: { [manifest.version]: "1985-10-26T08:15:00.000Z" }, // Yarn refuses new versions.
  };
}
