import { once } from "node:events";
import { createServer } from "node:net";
import type { ServeOptions } from "../node/serve-options.ts";

/**
 * Refuses a port that is in use, before the time that it takes to load a model.
 *
 * @throws the error of Node, such as `EADDRINUSE`
 */
export async function refuseTakenPort({ hostname, port = 3000 }: ServeOptions): Promise<void> {
  const server = createServer().listen(port, hostname);
  await once(server, "listening");
  server.close();
  await once(server, "close");
}
