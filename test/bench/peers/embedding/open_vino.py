"""OpenVINO on the ONNX file, with batches sorted by length."""

import onnx_batches
from embedding_contender import serve_embedding


def load(options):
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(options["path"]),
        "CPU",
        {"INFERENCE_NUM_THREADS": options["threads"], "PERFORMANCE_HINT": "LATENCY"},
    )
    output = compiled.output("sentence_embedding")
    request = compiled.create_infer_request()

    def run(ids, mask):
        return request.infer({"input_ids": ids, "attention_mask": mask})[output].copy()

    return onnx_batches.SortedBatches(
        options["model"], run, {"OpenVINO": openvino.__version__.split("-")[0]}
    )


serve_embedding(load)
