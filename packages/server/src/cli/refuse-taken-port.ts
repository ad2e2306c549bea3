import { once } from "node:events";
import { createServer } from "node:net";
import type { ServeOptions } from "../node/serve-options.ts";
import { CannotRun } from "./cannot-run.ts";

/**
 * Refuses a port that is in use, before the time that it takes to load a model.
 *
 * @throws CannotRun; other errors of Node, such as `EACCES`
 */
export async function refuseTakenPort({ hostname, port = 3000 }: ServeOptions): Promise<void> {
  const server = createServer().listen(port, hostname);
  await once(server, "listening").catch((error: unknown) => throwListenError(error, port));
  server.close();
  await once(server, "close");
}

/**
 * Throws the error of a server that cannot listen, and says what to do about a port in use: another
 * program can also have taken it while the model was loading.
 *
 * @throws CannotRun; other errors as they are
 */
export function throwListenError(error: unknown, port = 3000): never {
  if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
  throw new CannotRun(
    `Port ${port} is in use. Choose another with --port, or --port 0 for any that is free.`,
    { cause: error },
  );
}
