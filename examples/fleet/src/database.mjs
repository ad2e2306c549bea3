import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { listenOneAtATime } from "./one-at-a-time.mjs";

/**
 * The Postgres in `DATABASE_URL`, or one that lives as long as this process: PGlite, with pgvector,
 * on a free port.
 *
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startDatabase() {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, async stop() {} };
  const database = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({
    db: database,
    host: "127.0.0.1",
    port: 0,
    maxConnections: 10,
  });
  await server.start();
  const gate = await listenOneAtATime(Number(server.getServerConn().split(":").at(-1)));
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${gate.port}/postgres`,
    async stop() {
      await gate.stop();
      await server.stop();
      await database.close();
    },
  };
}
