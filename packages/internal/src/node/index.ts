/** What needs Node, apart from the rest so that browsers never load it. */
export {
  type WorkerEnd,
  WorkerProcess,
  type WorkerProcessOptions,
  type WorkerReply,
  type WorkerRequestOptions,
} from "./worker-process.ts";
