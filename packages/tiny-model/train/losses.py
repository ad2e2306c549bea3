"""The training losses. Each one is computed at every Matryoshka dimension."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, normalize, softmax

from architecture import MATRYOSHKA_DIMENSIONS

TEMPERATURE = 0.05
WEIGHTS = {"target": 2.0, "similarity": 20.0, "ranking": 0.5, "negatives": 0.1}


def distillation_loss(
    left: Tensor, right: Tensor, left_teacher: Tensor, right_teacher: Tensor, retrieval: Tensor
) -> Tensor:
    """The weighted sum of two losses over all texts of the batch and one over its pairs of query and document.

    Rows are texts. The student's vectors have 768 numbers and any length, the teacher's have 384 numbers and length 1.

    - similarity: squared difference between the student's and the teacher's cosine, for all pairs of texts.
    - ranking: Kullback-Leibler divergence from the teacher's distribution over the other texts, in which similar texts
      are more probable.
    - negatives (only the pairs where `retrieval` is true): documents of other queries are wrong answers, except those
      that the teacher finds as similar as the right one.
    """
    student, teacher = torch.cat([left, right]), torch.cat([left_teacher, right_teacher])
    wanted = teacher @ teacher.T
    itself = torch.eye(len(student), dtype=torch.bool, device=student.device)
    wanted_ranking = softmax((wanted / TEMPERATURE).masked_fill(itself, -1e4), dim=1)
    loss = student.new_zeros(())
    for dimension in MATRYOSHKA_DIMENSIONS:
        vectors = normalize(student[:, :dimension], dim=1)
        cosines = vectors @ vectors.T
        loss = loss + WEIGHTS["similarity"] * (cosines - wanted).masked_fill(itself, 0).square().mean()
        ranking = log_softmax((cosines / TEMPERATURE).masked_fill(itself, -1e4), dim=1)
        divergence = wanted_ranking * (wanted_ranking.clamp_min(1e-9).log() - ranking)
        loss = loss + WEIGHTS["ranking"] * divergence.sum(dim=1).mean()
        negatives = _negatives(cosines[: len(left), len(left) :], left_teacher @ right_teacher.T)
        loss = loss + WEIGHTS["negatives"] * (negatives * retrieval).sum() / retrieval.sum().clamp_min(1)
    return loss / len(MATRYOSHKA_DIMENSIONS)


def target_loss(student: Tensor, targets: Tensor) -> Tensor:
    """One minus the cosine with the teacher's vector in the student's space."""
    return WEIGHTS["target"] * (1 - (normalize(student, dim=1) * targets).sum(dim=1)).mean()


def _negatives(cosines: Tensor, wanted: Tensor) -> Tensor:
    """One number for each pair."""
    rows = torch.arange(len(cosines), device=cosines.device)
    as_near = (wanted >= wanted.diagonal()[:, None]) & (rows[:, None] != rows)
    return cross_entropy((cosines / TEMPERATURE).masked_fill(as_near, -1e4), rows, reduction="none")
