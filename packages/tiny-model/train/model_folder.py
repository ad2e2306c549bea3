"""Sentence Transformers folders: what can be exported, and what belongs to a model besides its weights."""

import json
import shutil
from pathlib import Path

MODEL_TYPES = (
    "gemma3_text",
    "embedding_gemma2",
    "embedding_gemma2_text",
    "qwen3",
    "bert",
    "roberta",
    "xlm-roberta",
    "camembert",
    "distilbert",
    "mpnet",
    "modernbert",
)
"""`model_type` of config.json: the architectures that onnx_graphs.py knows."""

MODULES = ("Transformer", "Pooling", "Dense", "LayerNorm", "Dropout", "Normalize")
WEIGHT_SUFFIXES = {".safetensors", ".bin"}

# A training run leaves other files, too.
COPIED_SUFFIXES = {".json", ".txt", ".model", ".jinja"}
COPIED_NAMES = {"LICENSE", "LICENSE.md", "NOTICE", "NOTICE.md"}
NOT_COPIED = {"model.safetensors.index.json", "pytorch_model.bin.index.json", "trainer_state.json"}


class InvalidFolder(Exception):
    """A folder that cannot be exported. The message says why, and what to do."""


def check_model_folder(folder: Path) -> None:
    """Raise InvalidFolder if `folder` is no Sentence Transformers model that can be exported, with its weights."""
    if not folder.is_dir():
        raise InvalidFolder(
            f"There is no folder {folder}. Pass a folder, not the id of a repository. To download one, run: "
            "hf download google/embeddinggemma-300m --local-dir embeddinggemma-300m"
        )
    if (folder / "adapter_config.json").exists():
        raise InvalidFolder(
            f"{folder} holds a LoRA adapter, not a whole model. Merge it into its base with merge_and_unload() of PEFT, "
            "and save the result to a new folder. docs/embed/export-onnx.md has the code."
        )
    if not (folder / "modules.json").exists():
        raise InvalidFolder(
            f"{folder} has no modules.json, so it is not a Sentence Transformers folder. For a model of Transformers, "
            'run SentenceTransformer("FOLDER").save("NEW_FOLDER") in Python, and set the pooling that it was trained with.'
        )
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules(folder)]
    if kinds[0] != "Transformer" or any(kind not in MODULES for kind in kinds):
        raise InvalidFolder(
            f"modules.json of {folder} lists {', '.join(kinds)}. A Transformer must come first, and only these modules "
            f"can be exported: {', '.join(MODULES)}."
        )
    transformer = transformer_folder(folder)
    model_type = read_json(transformer / "config.json").get("model_type")
    if model_type not in MODEL_TYPES:
        raise InvalidFolder(
            f"{transformer / 'config.json'} has model_type {json.dumps(model_type)}, which cannot be exported. These "
            f"can: {', '.join(MODEL_TYPES)}."
        )
    if not any(path.suffix in WEIGHT_SUFFIXES for path in transformer.iterdir()):
        raise InvalidFolder(
            f"{transformer} has no weights: no .safetensors or .bin file. Download the whole repository, for example "
            "with hf download."
        )


def check_output_folder(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidFolder(f"{folder} exists and is not an empty folder. Pass another folder, or delete this one.")


def modules(folder: Path) -> list[dict]:
    return read_json(folder / "modules.json")


def transformer_folder(folder: Path) -> Path:
    """The folder of the transformer's `config.json`: mostly `folder` itself, in old models `0_Transformer`."""
    return folder / modules(folder)[0]["path"]


def copy_description(model_folder: Path, output_folder: Path) -> None:
    """Copy configuration, tokenizer and license of the model and of its modules, without weights and model card."""
    for path in sorted({"", *(module["path"] for module in modules(model_folder))}):
        for file in sorted((model_folder / path).glob("*")):
            if is_description(file):
                target = output_folder / path / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


def is_description(file: Path) -> bool:
    wanted = file.suffix in COPIED_SUFFIXES or file.name in COPIED_NAMES
    return wanted and file.name not in NOT_COPIED and file.is_file()


def read_json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidFolder(f"{path} does not exist. Download the whole repository, for example with hf download.")
    except ValueError as error:
        raise InvalidFolder(f"{path} is not JSON: {error}. Download it again.")
