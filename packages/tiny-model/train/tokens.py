"""Token ids of many texts on one device, and the model's inputs made from them with prompts."""

from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

PIECE = 50_000
"""Number of texts that are tokenized together."""


@dataclass(frozen=True)
class TokenLists:
    """Lists of token ids of different lengths, one after the other in `ids`."""

    ids: Tensor
    starts: Tensor
    lengths: Tensor


def token_lists(tokenizer: Tokenizer, texts: list[str], longest: int) -> TokenLists:
    """The texts' tokens without special tokens, at most `longest` of each text."""
    arrays, lengths = [], np.zeros(len(texts), np.int64)
    for start in range(0, len(texts), PIECE):
        found = tokenizer.encode_batch_fast(texts[start : start + PIECE], add_special_tokens=False)
        rows = [encoding.ids[:longest] for encoding in found]
        lengths[start : start + len(rows)] = [len(row) for row in rows]
        arrays.append(np.fromiter((number for row in rows for number in row), np.int32))
    starts = np.cumsum(lengths) - lengths
    return TokenLists(*(torch.from_numpy(array) for array in (np.concatenate(arrays), starts, lengths)))


def to_device(lists: TokenLists, device: torch.device) -> TokenLists:
    return TokenLists(lists.ids.to(device), lists.starts.to(device), lists.lengths.to(device))


def model_inputs(
    prefixes: TokenLists, prefix_rows: Tensor, texts: TokenLists, text_rows: Tensor, special: tuple[int, int, int]
) -> dict[str, Tensor]:
    """One row for each text: `<bos>`, the tokens of a prefix, those of the text, `<eos>`, padding.

    `special` has the ids of `<bos>`, `<eos>` and `<pad>`.
    """
    bos, eos, pad = special
    before = prefixes.lengths[prefix_rows][:, None]
    length = before + texts.lengths[text_rows][:, None]
    position = torch.arange(int(length.max()) + 2, device=length.device)[None] - 1
    in_prefix = prefixes.starts[prefix_rows][:, None] + position
    in_text = texts.starts[text_rows][:, None] + position - before
    ids = torch.where(
        position < before,
        prefixes.ids[in_prefix.clamp(0, len(prefixes.ids) - 1)],
        texts.ids[in_text.clamp(0, len(texts.ids) - 1)],
    ).long()
    ids = ids.masked_fill(position < 0, bos).masked_fill(position == length, eos)
    inside = position <= length
    return {"input_ids": ids.masked_fill(~inside, pad), "attention_mask": inside.long()}
