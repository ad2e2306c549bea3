import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port for a server that must be found there later or again. It is below those that systems give
 * to outgoing connections, so no other process gets it by chance.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
