"""The query and the documents of EmbeddingGemma's launch post, and where they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass

QUERY = "Which planet is known as the Red Planet?"
DOCUMENTS = [
    "Venus is often called Earth's twin because of its similar size and proximity.",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
]

QUERY_PROMPT = "task: search result | query: "
DOCUMENT_PROMPT = "title: none | text: "


@dataclass(frozen=True)
class Server:
    url: str
    """Without a slash at the end, such as `http://127.0.0.1:8080`."""
    model: str
    """The name under which it is served."""
    key: str
    """What it was started with as `--api-key`."""

    @property
    def openai(self) -> str:
        """The address that clients of OpenAI take."""
        return f"{self.url}/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Result:
    """How a client scores the documents."""

    way: str
    scores: list[float]
    prompts: bool = True
    """Whether the query and the documents had their prompts."""


def scores_of(query: Sequence[float], documents: Sequence[Sequence[float]]) -> list[float]:
    """Products of the vectors, which have length 1."""
    return [sum(a * b for a, b in zip(query, document, strict=True)) for document in documents]
