"""Write the vectors that Sentence Transformers makes with exported adapters to ../golden/adapters.json.

    python make_adapters.py

Needs models/embeddinggemma, which make_fixtures.py makes, and the built packages (`npm run build`).
"""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
BASE = HERE / "models" / "embeddinggemma"
EXPORTED = HERE / "models" / "adapters"
TEXTS = ["Which planet is known as the Red Planet?", "Größe: 12,345 % — 火星は赤い惑星です!"]


def main() -> None:
    subprocess.run(["node", str(HERE / "export_adapters.mjs"), str(BASE), str(EXPORTED)], check=True)
    golden = {
        "made with": {"sentence-transformers": sentence_transformers.__version__, "torch": torch.__version__.split("+")[0]},
        "texts": TEXTS,
        "models": {folder.name: reference(folder) for folder in sorted(EXPORTED.iterdir())},
    }
    path = HERE.parent / "golden" / "adapters.json"
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def reference(folder: Path) -> dict:
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
    assert model.get_embedding_dimension() == 768
    calls = {
        "encode_query": model.encode_query(TEXTS),
        "encode_document": model.encode_document(TEXTS),
        "encode": model.encode(TEXTS),
        "encode with prompt_name": model.encode(TEXTS, prompt_name="query"),
        "encode with prompt_name and task": model.encode(TEXTS, prompt_name="query", task="query"),
        "encode_query to 128": model.encode_query(TEXTS, truncate_dim=128),
    }
    # Saved and loaded again by Python, it is the same model.
    again = folder.parent.parent / "adapters-again" / folder.name
    model.save(str(again))
    loaded = SentenceTransformer(str(again), device="cpu", local_files_only=True).eval()
    np.testing.assert_array_equal(loaded.encode_query(TEXTS), calls["encode_query"])
    np.testing.assert_array_equal(loaded.encode_document(TEXTS), calls["encode_document"])
    return {
        "files": {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not (BASE / path.relative_to(folder)).exists() or path.name == "modules.json"
        },
        "vectors": {name: [encoded(vector) for vector in vectors] for name, vectors in calls.items()},
    }


def encoded(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


if __name__ == "__main__":
    main()
