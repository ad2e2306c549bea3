import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Listens on a free port and passes connections on to another port of this machine, one at a time:
 * the next one waits until the one before it has closed.
 *
 * PGlite is a single session of Postgres. Its socket server accepts several connections, but mixes
 * up their messages when two of them send a query of more than a few kilobytes at once.
 *
 * @param {number} targetPort
 */
export async function listenOneAtATime(targetPort) {
  let line = Promise.resolve();
  const server = createServer({ pauseOnConnect: true }, (client) => {
    client.on("error", () => {}); // A worker was killed while it waited in line.
    line = line.then(() => pass(client, targetPort));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
    async stop() {
      server.close();
      await line;
    },
  };
}

/**
 * @param {import("node:net").Socket} client
 * @param {number} targetPort
 */
async function pass(client, targetPort) {
  const target = connect(targetPort, "127.0.0.1");
  const closed = once(target, "close");
  client.on("close", () => target.destroy()); // Postgres then rolls back what is not committed.
  target.on("error", () => {}).on("close", () => client.destroy());
  client.pipe(target).pipe(client);
  await closed;
}
