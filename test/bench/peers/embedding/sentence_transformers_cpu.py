"""Sentence Transformers with PyTorch on the CPU: the reference. It runs the fp32 weights."""

from embedding_contender import serve_embedding


class Contender:
    def __init__(self, options):
        import sentence_transformers
        import torch

        torch.set_num_threads(options["threads"])
        self.model = sentence_transformers.SentenceTransformer(options["pytorch"], device="cpu")
        self.versions = {
            "Sentence Transformers": sentence_transformers.__version__,
            "PyTorch": torch.__version__,
        }
        self.processed = 0
        self.model[0].register_forward_pre_hook(self.count)

    def count(self, _module, inputs):
        self.processed += inputs[0]["input_ids"].numel()

    def embed(self, texts):
        return self.model.encode(texts, prompt="", show_progress_bar=False)

    def documents(self, texts):
        return self.model.encode_document(texts, show_progress_bar=False)


serve_embedding(Contender)
