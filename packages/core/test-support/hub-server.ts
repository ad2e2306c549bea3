import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";

export interface HubRequest {
  readonly method: string;
  /** Path in the repository, such as `onnx/model.onnx`, or {@link fileList}. */
  readonly file: string;
  readonly authorization: string | undefined;
  /** The requested part of the file, such as `bytes=100-`. */
  readonly range: string | undefined;
  /** Whether the request went to the storage that large files are redirected to. */
  readonly storage: boolean;
}

/** Answers a request in place of the server, or returns false to leave it to the server. */
export type Misbehaviour = (
  request: HubRequest,
  response: ServerResponse,
  attempt: number,
) => boolean;

/** {@link HubRequest.file} of a request for the file list. */
const fileList = "(file list)";

/**
 * Acts as the Hugging Face Hub for one repository in a folder, on loopback and with the Hub's
 * headers: `/{owner}/{name}/resolve/{revision}/{file}`, where weights are redirected to a storage
 * on another origin, and `/api/models/{owner}/{name}/revision/{revision}`.
 */
export class HubServer implements AsyncDisposable {
  readonly requests: HubRequest[] = [];
  misbehave: Misbehaviour = () => false;
  readonly commit = "0123456789abcdef0123456789abcdef01234567";
  /** Headers of a 404 for a file that the repository does not have. */
  readonly missingFileHeaders = { "x-error-code": "EntryNotFound", "x-repo-commit": this.commit };
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
      pathname.match(/^(\/storage)?\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/) ??
      pathname.match(/^()\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)()$/) ??
      [];
    const seen: HubRequest = {
      method: request.method!,
      file: file ? decodeURIComponent(file) : fileList,
      authorization: request.headers.authorization,
      range: request.headers.range,
      storage: Boolean(storage),
    };
    this.requests.push(seen);
    const attempt = this.requests.filter(
      (other) => other.file === seen.file && other.method === seen.method,
    ).length;
    if (this.misbehave(seen, response, attempt)) return;
    if (model !== this.#model) {
      response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
    } else if (!["main", this.commit].includes(revision!)) {
      response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
    } else if (file) {
      await this.#answerFile(seen, pathname, response);
    } else {
      const siblings = (await this.#fileNames()).map((rfilename) => ({ rfilename }));
      response.end(JSON.stringify({ id: model, sha: this.commit, siblings }));
    }
  }

  async #answerFile(seen: HubRequest, pathname: string, response: ServerResponse): Promise<void> {
    const content = await readFile(join(this.#folder, seen.file)).catch(() => null);
    if (content === null) {
      response.writeHead(404, this.missingFileHeaders).end();
      return;
    }
    if (/\.onnx(_data.*|\.data)?$/.test(seen.file) && !seen.storage) {
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
    response.end(seen.method === "HEAD" ? undefined : part);
  }

  async #fileNames(): Promise<string[]> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.#folder, join(entry.parentPath, entry.name)))
      .map((path) => path.replaceAll("\\", "/"));
  }
}
