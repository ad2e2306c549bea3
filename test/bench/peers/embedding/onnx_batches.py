"""Texts as padded batches for a graph, sorted by length: what a careful script does."""

import numpy as np
from tokenizers import Tokenizer

BATCH = 8


class SortedBatches:
    """`run(ids, mask)` returns vectors; the rest is what every contender has."""

    def __init__(self, folder, run, versions):
        self.tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(2048)
        self.run = run
        self.versions = versions
        self.processed = 0

    def embed(self, texts):
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        vectors = [None] * len(texts)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            length = max(len(encoded[row]) for row in rows)
            ids = np.zeros((len(rows), length), dtype=np.int64)
            mask = np.zeros((len(rows), length), dtype=np.int64)
            for position, row in enumerate(rows):
                ids[position, : len(encoded[row])] = encoded[row]
                mask[position, : len(encoded[row])] = 1
            self.processed += ids.size
            for row, vector in zip(rows, self.run(ids, mask)):
                vectors[row] = vector
        return vectors

    def documents(self, texts):
        return self.embed([f"title: none | text: {text}" for text in texts])
