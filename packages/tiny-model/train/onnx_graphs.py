"""The computation of a Sentence Transformers model as an ONNX graph."""

import warnings

import onnx_ir as ir
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from torch import Tensor, nn
from transformers import DynamicCache

# ONNX Runtime 1.14 and later support it, so Transformers.js 3 and 4 do.
OPSET = 18


def trace(model: SentenceTransformer) -> ir.Model:
    """Trace a model into one ONNX graph with dynamic batch size and sequence length."""
    graph = graph_of(model)
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
    return program.model


def graph_of(model: SentenceTransformer) -> "TextGraph":
    return GRAPHS.get(model[0].auto_model.config.model_type, TextGraph)(model).eval()


class TextGraph(nn.Module):
    """From token ids to hidden states, and to the sentence embedding if the model has Dense layers."""

    needs_sentence_embedding = False

    def __init__(self, model: SentenceTransformer):
        super().__init__()
        self.encoder = model[0].auto_model
        self.modules_after_encoder = nn.ModuleList(list(model)[1:])
        self.input_names = list(self.example_inputs())
        self.output_names = ["last_hidden_state"]
        in_the_graph = [module for module in self.modules_after_encoder if not isinstance(module, (Pooling, Normalize))]
        if self.needs_sentence_embedding or in_the_graph:
            self.output_names.append("sentence_embedding")

    def example_inputs(self) -> dict[str, Tensor]:
        input_ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 0, 0]])
        return {"input_ids": input_ids, "attention_mask": (input_ids > 0).long()}

    def dynamic_axes(self, name: str) -> dict[int, str]:
        return {0: "batch_size", 1: "sequence_length"}

    def text_inputs(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """All inputs of the graph for a batch of texts."""
        return {"input_ids": input_ids, "attention_mask": attention_mask}

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

    def text_inputs(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        inputs = super().text_inputs(input_ids, attention_mask)
        return {**inputs, "token_type_ids": torch.zeros_like(input_ids)}


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
        return {**example, "attention_mask": mask, "position_ids": positions, **self.pasts(batch_size, past_length)}

    def text_inputs(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        inputs = super().text_inputs(input_ids, attention_mask)
        positions = (attention_mask.cumsum(dim=1) - 1).clamp(min=0)
        return {**inputs, "position_ids": positions, **self.pasts(len(input_ids), 0)}

    def pasts(self, batch_size: int, length: int) -> dict[str, Tensor]:
        shape = (batch_size, self.config.num_key_value_heads, length, self.config.head_dim)
        return {
            f"past_key_values.{layer}.{part}": torch.zeros(shape)
            for layer in range(self.config.num_hidden_layers)
            for part in ("key", "value")
        }

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

    def text_inputs(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        inputs = super().text_inputs(input_ids, attention_mask)
        width = self.encoder.config.text_config.hidden_size
        return {**inputs, **{f"{name}_features": torch.zeros(0, width) for name in self.modalities}}

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


# By `model_type` of config.json. Others take token ids and a mask.
GRAPHS = {
    "bert": BertGraph,
    "qwen3": CachedDecoderGraph,
    "embedding_gemma2": EmbeddingGemma2Graph,
}
