"""Turns the training set into batches of texts with prompts.

Half of the batches are random. The others consist of groups of similar pairs, so that a text's wrong answers are near
the right one. All batches have pairs of similar length.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from architecture import DOCUMENT_PROMPT, PROMPTS, QUERY_PROMPT, TASK_PROMPTS, TITLED_DOCUMENT_PROMPT
from dataset import Dataset
from tokens import TokenLists, model_inputs, to_device, token_lists

TITLED = 0.25
UNUSUAL = 0.15
"""Share of the retrieval texts that get no prompt or the prompt of another task."""
GROUP = 32
"""Number of similar pairs that stay together."""
LONGEST = 256
"""Number of tokens of a text that are used in training."""
LONGEST_TITLE = 16
LENGTHS = (10, 14, 18, 22, 28, 36, 48, 64, 96, 128, 192, LONGEST)
"""Pairs whose longer text has at most so many tokens are in batches together."""


@dataclass(frozen=True)
class Batch:
    left: dict[str, Tensor]
    right: dict[str, Tensor]
    left_vectors: Tensor
    right_vectors: Tensor
    is_retrieval: Tensor
    """Whether the right text of each row answers the left one."""


class Batches:
    """Makes batches of at most `size` pairs and `tokens` tokens of right texts, on one device."""

    def __init__(self, dataset: Dataset, tokenizer: Tokenizer, device: torch.device, size: int, tokens: int):
        self._device, self._size, self._tokens = device, size, tokens
        self._special = tuple(tokenizer.token_to_id(token) for token in ("<bos>", "<eos>", "<pad>"))
        # A text after a prompt begins with a space. The prompts' own space at the end belongs to the text.
        self._count = len(dataset.texts)
        both = [f" {text}" for text in dataset.texts] + dataset.texts
        self._texts = to_device(token_lists(tokenizer, both, LONGEST), device)
        self._prefixes, self._title_rows = self._prefix_table(dataset, tokenizer)
        self._vectors = torch.from_numpy(dataset.vectors).to(device)
        self._left, self._right = torch.from_numpy(dataset.left).to(device), torch.from_numpy(dataset.right).to(device)

    def _prefix_table(self, dataset: Dataset, tokenizer: Tokenizer) -> tuple[TokenLists, Tensor]:
        """All prompts, then those with a title; and the row of each pair's title, -1 for pairs without a document."""
        self._prompts = ["", QUERY_PROMPT, DOCUMENT_PROMPT, PROMPTS["STS"], *TASK_PROMPTS]
        titles = {title: n for n, title in enumerate(dict.fromkeys(title for title in dataset.titles if title))}
        short = [" ".join(title.split()[:LONGEST_TITLE]) for title in titles]
        prefixes = self._prompts + [TITLED_DOCUMENT_PROMPT.format(title=title) for title in short]
        row_by_title = {None: -1, "": self._prompts.index(DOCUMENT_PROMPT)}
        row_by_title |= {title: len(self._prompts) + n for title, n in titles.items()}
        rows = [row_by_title[title] for title in dataset.titles]
        lists = token_lists(tokenizer, [prefix.removesuffix(" ") for prefix in prefixes], LONGEST)
        return to_device(lists, self._device), torch.tensor(rows, device=self._device)

    def epoch(self, seed: int) -> Iterator[Batch]:
        """One pass over all pairs, half of them in groups of similar ones."""
        numbers = torch.Generator(device=self._device).manual_seed(seed)
        chooser = random.Random(seed)
        count = len(self._left)
        order = torch.randperm(count, generator=numbers, device=self._device)
        half = count // 2
        found = self._split(self._grouped(order[:half], numbers), GROUP, chooser)
        found += self._split(order[half:], 1, chooser)
        chooser.shuffle(found)
        for pairs in found:
            yield self._batch(pairs, numbers)

    def _grouped(self, pairs: Tensor, numbers: torch.Generator) -> Tensor:
        """The pairs, those together whose right texts are nearest to the same one of some random texts."""
        count = max(1, len(pairs) // (8 * GROUP))
        centers = self._vectors[self._right[pairs[:count]]].T
        nearest = torch.cat(
            [(self._vectors[self._right[part]] @ centers).argmax(dim=1) for part in pairs.split(16_384)]
        )
        return pairs[nearest.argsort(stable=True)]

    def _split(self, pairs: Tensor, group: int, chooser: random.Random) -> list[Tensor]:
        """Batches of groups of `group` neighbors in `pairs`. The groups of a batch have about the same length."""
        longer = torch.maximum(self._texts.lengths[self._left[pairs]], self._texts.lengths[self._right[pairs]])
        classes = torch.bucketize(longer, torch.tensor(LENGTHS, device=self._device))
        found = []
        for number, length in enumerate(LENGTHS):
            groups = list(pairs[classes == number].split(group)) if group > 1 else [pairs[classes == number]]
            if group > 1:
                chooser.shuffle(groups)
            if groups:
                size = min(self._size, self._tokens // length)
                found += [batch for batch in torch.cat(groups).split(size) if len(batch) > size // 2]
        return found

    def _batch(self, pairs: Tensor, numbers: torch.Generator) -> Batch:
        left, right, titles = self._left[pairs], self._right[pairs], self._title_rows[pairs]
        is_retrieval = titles >= 0
        left_prompts, right_prompts = self._similarity_prompts(len(pairs), numbers)
        query, document = self._prompts.index(QUERY_PROMPT), self._prompts.index(DOCUMENT_PROMPT)
        titled = self._chance(len(pairs), TITLED, numbers)
        left_prompts = torch.where(is_retrieval, self._usual(query, len(pairs), numbers), left_prompts)
        documents = torch.where(titled, titles, self._usual(document, len(pairs), numbers))
        right_prompts = torch.where(is_retrieval, documents, right_prompts)
        return Batch(
            self._inputs(left, left_prompts),
            self._inputs(right, right_prompts),
            self._vectors[left].float(),
            self._vectors[right].float(),
            is_retrieval,
        )

    def _similarity_prompts(self, count: int, numbers: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same prompt for both sentences: most often that of sentence similarity."""
        any_prompt = self._any_prompt(count, numbers)
        usual = torch.full_like(any_prompt, self._prompts.index(PROMPTS["STS"]))
        prompts = torch.where(self._chance(count, 0.6, numbers), usual, any_prompt)
        return prompts, prompts

    def _usual(self, prompt: int, count: int, numbers: torch.Generator) -> Tensor:
        any_prompt = self._any_prompt(count, numbers)
        return torch.where(self._chance(count, UNUSUAL, numbers), any_prompt, torch.full_like(any_prompt, prompt))

    def _any_prompt(self, count: int, numbers: torch.Generator) -> Tensor:
        """No prompt half of the time."""
        found = torch.randint(len(self._prompts), (count,), generator=numbers, device=self._device)
        return found.masked_fill(self._chance(count, 0.5, numbers), 0)

    def _chance(self, count: int, share: float, numbers: torch.Generator) -> Tensor:
        return torch.rand(count, generator=numbers, device=self._device) < share

    def _inputs(self, rows: Tensor, prompts: Tensor) -> dict[str, Tensor]:
        rows = rows + (prompts == 0) * self._count
        return model_inputs(self._prefixes, prompts, self._texts, rows, self._special)
