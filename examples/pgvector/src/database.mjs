import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

/**
 * @typedef {{ host: string, port: number, user: string, password: string, database: string }}
 * Connection
 */

/**
 * Starts a Postgres with the vector extension in this process. It listens on a port, so any
 * Postgres client can connect.
 */
export async function startDatabase() {
  const database = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({
    db: database,
    host: "127.0.0.1",
    port: 0,
    maxConnections: 10,
  });
  await server.start();
  const port = Number(server.getServerConn().split(":").at(-1));
  return {
    connection: {
      host: "127.0.0.1",
      port,
      user: "postgres",
      password: "postgres",
      database: "postgres",
    },
    async stop() {
      await server.stop();
      await database.close();
    },
  };
}
