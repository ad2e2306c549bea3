"""Export a Sentence Transformers folder as a Transformers.js repository.

    python export_onnx.py MODEL_FOLDER OUTPUT_FOLDER [--dtype fp32 q8]

Writes to OUTPUT_FOLDER the configuration, the tokenizer and the Sentence Transformers files of MODEL_FOLDER, without
its weights, and

    onnx/model.onnx            fp32
    onnx/model_quantized.onnx  q8: weights in int8, arithmetic in fp32

Inputs and outputs have the names of the published ONNX repositories. Inputs: `input_ids` and `attention_mask` (both
int64, batch_size x sequence_length), `token_type_ids` for BERT, `position_ids` and `past_key_values.*` for Qwen3, and
the features of the other modalities for EmbeddingGemma 2. Outputs: `last_hidden_state` (batch_size x sequence_length x
hidden) and, if the model has modules that cannot be computed from it outside the graph, `sentence_embedding`
(batch_size x dimension), after all modules including normalisation.
"""

import argparse
import shutil
import warnings
from pathlib import Path

import onnx
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense
from torch import Tensor, nn
from transformers import DynamicCache

from quantize_onnx import quantize_weights

FILE_NAMES = {"fp32": "model.onnx", "q8": "model_quantized.onnx"}
WEIGHT_SUFFIXES = {".safetensors", ".bin", ".onnx", ".pt"}

# ONNX Runtime 1.14 and later support it, so Transformers.js 3 and 4 do.
OPSET = 18


def export(model_folder: Path, output_folder: Path, dtypes: list[str]) -> None:
    """Write the repository of one model: its description and one ONNX file for each of `dtypes`."""
    copy_description(model_folder, output_folder)
    write_graphs(load_model(model_folder), output_folder, dtypes)


def write_graphs(model: SentenceTransformer, output_folder: Path, dtypes: list[str]) -> None:
    """Write `onnx/model.onnx`, `onnx/model_quantized.onnx` or both."""
    graph = trace(model)
    (output_folder / "onnx").mkdir(exist_ok=True)
    for dtype in dtypes:
        exported = quantize_weights(graph) if dtype == "q8" else graph
        onnx.checker.check_model(exported)
        (output_folder / "onnx" / FILE_NAMES[dtype]).write_bytes(exported.SerializeToString(deterministic=True))


def copy_description(model_folder: Path, output_folder: Path) -> None:
    """Copy every file except weights and the model card."""
    for source in sorted(model_folder.rglob("*")):
        if source.is_file() and source.suffix not in WEIGHT_SUFFIXES and source.name != "README.md":
            target = output_folder / source.relative_to(model_folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def load_model(model_folder: Path) -> SentenceTransformer:
    """Load in fp32, with attention in plain operators."""
    model = SentenceTransformer(
        str(model_folder),
        device="cpu",
        local_files_only=True,
        model_kwargs={"attn_implementation": "eager", "dtype": torch.float32},
    )
    return model.eval()


def trace(model: SentenceTransformer) -> onnx.ModelProto:
    """Trace a model into one ONNX graph with dynamic batch size and sequence length."""
    graph = GRAPHS.get(model[0].auto_model.config.model_type, TextGraph)(model).eval()
    example = graph.example_inputs()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph,
            kwargs={"inputs": tuple(example.values())},
            input_names=list(example),
            output_names=graph.output_names,
            dynamic_shapes={"inputs": tuple(graph.dynamic_axes(name) for name in example)},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return without_traces(program.model_proto)


class TextGraph(nn.Module):
    """From token ids to hidden states, and to the sentence embedding if the model has Dense layers."""

    needs_sentence_embedding = False

    def __init__(self, model: SentenceTransformer):
        super().__init__()
        self.encoder = model[0].auto_model
        self.modules_after_encoder = nn.ModuleList(list(model)[1:])
        self.input_names = list(self.example_inputs())
        self.output_names = ["last_hidden_state"]
        if self.needs_sentence_embedding or any(isinstance(module, Dense) for module in self.modules_after_encoder):
            self.output_names.append("sentence_embedding")

    def example_inputs(self) -> dict[str, Tensor]:
        input_ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 0, 0]])
        return {"input_ids": input_ids, "attention_mask": (input_ids > 0).long()}

    def dynamic_axes(self, name: str) -> dict[int, str]:
        return {0: "batch_size", 1: "sequence_length"}

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        named = dict(zip(self.input_names, inputs))
        hidden, *rest = self.encode(**named)
        if "sentence_embedding" not in self.output_names:
            return hidden, *rest
        features = {"token_embeddings": hidden, "attention_mask": named["attention_mask"]}
        for module in self.modules_after_encoder:
            features = module(features)
        return hidden, features["sentence_embedding"], *rest

    def encode(self, **inputs: Tensor) -> tuple[Tensor, ...]:
        return (self.encoder(**inputs).last_hidden_state,)


