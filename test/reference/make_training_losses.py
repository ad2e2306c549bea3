"""Write the losses and gradients of Sentence Transformers' loss classes for an adapter on the vectors, and some steps of
torch's AdamW, to `../golden/training-losses.json`.

    python make_training_losses.py
"""

import base64

import numpy as np
import torch
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.sentence_transformer.losses import TripletDistanceMetric
from torch import Tensor, nn
from transformers import get_linear_schedule_with_warmup

from make_golden import GOLDEN, write

DIMENSION = 16
RANK = 3
DIMENSIONS = [16, 8, 4]
BATCH = 6


class Adapter(nn.Module):
    """In place of a model: adds x·Δ to the vectors that it gets, or x·A·B, on the sides that it is for."""

    def __init__(self, matrices: list[Tensor], sides: str) -> None:
        super().__init__()
        self.matrices = nn.ParameterList(matrices)
        self.sides = sides

    def forward(self, features: dict) -> dict:
        vectors = features["vectors"]
        change = vectors
        for matrix in self.matrices:
            change = change @ matrix
        adapted = vectors + change if self.sides == "both" or features["side"] == "query" else vectors
        return {**features, "sentence_embedding": adapted}

    def get_embedding_dimension(self) -> int:
        return DIMENSION

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def __getitem__(self, _: int) -> nn.Module:
        return self


def main() -> None:
    torch.set_default_dtype(torch.float64)
    random = np.random.default_rng(12)
    vectors = {
        name: normal(random, BATCH, DIMENSION) for name in ("queries", "positives", "negatives1", "negatives2")
    }
    scores = torch.tensor([0.1, 0.9, 0.4, 0.4, 0.0, 1.0])
    weights = {
        "delta": [normal(random, DIMENSION, DIMENSION, scale=0.1)],
        "a, b": [normal(random, DIMENSION, RANK, scale=0.3), normal(random, RANK, DIMENSION, scale=0.3)],
    }
    cases = []
    for name, make_loss, columns, options in LOSSES:
        for parameters, matrices in weights.items():
            for sides in ("query", "both"):
                for dimensions in (DIMENSIONS, [DIMENSION]):
                    if dimensions == [DIMENSION] and (sides, parameters) != ("both", "delta"):
                        continue
                    model = Adapter([nn.Parameter(matrix.clone()) for matrix in matrices], sides)
                    loss = losses.MatryoshkaLoss(model, make_loss(model), dimensions)
                    features = [
                        {"vectors": vectors[column], "side": "query" if column == "queries" else "document"}
                        for column in columns
                    ]
                    value = loss(features, scores)
                    value.backward()
                    cases.append(
                        {
                            "loss": name,
                            **options,
                            "columns": columns,
                            "sides": sides,
                            "matryoshkaDims": dimensions,
                            "weights": parameters,
                            "value": value.item(),
                            "gradients": [encode(matrix.grad) for matrix in model.matrices],
                        }
                    )
    write(
        GOLDEN / "training-losses.json",
        {
            "dimension": DIMENSION,
            "rank": RANK,
            "scores": scores.tolist(),
            "vectors": {name: encode(value) for name, value in vectors.items()},
            "matrices": {name: [encode(matrix) for matrix in matrices] for name, matrices in weights.items()},
            "cases": cases,
            "adamW": adam_w(random),
        },
    )


PAIRS = ["queries", "positives"]
TRIPLETS = [*PAIRS, "negatives1"]
LOSSES = [
    ("multipleNegativesRanking", losses.MultipleNegativesRankingLoss, PAIRS, {}),
    ("multipleNegativesRanking", losses.MultipleNegativesRankingLoss, [*TRIPLETS, "negatives2"], {}),
    (
        "multipleNegativesRanking",
        lambda model: losses.MultipleNegativesRankingLoss(model, scale=5.0),
        PAIRS,
        {"scale": 5.0},
    ),
    (
        "cachedMultipleNegativesRanking",
        lambda model: losses.CachedMultipleNegativesRankingLoss(model, mini_batch_size=4),
        TRIPLETS,
        {"miniBatchSize": 4},
    ),
    ("triplet", losses.TripletLoss, TRIPLETS, {}),
    (
        "triplet",
        lambda model: losses.TripletLoss(
            model, distance_metric=TripletDistanceMetric.COSINE, triplet_margin=0.2
        ),
        TRIPLETS,
        {"distance": "cosine", "margin": 0.2},
    ),
    (
        "triplet",
        lambda model: losses.TripletLoss(model, triplet_margin=0.1),
        TRIPLETS,
        {"margin": 0.1},
    ),
    ("cosent", losses.CoSENTLoss, PAIRS, {}),
]


def adam_w(random: np.random.Generator) -> dict:
    """The numbers after each step. The gradients are given, so the numbers depend on the optimizer and on the
    learning rate's schedule alone."""
    steps, warmup = 8, 3
    start = normal(random, 6)
    gradients = normal(random, steps, 6)
    gradients[:, 5] = 0
    parameter = nn.Parameter(start.clone())
    settings = {"lr": 0.05, "weight_decay": 0.1}
    optimizer = torch.optim.AdamW([parameter], **settings)
    schedule = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=warmup, num_training_steps=steps)
    after, rates = [], []
    for gradient in gradients:
        parameter.grad = gradient
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
        after.append(parameter.tolist())
    return {
        "learningRate": settings["lr"],
        "weightDecay": settings["weight_decay"],
        "warmupSteps": warmup,
        "start": start.tolist(),
        "gradients": gradients.tolist(),
        "learningRates": rates,
        "after": after,
    }


def normal(random: np.random.Generator, *shape: int, scale: float = 1.0) -> Tensor:
    """Numbers that float32 holds exactly."""
    return torch.tensor(random.normal(scale=scale, size=shape).astype(np.float32).astype(np.float64))


def encode(tensor: Tensor) -> str:
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


if __name__ == "__main__":
    main()
