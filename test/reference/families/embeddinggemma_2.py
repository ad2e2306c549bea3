"""EmbeddingGemma 2 without its vision and audio towers: per-layer embeddings, a projection inside the encoder, mean
pooling, normalisation, described in the format of Sentence Transformers 6."""

import json
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from transformers import (
    EmbeddingGemma2Config,
    EmbeddingGemma2Model,
    EmbeddingGemma2TextConfig,
    EmbeddingGemma2TextModel,
)

import description
from gemma_tokenizer import write_gemma_tokenizer
from model_folder import copy_description
from write_onnx import load_model, write_graphs

TEXT_VOCAB_SIZE = 1000
DIMENSION = 128
MAX_LENGTH = 1024
PLACEHOLDERS = ["<|image|>", "<|audio|>", "<|video|>", "<|image>", "<image|>", "<|audio>", "<audio|>"]

# https://huggingface.co/google/embeddinggemma-2, config_sentence_transformers.json
PROMPTS = {
    "BitextMining": "task: search result | query: ",
    "Classification": "task: classification | query: ",
    "Clustering": "task: clustering | query: ",
    "CodeRetrieval": "task: code retrieval | query: ",
    "Document": "title: none | text: ",
    "FactChecking": "task: fact checking | query: ",
    "InstructionRetrieval": "task: code retrieval | query: ",
    "MultilabelClassification": "task: classification | query: ",
    "PairClassification": "task: sentence similarity | query: ",
    "QuestionAnswering": "task: question answering | query: ",
    "Reranking": "task: search result | query: ",
    "Retrieval": "task: search result | query: ",
    "Retrieval-document": "title: none | text: ",
    "Retrieval-query": "task: search result | query: ",
    "STS": "task: sentence similarity | query: ",
    "SearchQuery": "task: search result | query: ",
    "SentenceSimilarity": "task: sentence similarity | query: ",
    "Summarization": "task: sentence similarity | query: ",
    "document": "title: none | text: ",
    "query": "task: search result | query: ",
}


def build(folder: Path, texts: list[str]) -> None:
    """Builds only the text model: the full model needs image, audio and video processors even for text."""
    write_gemma_tokenizer(texts, TEXT_VOCAB_SIZE, folder)
    add_placeholders(folder)
    config = EmbeddingGemma2TextConfig(
        vocab_size=TEXT_VOCAB_SIZE + len(PLACEHOLDERS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        sliding_window=64,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        global_head_dim=32,
        num_global_key_value_heads=1,
        hidden_size_per_layer_input=16,
        embedding_dim=DIMENSION,
        max_position_embeddings=MAX_LENGTH,
    )
    description.save_encoder(folder, EmbeddingGemma2TextModel(config), seed=40)
    modules = [Transformer(str(folder), max_seq_length=MAX_LENGTH), Pooling(DIMENSION, "mean"), Normalize()]
    model = SentenceTransformer(modules=modules, prompts=PROMPTS, similarity_fn_name="cosine")
    tokenizer_files = {name: (folder / name).read_bytes() for name in ("tokenizer.json", "tokenizer_config.json")}
    model.save(str(folder), create_model_card=False)
    for name, content in tokenizer_files.items():
        (folder / name).write_bytes(content)


def export(folder: Path, output_folder: Path, dtypes: list[str]) -> None:
    """Exports the graph and the configuration of the full model, with the weights of the text model."""
    copy_description(folder, output_folder)
    model = load_model(folder)
    model[0].model.config._name_or_path = ""
    ids = {content: TEXT_VOCAB_SIZE + index for index, content in enumerate(PLACEHOLDERS)}
    whole = EmbeddingGemma2Model(
        EmbeddingGemma2Config(
            text_config=model[0].model.config,
            vision_config=None,
            audio_config=None,
            image_token_id=ids["<|image|>"],
            audio_token_id=ids["<|audio|>"],
            video_token_id=ids["<|video|>"],
            boi_token_id=ids["<|image>"],
            eoi_token_id=ids["<image|>"],
            boa_token_id=ids["<|audio>"],
            eoa_token_index=ids["<audio|>"],
        )
    )
    whole.language_model = model[0].model
    model[0].model = whole.eval()
    whole.config.save_pretrained(output_folder)
    write_graphs(model, output_folder, dtypes)


def add_placeholders(folder: Path) -> None:
    """Add the tokens that stand for images, audio and video, and the maximum length."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    token = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    for index, content in enumerate(PLACEHOLDERS, start=TEXT_VOCAB_SIZE):
        tokenizer["added_tokens"].append({"id": index, "content": content, **token})
        config["added_tokens_decoder"][str(index)] = {"content": content, **token}
    description.write_json(folder / "tokenizer.json", tokenizer, indent=None)
    description.write_json(folder / "tokenizer_config.json", {**config, "model_max_length": MAX_LENGTH})
