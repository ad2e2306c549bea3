"""Trains a Gemma-style BPE tokenizer and writes it in the file format of Gemma 3 and EmbeddingGemma.

The tokenizer works like Gemma's: spaces become "▁", so the pre-tokenizer finds no spaces and keeps the text in one
piece. Characters outside the vocabulary become their UTF-8 bytes. `<bos>` and `<eos>` are added. Case and Unicode are
not normalised.

    python tokenizer.py --texts corpus.txt.gz --vocab-size 30000 --output model/
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from texts import read_lines

SPACE = "▁"
SPECIAL_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]  # ids 0 to 4, as in Gemma 3
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
# Gemma has runs of up to 31 of both. Ordinary text has only shorter ones.
RUNS = ["\n" * n for n in range(2, 9)] + [SPACE * n for n in range(2, 17)]
PRINTABLE_ASCII = [chr(code) for code in range(33, 127)] + ["\n", "\t", SPACE]
MODEL_MAX_LENGTH = 2048

# Merges do not cross these borders: words, single digits, runs of punctuation, runs of white space.
WORD_BORDERS = rf"{SPACE}?[\p{{L}}\p{{M}}]+|{SPACE}?\p{{N}}|{SPACE}?[^\s\p{{L}}\p{{M}}\p{{N}}{SPACE}]+|\s|{SPACE}+"


def train_tokenizer(texts: Iterable[str], vocab_size: int, output: Path, max_alphabet: int = 300) -> None:
    """Trains on `texts` and writes `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`.

    `vocab_size` counts everything: special tokens, 256 bytes, runs of white space, characters and merged pieces.
    `max_alphabet` is the number of single characters besides printable ASCII. The most frequent ones are kept.
    """
    reserved = SPECIAL_TOKENS + BYTE_TOKENS + RUNS
    pieces, merges = _train_merges(texts, vocab_size - len(reserved), max_alphabet)
    # As in Gemma, all ways to join two runs. With fewer, different implementations could split a run differently.
    run_merges = [[run[:cut], run[cut:]] for run in RUNS for cut in range(1, len(run))]
    vocab = {token: index for index, token in enumerate(reserved + pieces)}
    output.mkdir(parents=True, exist_ok=True)
    _write_json(output / "tokenizer.json", _tokenizer_json(vocab, run_merges + merges), indent=None)
    _write_json(output / "tokenizer_config.json", _tokenizer_config())
    _write_json(output / "special_tokens_map.json", _special_tokens_map())


def with_word_list(texts: list[str], words: list[str], share: float = 2.0) -> Iterator[str]:
    """The texts, then one text for each word of `words`, a lowercase list with the most frequent words first. So common
    words become single tokens even if the texts do not contain them.

    Word number r is repeated in proportion to 1 / (r + 100), a Zipf-like law. In total, the words are repeated `share`
    times as often as the texts have words. They are capitalised as often as in the texts, and half of the time if the
    texts do not contain them.
    """
    yield from texts
    counts = Counter(word for text in texts for word in re.findall(r"[A-Za-z]+", text))
    weights = [1 / (rank + 100) for rank in range(len(words))]
    repetitions = share * counts.total() / sum(weights)
    for word, weight in zip(words, weights, strict=True):
        small, capital = counts[word] + 1, counts[word.capitalize()] + 1
        for form, part in ((word, small), (word.capitalize(), capital)):
            yield f" {form}" * max(1, round(repetitions * weight * part / (small + capital)))


def _train_merges(texts: Iterable[str], size: int, max_alphabet: int) -> tuple[list[str], list[list[str]]]:
    """The vocabulary (characters, then merged pieces) and the merges that make it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD_BORDERS), "isolated")
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size + len(RUNS),
            initial_alphabet=PRINTABLE_ASCII,
            limit_alphabet=max_alphabet + len(PRINTABLE_ASCII),
            show_progress=False,
        ),
    )
    model = json.loads(tokenizer.to_str())["model"]
    in_order = sorted(model["vocab"], key=model["vocab"].get)
    pieces = [piece for piece in in_order if piece not in RUNS][:size]
    known = set(pieces)
    return pieces, [merge for merge in model["merges"] if "".join(merge) in known]


def _tokenizer_json(vocab: dict[str, int], merges: list[list[str]]) -> dict:
    def special(token: str) -> dict:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    def sequence(name: str) -> dict:
        return {"Sequence": {"id": name, "type_id": 0}}

    around = {token: {"id": token, "ids": [vocab[token]], "tokens": [token]} for token in ("<bos>", "<eos>")}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(token) | {"id": vocab[token]} for token in SPECIAL_TOKENS + RUNS],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("<bos>"), sequence("A"), special("<eos>")],
            "pair": [
                special("<bos>"),
                sequence("A"),
                special("<eos>"),
                special("<bos>"),
                sequence("B"),
                special("<eos>"),
            ],
            "special_tokens": around,
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": merges,
        },
    }


def _tokenizer_config() -> dict:
    tokens = SPECIAL_TOKENS + RUNS
    ids = list(range(len(SPECIAL_TOKENS))) + [len(SPECIAL_TOKENS) + len(BYTE_TOKENS) + n for n in range(len(RUNS))]
    return {
        "add_bos_token": True,
        "add_eos_token": True,
        "added_tokens_decoder": {str(index): _added_token(token) for index, token in zip(ids, tokens, strict=True)},
        "additional_special_tokens": [],
        "bos_token": "<bos>",
        "clean_up_tokenization_spaces": False,
        "eos_token": "<eos>",
        "mask_token": "<mask>",
        "model_max_length": MODEL_MAX_LENGTH,
        "pad_token": "<pad>",
        "padding_side": "right",
        "sp_model_kwargs": None,
        "spaces_between_special_tokens": False,
        "tokenizer_class": "GemmaTokenizer",
        "unk_token": "<unk>",
        "use_default_system_prompt": False,
    }


def _special_tokens_map() -> dict:
    names = {
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "mask_token": "<mask>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return {name: {"content": token, **plain} for name, token in names.items()}


def _added_token(token: str) -> dict:
    return {
        "content": token,
        "lstrip": False,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
        "special": token in SPECIAL_TOKENS,
    }


def _write_json(path: Path, content: dict, indent: int | None = 2) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="one text a line, plain or gzipped")
    parser.add_argument("--vocab-size", type=int, default=30_000)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    train_tokenizer(read_lines(arguments.texts), arguments.vocab_size, arguments.output)


if __name__ == "__main__":
    main()
