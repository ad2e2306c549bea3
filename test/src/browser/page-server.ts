import { createReadStream, type Stats, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** Serves folders on the loopback interface and records the requests. */
export class PageServer {
  /** Requests so far, such as `GET /models/tiny/config.json`. */
  readonly requests: string[] = [];
  readonly #folders: Readonly<Record<string, string>>;
  readonly #server: Server;

  /** @param folders - by URL path, which begins and ends with a slash */
  constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = folders;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** @returns the origin */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method, url }: IncomingMessage, response: ServerResponse): void {
    const pathname = decodeURIComponent(new URL(url!, "http://localhost").pathname);
    this.requests.push(`${method} ${pathname}`);
    const file = this.#fileOf(pathname);
    // As GitHub Pages: `/embed/models` is the file models.html.
    const found = [file, `${file}.html`].find((path) => path && fileStats(path));
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, headersOf(found, fileStats(found)!));
    if (method === "HEAD") response.end();
    else createReadStream(found).pipe(response);
  }

  #fileOf(pathname: string): string | undefined {
    const path = normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    const prefix = Object.keys(this.#folders)
      .sort((a, b) => b.length - a.length)
      .find((candidate) => path.startsWith(candidate));
    return prefix === undefined
      ? undefined
      : join(this.#folders[prefix]!, path.slice(prefix.length));
  }
}

function fileStats(path: string): Stats | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats : undefined;
}

function headersOf(file: string, { size, mtimeMs }: Stats): Record<string, string | number> {
  return {
    "content-type": contentTypes[extname(file)] ?? "application/octet-stream",
    "content-length": size,
    etag: `"${size}-${mtimeMs}"`,
  };
}
