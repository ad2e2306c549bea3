"""Makes the model from the corpus: tokenizer, teacher's vectors, token vectors, training, export.

    python make.py --corpus corpus.txt.gz --build build --output ../model

`--build` is a folder that caches the teacher's vectors, so a second run reuses them. The model is saved there before
training (`start`) and after it (`model`), as Sentence Transformers folders in fp32. `--output` is the folder for the
published files.
"""

import argparse
from pathlib import Path

import torch

from architecture import PROMPTS, new_model, save_model
from dataset import Sizes, make_dataset
from initialize import TeacherSpace, distilled_meanings, set_weights
from metrics import ndcg_at_10, retrieval_vectors
from regression import fit_meanings, prompted_counts
from self_check import add_self_check
from teacher import CHUNK, Teacher, word_list
from texts import read_lines, split_held_out
from tokenizer import train_tokenizer, with_word_list
from training import Training, train
from write_onnx import export

SEED = 1
VOCAB_SIZE = 30_000
SIZES = Sizes(documents=9 * CHUNK, variants=4 * CHUNK, plain_sentences=3 * CHUNK, word_lists=3 * CHUNK)
TRAINING = Training(steps=1200, batch_size=96, embedding_rate=3e-4, rate=1e-3)
WATCHED = 300
"""Number of held-out passages that the progress is measured on."""


def make(corpus: Path, build: Path, output: Path) -> None:
    texts = read_lines(corpus)
    training_texts, held_out = split_held_out(texts, SEED)
    tokenizer = build / "tokenizer"
    train_tokenizer(with_word_list(_as_fed(texts), word_list()), VOCAB_SIZE, tokenizer)

    teacher = Teacher(build / "teacher")
    dataset = make_dataset(training_texts, teacher, SEED, SIZES)
    space = TeacherSpace(dataset.retrieval.right_vectors, SEED)

    torch.manual_seed(SEED)
    model = new_model(tokenizer)
    start = distilled_meanings(model.tokenizer, teacher, space, training_texts, SEED)
    set_weights(model, start, space)
    save_model(model, tokenizer, build / "start")

    set_weights(model, fit_meanings(start, *prompted_counts(model.tokenizer, dataset, space, SEED)), space)

    def report(step: int) -> None:
        vectors = retrieval_vectors(lambda texts, name: model.encode(texts, prompt_name=name), held_out[:WATCHED])
        print(
            f"step {step}: NDCG@10 {ndcg_at_10(*vectors, 768):.4f}, at 128 {ndcg_at_10(*vectors, 128):.4f}", flush=True
        )
        save_model(model, tokenizer, build / "model")

    report(0)
    train(model, dataset, space, TRAINING, SEED, report)
    save_model(model, tokenizer, build / "model")
    add_self_check(model, build / "model")
    export(build / "model", output, ["q8"])


def _as_fed(texts: list[str]) -> list[str]:
    """The texts as the model's input: most with a prompt, most often that of documents, and some without."""
    names = ["document", "query", "document", "STS", "document", "Classification", "Clustering", "InstructionRetrieval"]
    prompts = [PROMPTS[name] for name in (*names, "Summarization")] + [""]
    return [prompts[n % len(prompts)] + text for n, text in enumerate(texts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="one text a line, plain or gzipped")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("../model"))
    arguments = parser.parse_args()
    make(arguments.corpus, arguments.build, arguments.output)


if __name__ == "__main__":
    main()
