"""Restore the released tiny model as a Sentence Transformers folder with weights for PyTorch, to fine-tune it.

    python restore_checkpoint.py OUTPUT_FOLDER

The weights are those of ../model/onnx/model_quantized.onnx, in fp32: what training had before they were rounded to
int8 is not in the repository. The folder has the same vectors as the ONNX file.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.numpy_helper import to_array
from sentence_transformers import SentenceTransformer

from architecture import new_model, save_model
from compare_onnx import lowest_cosine
from model_folder import InvalidFolder, check_output_folder

MODEL = Path(__file__).resolve().parents[1] / "model"
ONNX = MODEL / "onnx" / "model_quantized.onnx"

# In the order in which a layer uses them.
LAYER_NORMS = [
    "input_layernorm",
    "self_attn.q_norm",
    "self_attn.k_norm",
    "post_attention_layernorm",
    "pre_feedforward_layernorm",
    "post_feedforward_layernorm",
]
LAYER_MATRICES = [f"self_attn.{part}_proj" for part in "qkvo"] + [f"mlp.{part}_proj" for part in ("gate", "up", "down")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output_folder", type=Path)
    folder = parser.parse_args().output_folder
    try:
        check_output_folder(folder)
    except InvalidFolder as error:
        sys.exit(str(error))
    model = new_model(MODEL)
    load_weights(model, onnx.load(ONNX).graph)
    cosine = lowest_cosine(model.eval(), ONNX)
    if cosine < 0.999999:
        sys.exit(f"The vectors are not those of {ONNX}: lowest cosine {cosine:.6f}.")
    save_model(model, MODEL, folder)
    print(f"{folder}: lowest cosine to {ONNX.name} {cosine:.6f}")


def load_weights(model: SentenceTransformer, graph: onnx.GraphProto) -> None:
    """Only the token vectors and the Dense layers keep their names in the graph. The others go by their order."""
    constants = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    encoder = model[0].auto_model
    modules = dict(encoder.named_modules())
    layers = range(encoder.config.num_hidden_layers)
    table = "encoder.embed_tokens.weight"
    with torch.no_grad():
        set_weight(encoder.embed_tokens, dequantized(constants, table) + constants[f"{table}_mean"])
        for n in (1, 2):
            set_weight(model[n + 1].linear, dequantized(constants, f"modules_after_encoder.{n}.linear.weight"))
        names = [f"layers.{n}.{name}" for n in layers for name in LAYER_MATRICES]
        for name, weight in zip(names, layer_matrices(graph, constants), strict=True):
            set_weight(modules[name], weight.T)
        names = [f"layers.{n}.{name}" for n in layers for name in LAYER_NORMS]
        for name, weight in zip([*names, "norm"], norms(graph, constants), strict=True):
            # Gemma multiplies by 1 + weight, and the graph has the sum.
            set_weight(modules[name], weight - 1)


def layer_matrices(graph: onnx.GraphProto, constants: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1].endswith("_dequantized"):
            yield dequantized(constants, node.input[1].removesuffix("_dequantized"))


def norms(graph: onnx.GraphProto, constants: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    for node in graph.node:
        if node.op_type == "Mul" and node.input[1].startswith("add_") and node.input[1] in constants:
            yield constants[node.input[1]]


def dequantized(constants: dict[str, np.ndarray], name: str) -> np.ndarray:
    return constants[f"{name}_int8"].astype(np.float32) * constants[f"{name}_scale"]


def set_weight(module: torch.nn.Module, weight: np.ndarray) -> None:
    module.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))


if __name__ == "__main__":
    main()
