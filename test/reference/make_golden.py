"""Write the vectors and token ids of Sentence Transformers to `../golden/<family>.json`.

    python make_golden.py [FAMILY ...]
    python make_golden.py --model MODEL_FOLDER --name NAME

The first form uses the models that make_fixtures.py has made in `models/`. ../golden/README.md describes the format.
"""

import argparse
import base64
import json
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer

from cases import BATCHES, NASTY_TEXTS, PLAIN_TEXTS, TITLES, Text, for_python, limit_texts

HERE = Path(__file__).parent
MODELS = HERE / "models"
GOLDEN = HERE.parent / "golden"
TITLED_PROMPT = "title: none | text: "
TRUNCATED_DIMENSIONS = (768, 512, 256, 128)
AS_QUERY = ("empty", "surrounding white space", "special tokens", "lone surrogates")
AS_DOCUMENT = ("empty", "only spaces", "emoji with joiners", "maximum length")


class Reference:
    """Sentence Transformers with one model, and the texts to encode."""

    def __init__(self, folder: Path):
        self.model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
        self.texts: dict[str, Text] = {
            **PLAIN_TEXTS,
            **NASTY_TEXTS,
            **limit_texts(
                lambda text: self.count_tokens(text, self.resolve_prompt("encode", {}) or ""), self.model.max_seq_length
            ),
        }

    def count_tokens(self, text: str, prompt: str) -> int:
        """Number of tokens with the prompt and special tokens, before truncation."""
        return len(self.model.tokenizer(prompt + text, truncation=False, verbose=False)["input_ids"])

    def special_tokens(self) -> dict[str, list[int]]:
        """The tokens that the tokenizer adds before and after every text."""
        bare = self.model.tokenizer("a", add_special_tokens=False)["input_ids"]
        full = self.model.tokenizer("a")["input_ids"]
        start = next(index for index in range(len(full)) if full[index : index + len(bare)] == bare)
        return {"prefix": full[:start], "suffix": full[start + len(bare) :]}

    def case(self, text: str, call: str = "encode", title: str | None = None, **options: str) -> dict:
        """One call with one text. `options` are the options of the call: promptName or prompt."""
        if title is not None:
            options = {"prompt": f"title: {title or 'none'} | text: "}
        prompt = self.resolve_prompt(call, options)
        content = for_python(self.texts[text])
        features = self.model.preprocess([content], prompt=prompt)
        vector = self.encode([content], call, options)[0]
        return {
            "text": text,
            "call": call,
            **({"title": title} if title is not None else options),
            "tokens": self.count_tokens(content, prompt or ""),
            "ids": features["input_ids"][0].tolist(),
            "vector": encode_floats(vector),
        }

    def batch(self, texts: list[str], call: str, **options: str) -> dict:
        """One call with several texts of different lengths."""
        vectors = self.encode([for_python(self.texts[text]) for text in texts], call, options)
        return {"texts": texts, "call": call, **options, "vectors": [encode_floats(vector) for vector in vectors]}

    def truncated(self, text: str, dimension: int, normalize: bool) -> dict:
        vector = self.model.encode_document(
            [for_python(self.texts[text])], truncate_dim=dimension, normalize_embeddings=normalize
        )[0]
        return {
            "text": text,
            "call": "encodeDocument",
            "truncateDim": dimension,
            "normalize": normalize,
            "vector": encode_floats(vector),
        }

    def encode(self, contents: list[str], call: str, options: dict[str, str]) -> np.ndarray:
        encode = {
            "encode": self.model.encode,
            "encodeQuery": self.model.encode_query,
            "encodeDocument": self.model.encode_document,
        }[call]
        return encode(contents, prompt_name=options.get("promptName"), prompt=options.get("prompt"))

    def resolve_prompt(self, call: str, options: dict[str, str]) -> str | None:
        if "prompt" in options:
            return options["prompt"]
        names = {"encode": self.model.default_prompt_name, "encodeQuery": "query", "encodeDocument": "document"}
        name = options.get("promptName", names[call])
        return None if name is None else self.model.prompts[name]


def golden(reference: Reference) -> dict:
    model = reference.model
    has_titles = model.prompts.get("document") == TITLED_PROMPT
    has_prompts = any(model.prompts.values())
    cases = [reference.case(text) for text in reference.texts]
    if has_prompts:
        cases += [reference.case(text, "encodeQuery") for text in AS_QUERY]
        cases += [reference.case(text, "encodeDocument") for text in AS_DOCUMENT]
        cases += [reference.case("question", promptName=name) for name in model.prompts]
        cases += [reference.case("mixed", prompt=prompt) for prompt in ("", "no such prompt in the table: ")]
    if has_titles:
        cases += [reference.case("sentence", "encodeDocument", title=title) for title in TITLES.values()]
    calls = ("encode", "encodeDocument") if has_prompts else ("encode",)
    batches = [reference.batch(texts, call) for texts, call in zip(BATCHES, calls)]
    truncated = [
        reference.truncated("sentence", dimension, normalize)
        for dimension in TRUNCATED_DIMENSIONS
        if has_titles and dimension <= model.get_embedding_dimension()
        for normalize in (True, False)
    ]
    return {
        "sentenceTransformers": sentence_transformers.__version__,
        "maxTokens": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "prompts": model.prompts,
        "defaultPromptName": model.default_prompt_name,
        "similarityFunction": model.similarity_fn_name,
        "specialTokens": reference.special_tokens(),
        "texts": reference.texts,
        "cases": cases,
        "batches": batches,
        "truncated": truncated,
    }


def encode_floats(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


def write(path: Path, content: dict) -> None:
    """Writes ASCII JSON with one line for each entry of a table or list."""
    path.parent.mkdir(exist_ok=True)
    entries = ",\n".join(f"  {json.dumps(key)}: {lines(value)}" for key, value in content.items())
    path.write_text(f"{{\n{entries}\n}}\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def lines(value: object) -> str:
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"    {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()) + "\n  }"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {json.dumps(item)}" for item in value) + "\n  ]"
    return json.dumps(value)


def main() -> None:
    families = sorted(path.name for path in MODELS.iterdir() if path.is_dir()) if MODELS.is_dir() else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(families))
    parser.add_argument("--model", type=Path, help="a Sentence Transformers folder outside models/")
    parser.add_argument("--name", help="the name of the file for --model")
    arguments = parser.parse_args()
    if (arguments.model is None) != (arguments.name is None):
        parser.error("use --model and --name together")
    torch.set_num_threads(1)
    folders = {arguments.name: arguments.model} if arguments.model else {
        family: MODELS / family for family in arguments.families or families
    }
    for name, folder in folders.items():
        write(GOLDEN / f"{name}.json", golden(Reference(folder)))


if __name__ == "__main__":
    main()
