"""`huggingface_hub`: its InferenceClient sends everything to the address that it is given."""

from collections.abc import Iterator

from huggingface_hub import InferenceClient

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["huggingface_hub"]


def run(server: Server) -> Iterator[Result]:
    client = InferenceClient(model=server.url, token=server.key)

    query = client.feature_extraction(QUERY, prompt_name="query", normalize=True)
    documents = client.feature_extraction(DOCUMENTS, prompt_name="document", normalize=True)
    yield Result("feature_extraction", scores_of(query[0].tolist(), documents.tolist()))

    # This task has no prompts.
    yield Result("sentence_similarity", client.sentence_similarity(QUERY, DOCUMENTS), prompts=False)
