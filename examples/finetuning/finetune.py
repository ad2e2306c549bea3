"""Fine-tune an embedding model for retrieval, and measure what it gained.

    python finetune.py --data ../tuning/data --output build

`--data` is a folder that retrieval_data.py reads. Writes to `--output`:

    model/          the fine-tuned model, as export_onnx.py takes it
    vectors.json    vectors of a few texts, to check an export against
    checkpoints/    what the trainer keeps while it runs

All weights are trained, as in the launch post of EmbeddingGemma: https://huggingface.co/blog/embeddinggemma#finetuning
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss, MatryoshkaLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers

from retrieval_data import Document, InvalidData, Pair, RetrievalData, Split

CHECKED_TEXTS = 8
"""Texts of each side in vectors.json."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="google/embeddinggemma-300m", help="id on the Hub, or a folder")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--batch-size", type=int, default=128, help="pairs that are compared with each other")
    parser.add_argument("--mini-batch-size", type=int, default=8, help="texts in memory at once; changes no result")
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--max-length", type=int, help="longest text in tokens; the model's own maximum if left out")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--threads", type=int, help="CPU threads; as many as cores if left out")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except InvalidData as error:
        sys.exit(str(error))


def run(arguments: argparse.Namespace) -> None:
    started = time.monotonic()
    data = RetrievalData(arguments.data)
    pairs, validation, test = data.pairs(), data.split("validation", "dev"), data.split("test")
    warn_of_leaks(pairs, [validation, test])
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    model = SentenceTransformer(arguments.model, model_kwargs={"dtype": torch.float32})
    if arguments.max_length:
        model.max_seq_length = arguments.max_length
    dims = matryoshka_dims(model)
    prompts = Prompts(model)
    corpus = {key: prompts.document_text(document) for key, document in data.corpus.items()}
    reported = [dims[0], dims[-1]] if test else []
    test_evaluators = {dim: evaluator("test", prompts, corpus, test, dim) for dim in reported}
    validation_evaluator = evaluator("validation", prompts, corpus, validation) if validation else None

    before = ndcg(model, test_evaluators)
    train(model, prompts, pairs, validation_evaluator, dims, arguments)
    report(before, ndcg(model, test_evaluators))

    model.save(str(arguments.output / "model"))
    write_vectors(model, prompts, data, arguments.output / "vectors.json")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(pairs)} pairs, {time.monotonic() - started:.0f} s, {memory:,.0f} MB of memory at most")


class Prompts:
    """The prompts of queries and of documents, and the texts that follow them.

    A title belongs into the middle of EmbeddingGemma's prompt, "title: none | text: ". But all texts of a column must
    have the same prompt. So the prompt of documents is "title: " here, and the rest is in the text: "none | text: …".
    """

    def __init__(self, model: SentenceTransformer):
        self.query, self.document = model.prompts["query"], model.prompts["document"]
        self.after_title = None
        if "title: none |" in self.document:
            self.document, self.after_title = self.document.split("none |", 1)

    def document_text(self, document: Document) -> str:
        if self.after_title is not None:
            return f"{document.title or 'none'} |{self.after_title}{document.text}"
        return f"{document.title}\n{document.text}" if document.title else document.text


