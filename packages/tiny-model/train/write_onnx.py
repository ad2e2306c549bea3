"""Write a Sentence Transformers model as a Transformers.js repository; see export_onnx.py."""

import json
from pathlib import Path

import onnx
import onnx_ir as ir
import torch
from sentence_transformers import SentenceTransformer

from compare_onnx import lowest_cosine
from model_folder import copy_description, transformer_folder
from onnx_graphs import trace
from quantize_onnx import quantize

FILE_NAMES = {"fp32": "model.onnx", "q8": "model_quantized.onnx", "q4": "model_q4.onnx"}

EXTERNAL_DATA_FROM = 100_000_000
"""Bytes of weights from which on they are in a file of their own. One file cannot hold 2 GB, and the runtime maps a
separate file into memory, where it would copy weights inside the graph."""

# Tensors that begin here can be mapped into memory, on Windows too.
ALIGNMENT = 65536


class WrongVectors(Exception):
    """The exported graph computes something else than the model."""


def export(model_folder: Path, output_folder: Path, dtypes: list[str]) -> SentenceTransformer:
    """Write the repository of one model: its description and one ONNX file for each of `dtypes`. Returns the model."""
    model = load_model(model_folder)
    copy_description(model_folder, output_folder)
    write_graphs(model, output_folder, dtypes)
    name_external_data(transformer_folder(output_folder) / "config.json", output_folder / "onnx")
    return model


def load_model(model_folder: Path) -> SentenceTransformer:
    """Load in fp32, with attention in plain operators."""
    model = SentenceTransformer(
        str(model_folder),
        device="cpu",
        local_files_only=True,
        model_kwargs={"attn_implementation": "eager", "dtype": torch.float32},
    )
    return model.eval()


def write_graphs(model: SentenceTransformer, output_folder: Path, dtypes: list[str]) -> None:
    """Write the files of `dtypes` to the folder `onnx`."""
    traced = trace(model)
    (output_folder / "onnx").mkdir(exist_ok=True)
    for dtype in dtypes:
        write_graph(traced if dtype == "fp32" else quantize(traced, dtype), output_folder / "onnx" / FILE_NAMES[dtype])


def write_graph(model: ir.Model, path: Path) -> None:
    """Write one graph, and its weights to `<name>_data` if they are large."""
    if sum(value.const_value.nbytes for value in model.graph.initializers.values()) < EXTERNAL_DATA_FROM:
        proto = ir.to_proto(model)
    else:
        data = f"{path.name}_data"
        ir.save(model, path, external_data=data, size_threshold_bytes=1024, alignment=ALIGNMENT)
        proto = onnx.load(path, load_external_data=False)
    path.write_bytes(without_traces(proto).SerializeToString(deterministic=True))
    onnx.checker.check_model(path)


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the exporter's information about the machine and the source code."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for item in [*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del item.metadata_props[:]
        item.doc_string = ""
    return model


def name_external_data(config: Path, onnx_folder: Path) -> None:
    """Say in `config.json` which graphs have their weights in another file: Transformers.js looks there."""
    names = [path.name.removesuffix("_data") for path in sorted(onnx_folder.glob("*_data"))]
    if names:
        content = json.loads(config.read_text(encoding="utf-8"))
        settings = content.setdefault("transformers.js_config", {})
        settings["use_external_data_format"] = {name: 1 for name in names}
        config.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def report(model: SentenceTransformer, output_folder: Path, dtypes: list[str]) -> None:
    """Print the size of each file, and how near its vectors are to those of Sentence Transformers."""
    for dtype in dtypes:
        path = output_folder / "onnx" / FILE_NAMES[dtype]
        size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
        cosine = lowest_cosine(model, path)
        print(f"{dtype}: {path}, {size / 1e6:,.1f} MB, lowest cosine to Sentence Transformers {cosine:.6f}", flush=True)
        if dtype == "fp32" and cosine < 0.9999:
            raise WrongVectors(
                f"The vectors of {path} are not those of Sentence Transformers. Do not use the exported files. Please "
                "report it: https://github.com/embeddinggemma-js/embeddinggemma-js/issues"
            )
