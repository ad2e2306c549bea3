"""LlamaIndex: `llama-index-embeddings-text-embeddings-inference` and `llama-index-embeddings-openai-like`."""

from collections.abc import Iterator

from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference

from planets import DOCUMENT_PROMPT, DOCUMENTS, QUERY, QUERY_PROMPT, Result, Server, scores_of

PACKAGES = ["llama-index-embeddings-text-embeddings-inference", "llama-index-embeddings-openai-like"]


def run(server: Server) -> Iterator[Result]:
    # It puts a space between the instruction and the text.
    tei = TextEmbeddingsInference(
        model_name=server.model,
        base_url=server.url,
        auth_token=server.key,
        query_instruction=QUERY_PROMPT.rstrip(),
        text_instruction=DOCUMENT_PROMPT.rstrip(),
    )
    query = tei.get_query_embedding(QUERY)
    documents = tei.get_text_embedding_batch(DOCUMENTS)
    yield Result("TextEmbeddingsInference", scores_of(query, documents))

    def openai(prompt_name: str) -> OpenAILikeEmbedding:
        return OpenAILikeEmbedding(
            model_name=f"{server.model}:{prompt_name}",
            api_base=server.openai,
            api_key=server.key,
        )

    query = openai("query").get_query_embedding(QUERY)
    documents = openai("document").get_text_embedding_batch(DOCUMENTS)
    yield Result("OpenAILikeEmbedding", scores_of(query, documents))
