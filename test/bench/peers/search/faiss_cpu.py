"""Python's FAISS, as a contender of the search benchmark."""

import time
from pathlib import Path

import faiss
import numpy as np
from child import peak_memory, serve

rows_at_once = 1024


def numbers_of(vectors):
    """JSON has a Float32Array of JavaScript as an object with a key for each position."""
    return np.array([list(vector.values()) for vector in vectors], np.float32)


class FaissCpu:
    """Its methods are those of `search/contender.mjs`."""

    def prepare(self, options):
        self.dimension = options["dimension"]
        self.factory = options["factory"]
        metric = faiss.METRIC_INNER_PRODUCT
        self.index = faiss.index_factory(self.dimension, self.factory, metric)
        self.folder = Path(options["folder"])
        self.folder.mkdir(parents=True, exist_ok=True)
        self.times = {}
        offers = ["searchMany", "save", "open", "withEffort"]
        return {"offers": offers + ["remove"] if self.factory == "Flat" else offers, "start": peak_memory()}

    def rows(self, file, start, count):
        offset = start * self.dimension * 4
        numbers = np.fromfile(file, np.float32, count * self.dimension, offset=offset)
        return numbers.reshape(-1, self.dimension)

    def build(self, options):
        count, seconds, began = options["count"], 0, time.perf_counter()
        for start in range(0, count, rows_at_once):
            vectors = self.rows(options["file"], start, min(rows_at_once, count - start))
            from_time = time.perf_counter()
            self.index.add(vectors)
            seconds += time.perf_counter() - from_time
            projected = seconds / (start + len(vectors)) * count
            if time.perf_counter() - began > 5 and projected > options["limit"]:
                raise RuntimeError(f"would take {projected:.0f} s to build")
        return {"milliseconds": seconds * 1000, "peak": peak_memory()}

    def ask(self, options):
        times, found, end = [], [], time.perf_counter() + options["seconds"]
        for vector in numbers_of(options["vectors"]):
            start = time.perf_counter()
            labels = self.index.search(vector[None], options["k"])[1][0]
            times.append((time.perf_counter() - start) * 1000)
            found.append(labels.tolist())
            if time.perf_counter() > end:
                break
        return {"times": times, "found": found}

    def queries(self, options):
        answer = self.ask(options)
        earlier = self.times.get("search")
        self.times["search"] = [] if earlier is None else earlier + answer["times"]
        return {**answer, "times": self.times["search"] or answer["times"]}

    def batch(self, options):
        vectors = numbers_of(options["vectors"])
        start = time.perf_counter()
        self.index.search(vectors, options["k"])
        return (time.perf_counter() - start) * 1000 / len(vectors)

    def addMore(self, options):
        vectors = self.rows(options["file"], options["from"], options["count"])
        start = time.perf_counter()
        self.index.add(vectors)
        self.index.search(vectors[:1], 1)
        return (time.perf_counter() - start) * 1000

    def remove(self, options):
        start = time.perf_counter()
        self.index.remove_ids(np.array(options["rows"], np.int64))
        self.index.search(numbers_of([options["vector"]]), 1)
        return (time.perf_counter() - start) * 1000

    def save(self, _options):
        path = self.folder / "index"
        start = time.perf_counter()
        faiss.write_index(self.index, str(path))
        milliseconds = (time.perf_counter() - start) * 1000
        return {"milliseconds": milliseconds, "bytes": path.stat().st_size, "folder": str(path)}

    def open(self, options):
        start = time.perf_counter()
        faiss.read_index(options["folder"]).search(numbers_of([options["vector"]]), 1)
        return (time.perf_counter() - start) * 1000

    def effort(self, options):
        self.index.hnsw.efSearch = options["value"]
        self.ask({**options, "vectors": options["vectors"][:5]})
        rounds = [self.ask(options) for _ in range(options["repeats"])]
        times = [time for answer in rounds for time in answer["times"]]
        return {"times": times, "found": rounds[0]["found"]}


serve(FaissCpu())
