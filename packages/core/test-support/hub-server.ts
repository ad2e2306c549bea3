import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface HubRequest {
  readonly method: string;
  /** Path in the repository, such as `onnx/model.onnx`. */
  readonly file: string;
  readonly authorization: string | undefined;
  /** What part of the file is asked for, such as `bytes=100-`. */
  readonly range: string | undefined;
  /** Whether the request came to the storage that large files are redirected to. */
  readonly storage: boolean;
}

/** Answers a request in place of the server; false leaves it to the server. */
export type Misbehaviour = (
  request: HubRequest,
  response: ServerResponse,
  attempt: number,
) => boolean;

/**
 * Plays the Hugging Face Hub on loopback for one repository in a folder:
 * `/{owner}/{name}/resolve/{revision}/{file}`, with the Hub's headers; weights are redirected to a
 * storage on another origin, as the Hub does.
 */
export class HubServer implements AsyncDisposable {
  readonly requests: HubRequest[] = [];
  misbehave: Misbehaviour = () => false;
  readonly commit = "0123456789abcdef0123456789abcdef01234567";
  readonly #folder: string;
  readonly #model: string;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(model: string, folder: string) {
    this.#model = model;
    this.#folder = folder;
  }

  static async start(model: string, folder: string): Promise<HubServer> {
    const hub = new HubServer(model, folder);
    await new Promise<void>((resolve) => hub.#server.listen(0, resolve));
    return hub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  countOf(method: string, file: string): number {
    return this.requests.filter(
      (request) => request.method === method && request.file === file && !request.storage,
    ).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url!, this.endpoint);
    const [, storage, model, revision, file] =
      pathname.match(/^(\/storage)?\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/) ?? [];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const seen: HubRequest = {
      method: request.method!,
      file,
      authorization: request.headers.authorization,
      range: request.headers.range,
      storage: storage !== undefined,
    };
    this.requests.push(seen);
    const attempt = this.requests.filter(
      (other) => other.file === file && other.method === seen.method,
    ).length;
    if (this.misbehave(seen, response, attempt)) return;
    const known = model === this.#model && ["main", this.commit].includes(revision!);
    const content = known ? await readFile(join(this.#folder, file)).catch(() => null) : null;
    if (content === null) {
      response.writeHead(404, { "x-repo-commit": this.commit }).end();
      return;
    }
    if (/\.onnx(_data.*)?$/.test(file) && !storage) {
      response
        .writeHead(302, {
          location: `http://localhost:${this.#port}/storage${pathname}`,
          "x-repo-commit": this.commit,
          "x-linked-size": content.length,
          "x-linked-etag": `"${createHash("sha256").update(content).digest("hex")}"`,
        })
        .end();
      return;
    }
    const start = Number(seen.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const part = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": part.length,
      "x-repo-commit": this.commit,
      ...(start > 0 && {
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
    });
    response.end(request.method === "HEAD" ? undefined : part);
  }
}