def train(
    model: SentenceTransformer,
    prompts: Prompts,
    pairs: list[Pair],
    validation: InformationRetrievalEvaluator | None,
    dims: list[int],
    arguments: argparse.Namespace,
) -> None:
    """Train the model in place. With validation queries, the best epoch is kept, else the last one."""
    columns = training_columns(pairs, prompts)
    # The documents of the other pairs in a batch are wrong answers. So large batches teach more, and mini-batches keep
    # them in memory. Outside, the same is asked of the first 512, 256 and 128 numbers of each vector.
    loss = CachedMultipleNegativesRankingLoss(model, mini_batch_size=arguments.mini_batch_size)
    loss = MatryoshkaLoss(model, loss, matryoshka_dims=dims)
    by_epoch = "epoch" if validation else "no"
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(arguments.output / "checkpoints"),
            num_train_epochs=arguments.epochs,
            per_device_train_batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
            warmup_steps=0.1,
            bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
            # A document that answers two queries of a batch would be a wrong answer to one of them.
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts={name: prompts.query if name == "query" else prompts.document for name in columns},
            seed=arguments.seed,
            eval_strategy=by_epoch,
            eval_on_start=validation is not None,
            save_strategy=by_epoch,
            save_total_limit=1,
            save_only_model=True,
            load_best_model_at_end=validation is not None,
            metric_for_best_model="eval_validation_cosine_ndcg@10",
            logging_steps=10,
            dataloader_pin_memory=torch.cuda.is_available(),
            report_to="none",
        ),
        train_dataset=Dataset.from_dict(columns),
        loss=loss,
        evaluator=validation,
    )
    trainer.train()


def training_columns(pairs: list[Pair], prompts: Prompts) -> dict[str, list[str]]:
    """Query, document, and as many hard negatives as every pair has."""
    columns = {
        "query": [pair.query for pair in pairs],
        "document": [prompts.document_text(pair.document) for pair in pairs],
    }
    for n in range(min(len(pair.negatives) for pair in pairs)):
        columns[f"negative_{n + 1}"] = [prompts.document_text(pair.negatives[n]) for pair in pairs]
    return columns


def matryoshka_dims(model: SentenceTransformer) -> list[int]:
    """Dimensions that vectors can be cut to, the largest first."""
    full = model.get_embedding_dimension()
    dims = getattr(model[0].auto_model.config, "matryoshka_dimensions", None) or [full, 512, 256, 128]
    return [dim for dim in dims if dim <= full]


def evaluator(
    name: str, prompts: Prompts, corpus: dict[str, str], split: Split, dim: int | None = None
) -> InformationRetrievalEvaluator:
    return InformationRetrievalEvaluator(
        queries=split.queries,
        corpus=corpus,
        relevant_docs=split.relevant,
        query_prompt=prompts.query,
        corpus_prompt=prompts.document,
        truncate_dim=dim,
        write_csv=False,
        name=name,
    )


def ndcg(model: SentenceTransformer, evaluators: dict[int, InformationRetrievalEvaluator]) -> dict[int, float]:
    """NDCG@10 on the test queries, by dimension."""
    return {dim: evaluate(model)["test_cosine_ndcg@10"] for dim, evaluate in evaluators.items()}


def report(before: dict[int, float], after: dict[int, float]) -> None:
    if before:
        print("\n| dimensions | NDCG@10 before | after | gain |\n| ---: | ---: | ---: | ---: |")
    for dim in before:
        print(f"| {dim} | {before[dim]:.4f} | {after[dim]:.4f} | {after[dim] - before[dim]:+.4f} |")


def write_vectors(model: SentenceTransformer, prompts: Prompts, data: RetrievalData, path: Path) -> None:
    """Vectors of the first queries and documents, to compare those of other runtimes with."""
    queries = list(data.queries.values())[:CHECKED_TEXTS]
    documents = list(data.corpus.values())[:CHECKED_TEXTS]
    query_vectors = model.encode(queries, prompt=prompts.query)
    document_vectors = model.encode([prompts.document_text(each) for each in documents], prompt=prompts.document)
    content = {
        "queries": [{"text": text, "vector": vector.tolist()} for text, vector in zip(queries, query_vectors)],
        "documents": [
            {"title": document.title, "text": document.text, "vector": vector.tolist()}
            for document, vector in zip(documents, document_vectors)
        ],
    }
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def warn_of_leaks(pairs: list[Pair], splits: list[Split | None]) -> None:
    trained_on = {pair.query for pair in pairs}
    leaks = {query for split in splits if split for query in split.queries.values() if query in trained_on}
    if leaks:
        print(f"{len(leaks)} queries are in training and in evaluation, such as {min(leaks)!r}. Remove them from one.")


if __name__ == "__main__":
    main()
