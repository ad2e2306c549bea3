"""Writes the tiny model as a folder for Python's Sentence Transformers, with weights for PyTorch.

The package holds the model as an ONNX file whose weights are 8-bit integers with scales. The computation is in floats,
so the same weights in floats give the same vectors.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

MODEL = Path(__file__).resolve().parents[3] / "packages/tiny-model/model"

LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
LINEARS += ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
NORMS = ["input_layernorm", "self_attn.q_norm", "self_attn.k_norm"]
NORMS += ["post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"]


def main(folder: Path) -> None:
    shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns("onnx", "README.md"), dirs_exist_ok=True)
    graph = onnx.load(MODEL / "onnx/model_quantized.onnx").graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    save_file(encoder_weights(graph, tensors), folder / "model.safetensors", metadata={"format": "pt"})
    for number in (1, 2):
        weight = dequantized(tensors, f"modules_after_encoder.{number}.linear.weight")
        save_file({"linear.weight": weight}, folder / f"{number + 1}_Dense/model.safetensors")
    write_configs(folder)


def encoder_weights(graph: onnx.GraphProto, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The exporter named layers by number. They stand in the order in which they are computed."""
    layers = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
    names = [f"layers.{layer}.{name}.weight" for layer in range(layers) for name in LINEARS]
    stems = [node.input[1].removesuffix("_dequantized") for node in graph.node if node.op_type == "MatMul"]
    linears = [dequantized(tensors, stem).T for stem in stems if f"{stem}_int8" in tensors]

    norm_names = [f"layers.{layer}.{name}.weight" for layer in range(layers) for name in NORMS] + ["norm.weight"]
    # Gemma scales by 1 + weight, and the exporter has added the 1.
    norms = [
        tensors[node.input[1]] - 1
        for node in graph.node
        if node.op_type == "Mul" and node.input[1].startswith("add_") and node.input[1] in tensors
    ]

    embedding = dequantized(tensors, "encoder.embed_tokens.weight") + tensors["encoder.embed_tokens.weight_mean"]
    return {
        "embed_tokens.weight": embedding,
        **dict(zip(names, map(np.ascontiguousarray, linears), strict=True)),
        **dict(zip(norm_names, norms, strict=True)),
    }


def dequantized(tensors: dict[str, np.ndarray], name: str) -> np.ndarray:
    return tensors[f"{name}_int8"].astype(np.float32) * tensors[f"{name}_scale"]


def write_configs(folder: Path) -> None:
    """Older releases of Transformers and Sentence Transformers read these fields."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    ropes = config["rope_parameters"]
    config["rope_theta"] = ropes["full_attention"]["rope_theta"]
    config["rope_local_base_freq"] = ropes["sliding_attention"]["rope_theta"]
    config["torch_dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "4_Normalize").mkdir(exist_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
