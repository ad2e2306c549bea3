import type { Answer, Call, Methods, Reply } from "./messages.ts";

/**
 * Answers the calls of the page in a worker. Several calls may be under way at once.
 *
 * @see call-worker.ts, the other end
 */
export function serveCalls<M extends Methods>(methods: M): void {
  const scope = globalThis as unknown as DedicatedWorker;
  const running = new Map<number, AbortController>();
  scope.addEventListener("message", ({ data }: MessageEvent<Call>) => {
    if ("abort" in data) {
      running.get(data.abort)?.abort();
      return;
    }
    const { id, method, argument } = data;
    const controller = new AbortController();
    running.set(id, controller);
    const send = (answer: Answer, transfer: Transferable[] = []) =>
      scope.postMessage({ id, ...answer } satisfies Reply, transfer);
    Promise.resolve()
      .then(() =>
        methods[method]!(argument, {
          signal: controller.signal,
          report: (progress, transfer) => send({ progress }, transfer),
        }),
      )
      .then(
        (result) => send({ result }),
        (error: unknown) => send({ error: described(error) }),
      )
      .finally(() => running.delete(id));
  });
}

/** What this file uses of a worker's global scope; the page's types have no such scope. */
interface DedicatedWorker {
  addEventListener(type: "message", listener: (event: MessageEvent<Call>) => void): void;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** The code of an `EmbeddingGemmaError` would be lost if the error itself were sent. */
function described(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const { code } = error as { code?: unknown };
  return { name, message, ...(typeof code === "string" && { code }) };
}
