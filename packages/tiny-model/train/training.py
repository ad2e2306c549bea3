"""Trains all parts of the model: token vectors, layers and Dense layers."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from batches import Batch, Batches
from initialize import TeacherSpace
from losses import distillation_loss, target_loss

REPORTS = 10


@dataclass(frozen=True)
class Training:
    steps: int
    batch_size: int
    """Pairs of texts."""
    batch_tokens: int
    """Tokens of the right texts of a batch."""
    embedding_rate: float
    """Learning rate of the token vectors."""
    rate: float
    """Learning rate of everything else."""


def train(
    model: SentenceTransformer,
    batches: Batches,
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
        # Only the tokens of a batch change. Words outside the texts keep the teacher's vectors.
        torch.optim.SparseAdam([table.weight], lr=training.embedding_rate, betas=(0.9, 0.98)),
        torch.optim.Adam(others, lr=training.rate, betas=(0.9, 0.98)),
    ]
    rates = (training.embedding_rate, training.rate)
    started, total, interval = time.monotonic(), 0.0, max(1, training.steps // REPORTS)
    model.train()
    for step, batch in enumerate(itertools.islice(_endless(batches, seed), training.steps), start=1):
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * _schedule(step / training.steps)
        loss = _loss(model, batch, space)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        total = total + loss.detach()
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
    targets = space.target(torch.cat([batch.left_vectors, batch.right_vectors]))
    distillation = distillation_loss(left, right, batch.left_vectors, batch.right_vectors, batch.is_retrieval)
    return distillation + target_loss(torch.cat([left, right]), targets)


def _embed(model: SentenceTransformer, inputs: dict[str, Tensor]) -> Tensor:
    device = inputs["input_ids"].device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        features = model[0](dict(inputs))
    # The rest in full precision: the constant part of all vectors is far longer than a text's meaning.
    features["token_embeddings"] = features["token_embeddings"].float()
    for module in itertools.islice(model, 1, None):
        features = module(features)
    return features["sentence_embedding"]


def _endless(batches: Batches, seed: int) -> Iterator[Batch]:
    for epoch in itertools.count():
        yield from batches.epoch(seed * 1000 + epoch)


def _schedule(progress: float) -> float:
    """A short warm-up, then a cosine decay to 1%."""
    return min(1.0, progress / 0.03) * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)
