"""PyTorch, as a contender of the tune benchmark."""

import math
import time

import numpy as np
import torch
from child import peak_memory, serve
from torch import nn
from torch.nn.functional import cross_entropy, normalize

block = 2048


class PyTorch:
    """Its methods are those of `tune/contenders/ours.mjs`."""

    def prepare(self, options):
        torch.set_num_threads(options["threads"])
        self.files = {side: options[side] for side in ("queries", "documents")}
        self.dimension = options["dimension"]
        self.cuts = options["matryoshkaDims"]
        self.training = options.get("training")
        return {"start": peak_memory(), "version": torch.__version__}

    def rows(self, side, first, count):
        offset = first * self.dimension * 4
        numbers = np.fromfile(self.files[side], np.float32, count * self.dimension, offset=offset)
        return torch.from_numpy(numbers.reshape(count, self.dimension))

    def train(self, options):
        options = {**options, **self.training}
        pairs, held_out = options["pairs"], options["validation"]
        queries, documents = (self.rows(side, 0, pairs) for side in self.files)
        validation = [self.rows(side, pairs, held_out) for side in self.files]
        stop = watch()
        torch.manual_seed(options["seed"])
        adapter = Adapter(self.dimension, options.get("rank"))
        steps = math.ceil(pairs / options["batchSize"]) * options["epochs"]
        warm_up = math.ceil(steps * options["warmupRatio"])
        optimizer = torch.optim.AdamW(
            adapter.parameters(), lr=options["learningRate"], weight_decay=options["weightDecay"]
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: step / warm_up if step < warm_up else (steps - step) / max(1, steps - warm_up),
        )
        scores = [ndcg(adapter, *validation)]
        for _ in range(options["epochs"]):
            batches = torch.randperm(pairs).split(options["batchSize"])
            losses = []
            for batch in batches:
                loss = self.loss(adapter(queries[batch]), documents[batch], options["scale"])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
            scores.append(ndcg(adapter, *validation))
        return {
            **stop(),
            "steps": steps,
            "loss": sum(losses) / len(losses),
            "before": scores[0],
            "after": scores[-1],
        }

    def loss(self, queries, documents, scale):
        """MultipleNegativesRankingLoss in MatryoshkaLoss of Sentence Transformers."""
        targets = torch.arange(len(queries))
        return sum(
            cross_entropy(scale * normalize(queries[:, :cut]) @ normalize(documents[:, :cut]).T, targets)
            for cut in self.cuts
        )

    def evaluate(self, options):
        queries = self.rows("queries", 0, options["queries"])
        documents = self.rows("documents", 0, options["documents"])
        stop = watch()
        queries = normalize(queries)
        best = None
        for first in range(0, len(documents), block):
            scores = queries @ normalize(documents[first : first + block]).T
            values, indices = scores.topk(min(options["k"], scores.shape[1]))
            indices += first
            if best is not None:
                values, indices = torch.cat([best[0], values], 1), torch.cat([best[1], indices], 1)
                values, places = values.topk(min(options["k"], values.shape[1]))
                indices = indices.gather(1, places)
            best = values, indices
        return {**stop(), "found": best[1][:, :10].tolist()}


def watch():
    """Starts a clock, and returns a function that tells the seconds since, and those of the processor."""
    start, before = time.perf_counter(), time.process_time()
    return lambda: {"seconds": time.perf_counter() - start, "cpu": time.process_time() - before}


class Adapter(nn.Module):
    """x + x·Δ, or x + x·A·B."""

    def __init__(self, dimension, rank):
        super().__init__()
        if rank is None:
            matrices = [torch.zeros(dimension, dimension)]
        else:
            matrices = [torch.randn(dimension, rank) / rank**0.5, torch.zeros(rank, dimension)]
        self.matrices = nn.ParameterList(matrices)

    def forward(self, vectors):
        change = vectors
        for matrix in self.matrices:
            change = change @ matrix
        return vectors + change


@torch.no_grad()
def ndcg(adapter, queries, documents):
    """NDCG@10, where each query has one document."""
    scores = normalize(adapter(queries)) @ documents.T
    ranks = (scores > scores.diagonal()[:, None]).sum(1)
    return torch.where(ranks < 10, 1 / torch.log2(ranks + 2), 0).mean().item()


serve(PyTorch())
