"""Trains all parts of the model: token vectors, layers and Dense layers."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from batches import Batch, batches
from dataset import Dataset
from initialize import TeacherSpace
from losses import distillation_loss, target_loss

LONGEST = 160
"""Number of tokens of a text that are used in training."""
REPORTS = 10


@dataclass(frozen=True)
class Training:
    steps: int
    batch_size: int
    """Pairs of texts."""
    embedding_rate: float
    """Learning rate of the token vectors."""
    rate: float
    """Learning rate of everything else."""


def train(
    model: SentenceTransformer,
    dataset: Dataset,
    space: TeacherSpace,
    training: Training,
    seed: int,
    report: Callable[[int], None],
) -> None:
    """Trains the model in place. Calls `report` ten times, with the number of steps so far."""
    torch.manual_seed(seed)
    table = model[0].model.embed_tokens
    table.sparse = True
    others = [weight for weight in model.parameters() if weight.requires_grad and weight is not table.weight]
    optimizers = [
        # Only the tokens of a batch change. Words outside the corpus keep the teacher's vectors.
        torch.optim.SparseAdam([table.weight], lr=training.embedding_rate, betas=(0.9, 0.98)),
        torch.optim.Adam(others, lr=training.rate, betas=(0.9, 0.98)),
    ]
    rates = (training.embedding_rate, training.rate)
    started, total, interval = time.monotonic(), 0.0, max(1, training.steps // REPORTS)
    model.train()
    for step, batch in enumerate(
        itertools.islice(_endless(dataset, training.batch_size, seed), training.steps), start=1
    ):
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * _schedule(step / training.steps)
        loss = _loss(model, batch, space)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        total += loss.item()
        if step % interval == 0:
            print(f"step {step}: loss {total / interval:.4f}, {time.monotonic() - started:.0f} s", flush=True)
            total = 0.0
            model.eval()
            report(step)
            model.train()
    table.sparse = False
    model.eval()


def _loss(model: SentenceTransformer, batch: Batch, space: TeacherSpace) -> Tensor:
    left, right = _embed(model, batch.left), _embed(model, batch.right)
    left_teacher = torch.from_numpy(batch.left_vectors).float()
    right_teacher = torch.from_numpy(batch.right_vectors).float()
    targets = torch.from_numpy(space.target(torch.cat([left_teacher, right_teacher]).numpy()))
    distillation = distillation_loss(left, right, left_teacher, right_teacher, retrieval=batch.is_retrieval)
    return distillation + target_loss(torch.cat([left, right]), targets)


def _embed(model: SentenceTransformer, texts: list[str]) -> Tensor:
    inputs = dict(model.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"))
    return model(inputs)["sentence_embedding"]


def _endless(dataset: Dataset, size: int, seed: int) -> Iterator[Batch]:
    for epoch in itertools.count():
        yield from batches(dataset, size, seed=seed * 1000 + epoch)


def _schedule(progress: float) -> float:
    """A short warm-up, then a cosine decay to 5%."""
    return min(1.0, progress / 0.05) * (0.05 + 0.95 * (1 + math.cos(math.pi * progress)) / 2)
