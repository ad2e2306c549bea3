import { namedBy } from "../report/options.mjs";
import { installPeers, pythonFor } from "../report/peers.mjs";

const here = (file) => new URL(`contenders/${file}`, import.meta.url);
const peer = (file) => new URL(`../peers/embedding/${file}`, import.meta.url);

/** Ours, and what the workspace has anyway. */
const own = [
  { name: "Embedder", module: here("embedder.mjs"), ours: true },
  {
    name: "Embedder, a call for each text",
    module: here("embedder.mjs"),
    options: { callPerText: true },
    ours: true,
  },
  {
    name: 'Embedder, workers: "auto"',
    module: here("embedder.mjs"),
    options: { load: { workers: "auto" } },
    ours: true,
  },
  { name: "Transformers.js, one padded batch", module: here("transformers.mjs") },
  {
    name: "Transformers.js, one by one",
    module: here("transformers.mjs"),
    options: { oneByOne: true },
  },
];

const javascript = [
  { name: "@langchain/community", module: peer("langchain-community.mjs") },
  { name: "@llamaindex/huggingface", module: peer("llamaindex-huggingface.mjs") },
  { name: "fastembed", module: peer("fastembed.mjs") },
];

const python = [
  { name: "Python: ONNX Runtime, sorted", module: peer("onnx_runtime.py") },
  { name: "Python: OpenVINO, sorted", module: peer("open_vino.py") },
];

export const reference = "Python: Sentence Transformers";
const torch = { name: reference, module: peer("sentence_transformers_cpu.py"), dtype: "fp32" };

/**
 * The contenders, each with `missing` if it cannot be started here.
 *
 * @param options - the benchmark's
 * @param short - only those that need no installation
 */
export function contendersFor(options, { short, log }) {
  const all = short ? own : [...own, ...javascript, ...python, torch];
  const wanted = namedBy(options.only, all);
  const once = (task) => {
    let answer;
    return () => {
      answer ??= task();
      return answer;
    };
  };
  const peersMissing = once(() => ({ missing: installPeers(log) }));
  const onnxPython = once(() => pythonFor(options.python, "onnx", peer("requirements.txt"), log));
  const torchPython = once(() =>
    pythonFor(options.torchPython, "torch", peer("requirements-torch.txt"), log),
  );
  return wanted.map((contender) => {
    if (javascript.includes(contender)) return { ...contender, ...peersMissing() };
    if (python.includes(contender)) return { ...contender, ...onnxPython() };
    if (contender !== torch) return contender;
    if (!options.pytorch) {
      return { ...contender, missing: "needs the PyTorch weights: --pytorch=FOLDER" };
    }
    return { ...contender, ...torchPython(), options: { pytorch: options.pytorch } };
  });
}
