"""Writes the configuration files of Sentence Transformers."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel

VERSIONS = {"sentence_transformers": "5.1.0", "transformers": "4.57.0", "pytorch": "2.8.0"}
POOLING_MODES = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")


def write_json(path: Path, content: object, indent: int | None = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def save_encoder(folder: Path, encoder: PreTrainedModel, seed: int) -> None:
    """Save `config.json` and random weights."""
    randomise(encoder, seed)
    encoder.eval().save_pretrained(folder)


def randomise(encoder: torch.nn.Module, seed: int) -> None:
    """Draw random weights that give texts clearly different vectors. Matrices keep the scale of their input. Token
    embeddings have unit variance. Position and type embeddings, which all texts share, are smaller. Norms and biases
    are not trivial."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(encoder.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 1:
                centre = 0.0 if name.endswith("bias") else parameter.mean()
                parameter.copy_(centre + 0.1 * noise)
            elif "position_embeddings" in name or "token_type_embeddings" in name:
                parameter.copy_(0.3 * noise)
            elif "embed" in name and "projection" not in name:
                parameter.copy_(noise)
            else:
                parameter.copy_(noise * 1.5 / parameter.shape[1] ** 0.5)


def write_modules(folder: Path, kinds: list[str], prefix: str = "sentence_transformers.models.") -> None:
    """`modules.json`. The first module is in `folder`, the others in `1_Pooling`, `2_Dense` and so on."""
    write_json(
        folder / "modules.json",
        [
            {
                "idx": index,
                "name": str(index),
                "path": f"{index}_{kind}" if index else "",
                "type": f"{prefix}{kind}",
            }
            for index, kind in enumerate(kinds)
        ],
    )


def write_pooling(folder: Path, dimension: int, mode: str, include_prompt: bool | None = True) -> None:
    """`1_Pooling/config.json` in the format of releases before 6. If `include_prompt` is None, the key is missing, as
    in old repositories."""
    config = {"word_embedding_dimension": dimension} | {f"pooling_mode_{name}": name == mode for name in POOLING_MODES}
    if include_prompt is not None:
        config["include_prompt"] = include_prompt
    write_json(folder / "1_Pooling" / "config.json", config)


def write_dense(folder: Path, index: int, in_features: int, out_features: int, seed: int) -> None:
    """`N_Dense`: a linear layer without bias or activation, as in EmbeddingGemma."""
    target = folder / f"{index}_Dense"
    write_json(
        target / "config.json",
        {
            "in_features": in_features,
            "out_features": out_features,
            "bias": False,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
    )
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(out_features, in_features, generator=generator) / in_features**0.5
    save_file({"linear.weight": weight}, target / "model.safetensors")


def write_prompts(folder: Path, prompts: dict[str, str] | None, default_prompt_name: str | None = None) -> None:
    """`config_sentence_transformers.json`. If `prompts` is None, it has only the versions, as in old repositories."""
    described = {"__version__": VERSIONS}
    if prompts is not None:
        described |= {
            "model_type": "SentenceTransformer",
            "prompts": prompts,
            "default_prompt_name": default_prompt_name,
            "similarity_fn_name": "cosine",
        }
    write_json(folder / "config_sentence_transformers.json", described)


def write_max_seq_length(folder: Path, max_seq_length: int) -> None:
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_seq_length, "do_lower_case": False})