class BertGraph(TextGraph):
    """BERT also has token types as input."""

    def example_inputs(self) -> dict[str, Tensor]:
        example = super().example_inputs()
        return {**example, "token_type_ids": torch.zeros_like(example["input_ids"])}


class CachedDecoderGraph(TextGraph):
    """A decoder with its cache, like the published exports. Positions and past keys and values are inputs, present keys
    and values are outputs. To embed texts, pass empty past keys and values."""

    def __init__(self, model: SentenceTransformer):
        self.config = model[0].auto_model.config
        super().__init__(model)
        layers = range(self.config.num_hidden_layers)
        self.output_names += [f"present.{layer}.{part}" for layer in layers for part in ("key", "value")]

    def example_inputs(self) -> dict[str, Tensor]:
        example = super().example_inputs()
        batch_size, sequence_length = example["input_ids"].shape
        past_length = 2
        mask = torch.cat([torch.ones(batch_size, past_length, dtype=torch.long), example["attention_mask"]], dim=1)
        positions = torch.arange(past_length, past_length + sequence_length).expand(batch_size, -1).clone()
        shape = (batch_size, self.config.num_key_value_heads, past_length, self.config.head_dim)
        pasts = {
            f"past_key_values.{layer}.{part}": torch.zeros(shape)
            for layer in range(self.config.num_hidden_layers)
            for part in ("key", "value")
        }
        return {**example, "attention_mask": mask, "position_ids": positions, **pasts}

    def dynamic_axes(self, name: str) -> dict[int, str]:
        if name.startswith("past_key_values"):
            return {0: "batch_size", 2: "past_sequence_length"}
        return {0: "batch_size", 1: "total_sequence_length" if name == "attention_mask" else "sequence_length"}

    def encode(self, input_ids: Tensor, attention_mask: Tensor, position_ids: Tensor, **pasts: Tensor):
        layers = range(self.config.num_hidden_layers)
        cache = DynamicCache(
            [(pasts[f"past_key_values.{layer}.key"], pasts[f"past_key_values.{layer}.value"]) for layer in layers]
        )
        output = self.encoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
        )
        present = output.past_key_values.layers
        return output.last_hidden_state, *[part for layer in present for part in (layer.keys, layer.values)]


class EmbeddingGemma2Graph(TextGraph):
    """EmbeddingGemma 2. The soft tokens of images, videos and audio replace their placeholder tokens. For text, these
    inputs have no rows."""

    needs_sentence_embedding = True
    modalities = ("image", "video", "audio")

    def example_inputs(self) -> dict[str, Tensor]:
        config = self.encoder.config
        example = super().example_inputs()
        example["input_ids"][0, :3] = torch.tensor([getattr(config, f"{name}_token_id") for name in self.modalities])
        features = {f"{name}_features": torch.zeros(1, config.text_config.hidden_size) for name in self.modalities}
        return {**example, **features}

    def dynamic_axes(self, name: str) -> dict[int, str]:
        return {0: f"num_{name}"} if name.endswith("features") else super().dynamic_axes(name)

    def encode(self, input_ids: Tensor, attention_mask: Tensor, **features: Tensor) -> tuple[Tensor, ...]:
        config = self.encoder.config
        masks = {name: input_ids == getattr(config, f"{name}_token_id") for name in self.modalities}
        is_text = ~torch.stack(list(masks.values())).any(dim=0)
        pad_id = torch.tensor(config.text_config.pad_token_id)
        embeddings = self.encoder.get_input_embeddings()(torch.where(is_text, input_ids, pad_id))
        for name, mask in masks.items():
            rows = torch.cat([embeddings.new_zeros(1, embeddings.shape[-1]), features[f"{name}_features"]])
            ordinal = mask.flatten().long().cumsum(0).reshape(mask.shape)
            embeddings = torch.where(mask.unsqueeze(-1), rows[ordinal * mask], embeddings)
        return (self.encoder.language_model(inputs_embeds=embeddings, attention_mask=attention_mask).last_hidden_state,)


# By `model_type` of config.json.
GRAPHS = {"bert": BertGraph, "qwen3": CachedDecoderGraph, "embedding_gemma2": EmbeddingGemma2Graph}


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the exporter's information about the machine and the source code."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for item in [*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del item.metadata_props[:]
        item.doc_string = ""
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model_folder", type=Path)
    parser.add_argument("output_folder", type=Path)
    parser.add_argument("--dtype", nargs="+", choices=list(FILE_NAMES), default=list(FILE_NAMES), dest="dtypes")
    arguments = parser.parse_args()
    export(arguments.model_folder, arguments.output_folder, arguments.dtypes)


if __name__ == "__main__":
    main()
