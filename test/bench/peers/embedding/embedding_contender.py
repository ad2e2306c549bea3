"""The requests of the embedding benchmark (see ../../embedding/contender.mjs)."""

import time

from child import serve


class EmbeddingContender:
    """`load(options)` returns an object with `versions` and these members.

    - `embed(texts)`: without a prompt
    - `documents(texts)`: vectors of documents as the library's documentation says
    - `processed`: tokens that it embedded, padding included
    """

    def __init__(self, load):
        self.load = load

    def prepare(self, options):
        self.model = self.load(options)
        return {"versions": self.model.versions}

    def first(self, options):
        """From nothing to the first vector."""
        answer = self.prepare(options)
        self.model.embed([options["query"]])
        return answer

    def run(self, options):
        self.model.processed = 0
        self.model.embed(options["texts"])
        return {"processed": self.model.processed}

    def queries(self, options):
        milliseconds = []
        for text in options["texts"]:
            start = time.perf_counter()
            self.model.embed([text])
            milliseconds.append((time.perf_counter() - start) * 1000)
        return milliseconds

    def vectors(self, options):
        return [[float(x) for x in v] for v in self.model.documents(options["texts"])]


def serve_embedding(load):
    serve(EmbeddingContender(load))
