"""LangChain: `langchain-openai`."""

from collections.abc import Iterator

from langchain_openai import OpenAIEmbeddings

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["langchain-openai"]


def run(server: Server) -> Iterator[Result]:
    def embeddings(prompt_name: str) -> OpenAIEmbeddings:
        return OpenAIEmbeddings(
            base_url=server.openai,
            api_key=server.key,
            model=f"{server.model}:{prompt_name}",
            check_embedding_ctx_length=False,
        )

    query = embeddings("query").embed_query(QUERY)
    documents = embeddings("document").embed_documents(DOCUMENTS)
    yield Result("OpenAIEmbeddings", scores_of(query, documents))


def refusals(server: Server) -> Iterator[tuple[str, str]]:
    """With its default, `check_embedding_ctx_length=True`, it sends ids of OpenAI's tokens."""
    embeddings = OpenAIEmbeddings(base_url=server.openai, api_key=server.key, model=server.model)
    try:
        embeddings.embed_query(QUERY)
        yield "default", "accepted"
    except Exception as error:
        yield "default", f"{type(error).__name__}: {error}"
