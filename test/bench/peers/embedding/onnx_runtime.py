"""ONNX Runtime for Python, with batches sorted by length."""

import onnx_batches
from embedding_contender import serve_embedding


def load(options):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options["threads"]
    session = onnxruntime.InferenceSession(
        options["path"], settings, providers=["CPUExecutionProvider"]
    )

    def run(ids, mask):
        inputs = {"input_ids": ids, "attention_mask": mask}
        return session.run(["sentence_embedding"], inputs)[0]

    versions = {"ONNX Runtime for Python": onnxruntime.__version__}
    return onnx_batches.SortedBatches(options["model"], run, versions)


serve_embedding(load)
