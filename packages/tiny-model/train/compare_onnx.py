"""Vectors of an ONNX file beside those of Sentence Transformers."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from sentence_transformers import SentenceTransformer

from onnx_graphs import graph_of

TEXTS = [
    "Which planet is known as the Red Planet?",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Größe, 日本語, مرحبا, привет",
    "def add(a, b): return a + b",
    "",
]


def lowest_cosine(model: SentenceTransformer, path: Path) -> float:
    """The lowest cosine similarity between the two vectors of a text, over a batch of texts."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    features = model.preprocess(TEXTS)
    mask = features["attention_mask"]
    inputs = graph_of(model).text_inputs(features["input_ids"], mask)
    names = {value.name for value in session.get_inputs()}
    hidden, *rest = session.run(None, {name: value.numpy() for name, value in inputs.items() if name in names})
    with torch.no_grad():
        expected = model(features)["sentence_embedding"].numpy()
    if "sentence_embedding" in [value.name for value in session.get_outputs()]:
        actual = rest[0]
    else:
        actual = {"token_embeddings": torch.from_numpy(hidden), "attention_mask": mask}
        for module in list(model)[1:]:
            actual = module(actual)
        actual = actual["sentence_embedding"].numpy()
    products = (actual * expected).sum(axis=1)
    return float((products / np.linalg.norm(actual, axis=1) / np.linalg.norm(expected, axis=1)).min())
