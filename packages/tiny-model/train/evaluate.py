r"""Evaluates the model, its teacher and the model before training. Prints the tables of the model card.

    python evaluate.py --model build/model --start build/start --onnx ../model \
        --corpus corpus.txt.gz --sts stsb-en-dev.csv

Computes the Spearman correlation on a development set of the STS Benchmark (prompt "STS"), and NDCG@10 on the held-out
passages: the first sentence of a passage is the query, and the rest is the document to find among the rests of all
held-out passages.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from sentence_transformers import SentenceTransformer
from transformers import AutoTokenizer

import teacher
from architecture import EMBEDDING_DIMENSION, MATRYOSHKA_DIMENSIONS, PROMPTS
from metrics import Encode, ndcg_at_10, read_sts, retrieval_vectors, spearman, sts_vectors
from texts import read_lines, split_held_out

SEED = 1
BATCH_SIZE = 32


def sentence_transformers_encoder(folder: Path, prompts: bool = True) -> Encode:
    model = SentenceTransformer(str(folder), device="cpu")

    def encode(texts: list[str], prompt_name: str) -> np.ndarray:
        return model.encode(texts, prompt_name=prompt_name if prompts else None, batch_size=BATCH_SIZE)

    return encode


def onnx_encoder(folder: Path) -> Encode:
    """Runs `onnx/model_quantized.onnx`."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    session = onnxruntime.InferenceSession(folder / "onnx/model_quantized.onnx", providers=["CPUExecutionProvider"])

    def encode(texts: list[str], prompt_name: str) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        vectors = [None] * len(texts)
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            prompted = [PROMPTS[prompt_name] + texts[row] for row in rows]
            inputs = tokenizer(prompted, padding=True, truncation=True, return_tensors="np")
            found = session.run(
                ["sentence_embedding"], {name: inputs[name] for name in ("input_ids", "attention_mask")}
            )[0]
            for row, vector in zip(rows, found, strict=True):
                vectors[row] = vector
        return np.array(vectors)

    return encode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="Sentence Transformers folder, fp32")
    parser.add_argument("--start", type=Path, help="the same before training")
    parser.add_argument("--onnx", type=Path, required=True, help="the repository with the q8 file")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--sts", type=Path, required=True)
    arguments = parser.parse_args()

    pairs = read_sts(arguments.sts)
    scores = [pair[2] for pair in pairs]
    _, held_out = split_held_out(read_lines(arguments.corpus), SEED)
    encoders = {
        "q8": onnx_encoder(arguments.onnx),
        "fp32": sentence_transformers_encoder(arguments.model),
        "teacher": sentence_transformers_encoder(teacher.FOLDER, prompts=False),
    }
    if arguments.start:
        encoders["start: mean of token vectors"] = sentence_transformers_encoder(arguments.start)
    sts, retrieval = {}, {}
    for name, encode in encoders.items():
        sts[name] = sts_vectors(encode, pairs)
        retrieval[name] = retrieval_vectors(encode, held_out)

    spearmans = {name: _by_dimension(lambda d, v=v: spearman(*v, scores, d), v[0]) for name, v in sts.items()}
    ndcgs = {name: _by_dimension(lambda d, v=v: ndcg_at_10(*v, d), v[0]) for name, v in retrieval.items()}
    _print_table(f"Spearman correlation, STS development set ({len(pairs)} pairs)", spearmans)
    _print_table(f"NDCG@10, {len(held_out)} held-out passages", ndcgs)
    for title, figures in (("Spearman", spearmans), ("NDCG@10", ndcgs)):
        print(f"{title} lost by truncation from 768 to 128, q8: {figures['q8'][768] - figures['q8'][128]:.4f}")
        print(f"{title} lost by q8 at 768: {figures['fp32'][768] - figures['q8'][768]:.4f}")
    cosines = np.concatenate(
        [
            (a * b).sum(axis=1)
            for vectors in (sts, retrieval)
            for a, b in zip(vectors["q8"], vectors["fp32"], strict=True)
        ]
    )
    print(f"Cosine of q8 and fp32 over {len(cosines)} texts: mean {cosines.mean():.6f}, least {cosines.min():.6f}")


def _by_dimension(measure: Callable[[int], float], vectors: np.ndarray) -> dict[int, float]:
    """The metric at each Matryoshka dimension. For the teacher, which has none, at its full dimension."""
    full = vectors.shape[1]
    return {
        dimension: measure(dimension)
        for dimension in (MATRYOSHKA_DIMENSIONS if full == EMBEDDING_DIMENSION else (full,))
    }


def _print_table(title: str, figures: dict[str, dict[int, float]]) -> None:
    columns = sorted({dimension for row in figures.values() for dimension in row}, reverse=True)
    print(f"\n{title}\n")
    print("| model | " + " | ".join(map(str, columns)) + " |")
    print("| --- |" + " --- |" * len(columns))
    for name, row in figures.items():
        print(f"| {name} | " + " | ".join(f"{row[column]:.4f}" if column in row else "" for column in columns) + " |")
    print()


if __name__ == "__main__":
    main()
