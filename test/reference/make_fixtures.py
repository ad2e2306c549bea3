"""Make the small models with random weights that compare JavaScript with Python.

    python make_fixtures.py [FAMILY ...]

Each family is built with its reference implementation as a Sentence Transformers folder, `models/<family>`, which is
not committed. It is exported to `../fixtures/<family>`, which is committed.
"""

import argparse
import importlib
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent.parent / "packages" / "tiny-model" / "train")]

import write_onnx  # noqa: E402

FAMILIES = [path.stem.replace("_", "-") for path in sorted((HERE / "families").glob("*.py"))]
MODELS = HERE / "models"
FIXTURES = HERE.parent / "fixtures"


def make(family: str) -> None:
    texts = (HERE / "texts.txt").read_text(encoding="utf-8").splitlines()
    model_folder, fixture_folder = fresh_folder(MODELS / family), fresh_folder(FIXTURES / family)
    module = importlib.import_module(f"families.{family.replace('-', '_')}")
    module.build(model_folder, texts)
    getattr(module, "export", write_onnx.export)(model_folder, fixture_folder, ["fp32"])
    size = sum(path.stat().st_size for path in fixture_folder.rglob("*") if path.is_file())
    print(f"{family}: {size:,} bytes")


def fresh_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def with_fixed_hash_seed() -> None:
    """Restart with a fixed hash seed: the order of sets determines the order of nodes in a traced graph."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", default=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES))
    for family in parser.parse_args().families:
        make(family)


if __name__ == "__main__":
    with_fixed_hash_seed()
    main()
