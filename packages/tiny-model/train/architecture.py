"""The untrained model: a small version of EmbeddingGemma's architecture, as a Sentence Transformers model and folder.

Layers and prompts are the same as in `google/embeddinggemma-300m`: Gemma 3 text with bidirectional attention, mean
pooling, two Dense layers without bias or activation, normalisation.
"""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from sentence_transformers import SentenceTransformer, models
from transformers import AutoTokenizer, Gemma3TextConfig, Gemma3TextModel

HIDDEN_SIZE = 256
INNER_SIZE = 256
LAYERS = ("sliding_attention", "sliding_attention", "full_attention")
EMBEDDING_DIMENSION = 768
MAX_LENGTH = 2048
MATRYOSHKA_DIMENSIONS = (768, 512, 256, 128)

QUERY_PROMPT = "task: search result | query: "
DOCUMENT_PROMPT = "title: none | text: "
TITLED_DOCUMENT_PROMPT = "title: {title} | text: "
PROMPTS = {
    "query": QUERY_PROMPT,
    "document": DOCUMENT_PROMPT,
    "BitextMining": QUERY_PROMPT,
    "Clustering": "task: clustering | query: ",
    "Classification": "task: classification | query: ",
    "InstructionRetrieval": "task: code retrieval | query: ",
    "MultilabelClassification": "task: classification | query: ",
    "PairClassification": "task: sentence similarity | query: ",
    "Reranking": QUERY_PROMPT,
    "Retrieval": QUERY_PROMPT,
    "Retrieval-query": QUERY_PROMPT,
    "Retrieval-document": DOCUMENT_PROMPT,
    "STS": "task: sentence similarity | query: ",
    "Summarization": "task: summarization | query: ",
}
TASK_PROMPTS = sorted(set(PROMPTS.values()))

# All releases of Sentence Transformers can read these class paths.
MODULES = [
    ("", "Transformer"),
    ("1_Pooling", "Pooling"),
    ("2_Dense", "Dense"),
    ("3_Dense", "Dense"),
    ("4_Normalize", "Normalize"),
]


def new_model(tokenizer_folder: Path) -> SentenceTransformer:
    """The model with random weights and the vocabulary size of the tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    config = Gemma3TextConfig(
        architectures=["Gemma3TextModel"],
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN_SIZE,
        intermediate_size=512,
        num_hidden_layers=len(LAYERS),
        layer_types=list(LAYERS),
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=64,
        query_pre_attn_scalar=64,
        sliding_window=512,
        max_position_embeddings=MAX_LENGTH,
        use_bidirectional_attention=True,
        matryoshka_dimensions=list(MATRYOSHKA_DIMENSIONS),
        dtype="float32",
    )
    with TemporaryDirectory() as folder:
        Gemma3TextModel(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = models.Transformer(folder, max_seq_length=MAX_LENGTH)
    linear = torch.nn.Identity()
    return SentenceTransformer(
        modules=[
            transformer,
            models.Pooling(HIDDEN_SIZE, pooling_mode="mean"),
            models.Dense(HIDDEN_SIZE, INNER_SIZE, bias=False, activation_function=linear),
            models.Dense(INNER_SIZE, EMBEDDING_DIMENSION, bias=False, activation_function=linear),
            models.Normalize(),
        ],
        prompts=PROMPTS,
        similarity_fn_name="cosine",
        device="cpu",
    )


def save_model(model: SentenceTransformer, tokenizer_folder: Path, folder: Path) -> None:
    """Writes a Sentence Transformers folder with configuration files like EmbeddingGemma's."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save(str(folder), create_model_card=False)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copyfile(tokenizer_folder / name, folder / name)
    shutil.rmtree(folder / "4_Normalize")
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(MODULES)
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_LENGTH, "do_lower_case": False})
    _write_json(folder / "1_Pooling/config.json", _pooling_config())
    _write_json(folder / "2_Dense/config.json", _dense_config(HIDDEN_SIZE, INNER_SIZE))
    _write_json(folder / "3_Dense/config.json", _dense_config(INNER_SIZE, EMBEDDING_DIMENSION))


def _pooling_config() -> dict:
    others = ["cls_token", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    return {
        "word_embedding_dimension": HIDDEN_SIZE,
        "pooling_mode_mean_tokens": True,
        **{f"pooling_mode_{mode}": False for mode in others},
        "include_prompt": True,
    }


def _dense_config(inputs: int, outputs: int) -> dict:
    return {
        "in_features": inputs,
        "out_features": outputs,
        "bias": False,
        "activation_function": "torch.nn.modules.linear.Identity",
    }


def _write_json(path: Path, content: dict | list) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
