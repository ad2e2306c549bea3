// What bundles say where the packages need files of their own, in a process that goes on.
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const modulesOf = async (file) => {
  const loaded = await import(pathToFileURL(file));
  return loaded.Embedder ? loaded : loaded.default; // An ES module in CommonJS may be in `default`.
};
const outcome = (work) =>
  work().then(
    () => "worked",
    ({ code, message }) => `${code}: ${message}`,
  );
const inThread = (file) =>
  new Promise((resolve, reject) => {
    const thread = new Worker(fileURLToPath(import.meta.url), { workerData: file });
    thread.on("error", reject).on("message", (message) => {
      thread.terminate().then(() => resolve(message));
    });
  });

if (!isMainThread) {
  const { Embedder, modelPath } = await modulesOf(workerData);
  parentPort.postMessage(await outcome(() => Embedder.load(modelPath)));
} else {
  const said = [];
  for (const file of process.argv.slice(2)) {
    const { Embedder, FaissStore, modelPath } = await modulesOf(file);
    said.push({
      worker: await outcome(() => Embedder.load(modelPath, { worker: true })),
      faiss: await outcome(() => FaissStore.create({ engine: "faiss", dimension: 2 })),
      thread: await inThread(file),
    });
  }
  console.log(JSON.stringify(said));
}
