"""Makes the model from the corpus: tokenizer, teacher's vectors, token vectors, training, export.

    python make.py --corpus corpus.txt.gz --wordnet wordnet --dialogues dialogues --requests data_full.json

It uses a GPU if there is one. `--build` is a folder that caches the teacher's vectors, so a second run reuses them. The
model is saved there before training (`start`) and after it (`model`), as Sentence Transformers folders in fp32.
`--output` is the folder for the published files.
"""

import argparse
from pathlib import Path

import torch

from architecture import PROMPTS, new_model, save_model
from batches import Batches
from dataset import Sizes, Sources, make_dataset
from initialize import TeacherSpace, distilled_meanings, set_weights
from metrics import ndcg_at_10, retrieval_vectors
from self_check import add_self_check
from sources import read_requests, read_utterances, read_wordnet
from teacher import Teacher, word_list
from texts import read_lines, split_held_out
from tokenizer import train_tokenizer, with_word_list
from training import Training, train
from write_onnx import export

SEED = 1
VOCAB_SIZE = 30_000
SIZES = Sizes(passages=200_000, queries=3, variants=1, utterances=120_000, scenes=500_000, word_lists=80_000)
TRAINING = Training(steps=2290, batch_size=1024, batch_tokens=40_000, embedding_rate=6e-4, rate=1e-3)
WATCHED = 300
"""Number of held-out passages that the progress is measured on."""


def make(paths: argparse.Namespace, sizes: Sizes, training: Training) -> None:
    build, device = paths.build, torch.device("cuda" if torch.cuda.is_available() else "cpu")
    texts = read_lines(paths.corpus)
    training_texts, held_out = split_held_out(texts, SEED)
    tokenizer = build / "tokenizer"
    train_tokenizer(with_word_list(_as_fed(texts), word_list()), VOCAB_SIZE, tokenizer)

    teacher = Teacher(build / "teacher", device)
    sources = Sources(
        training_texts, read_utterances(paths.dialogues), read_requests(paths.requests), read_wordnet(paths.wordnet)
    )
    dataset = make_dataset(sources, teacher, SEED, sizes)
    space = TeacherSpace(dataset.vectors[: len(training_texts)], SEED)

    torch.manual_seed(SEED)
    model = new_model(tokenizer)
    set_weights(model, distilled_meanings(model.tokenizer, teacher, space, training_texts, SEED), space)
    save_model(model, tokenizer, build / "start")
    model.to(device)
    fast_tokenizer = model.tokenizer.backend_tokenizer
    batches = Batches(dataset, fast_tokenizer, device, training.batch_size, training.batch_tokens)

    def report(step: int) -> None:
        vectors = retrieval_vectors(lambda texts, name: model.encode(texts, prompt_name=name), held_out[:WATCHED])
        print(
            f"step {step}: NDCG@10 {ndcg_at_10(*vectors, 768):.4f}, at 128 {ndcg_at_10(*vectors, 128):.4f}", flush=True
        )
        save_model(model, tokenizer, build / "model")

    report(0)
    train(model, batches, space, training, SEED, report)
    model.to("cpu")
    save_model(model, tokenizer, build / "model")
    add_self_check(model, build / "model")
    export(build / "model", paths.output, ["q8"])


def _as_fed(texts: list[str]) -> list[str]:
    """The texts as the model's input: most with a prompt, most often that of documents, and some without."""
    names = ["document", "query", "document", "STS", "document", "Classification", "Clustering", "InstructionRetrieval"]
    prompts = [PROMPTS[name] for name in (*names, "Summarization")] + [""]
    return [prompts[n % len(prompts)] + text for n, text in enumerate(texts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="one text a line, plain or gzipped")
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder of WordNet 3's database files")
    parser.add_argument("--dialogues", type=Path, required=True, help="the folder of the Schema-Guided Dialogues")
    parser.add_argument("--requests", type=Path, required=True, help="CLINC150's data_full.json")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("../model"))
    make(parser.parse_args(), SIZES, TRAINING)


if __name__ == "__main__":
    main()
