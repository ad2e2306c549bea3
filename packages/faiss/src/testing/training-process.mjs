// Starts a FAISS process and lets it train for a long time. Prints the id of that process when the
// training starts, and "trained" when it ends. Arguments: the program of the FAISS process, the
// resolved faiss-node.
import { fork } from "node:child_process";

const [program = "", faissNode = ""] = process.argv.slice(2);
const child = fork(program, [faissNode], { execArgv: [], serialization: "advanced" });
const dimension = 64;
const vectors = Float32Array.from({ length: dimension * 39 * 1024 }, Math.random);
child.send({ id: 0, operation: "start" });
child.send({ id: 1, operation: "create", index: 1, dimension, factory: "IVF1024,Flat" });
child.send({ id: 2, operation: "sample", index: 1, vectors });
child.send({ id: 3, operation: "train", index: 1 });
child.on("message", (message) => {
  const { id } = /** @type {import("@embeddinggemma/internal/node").WorkerReply} */ (message);
  if (id === 2) console.log(child.pid);
  if (id === 3) console.log("trained");
});
