"""Export a Sentence Transformers folder as a Transformers.js repository.

    python export_onnx.py MODEL_FOLDER OUTPUT_FOLDER [--dtype fp32 q8 q4]

Writes to OUTPUT_FOLDER the configuration, the tokenizer and the Sentence Transformers files of MODEL_FOLDER, without
its weights, and

    onnx/model.onnx            fp32
    onnx/model_quantized.onnx  q8: weights in int8, arithmetic in fp32
    onnx/model_q4.onnx         q4: weights in 4 bits, rounded like GGML's q4_0, arithmetic in fp32

Weights of 100 MB or more are written beside the graph, to `onnx/model.onnx_data` and so on. Each file is then run with
ONNX Runtime and its vectors are compared with those of Sentence Transformers.

Inputs and outputs have the names of the published ONNX repositories. Inputs: `input_ids` and `attention_mask` (both
int64, batch_size x sequence_length), `token_type_ids` for BERT, `position_ids` and `past_key_values.*` for Qwen3, and
the features of the other modalities for EmbeddingGemma 2. Outputs: `last_hidden_state` (batch_size x sequence_length x
hidden) and, if the model has modules that cannot be computed from it outside the graph, `sentence_embedding`
(batch_size x dimension), after all modules including normalisation.
"""

import argparse
import sys
from pathlib import Path

from model_folder import InvalidFolder, check_model_folder, check_output_folder

DTYPES = ["fp32", "q8", "q4"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model_folder", type=Path)
    parser.add_argument("output_folder", type=Path)
    parser.add_argument("--dtype", nargs="+", choices=DTYPES, default=DTYPES, dest="dtypes")
    arguments = parser.parse_args()
    try:
        check_model_folder(arguments.model_folder)
        check_output_folder(arguments.output_folder)
        run(arguments.model_folder, arguments.output_folder, arguments.dtypes)
    except InvalidFolder as error:
        sys.exit(str(error))


def run(model_folder: Path, output_folder: Path, dtypes: list[str]) -> None:
    # These packages load slowly. A wrong folder is reported before.
    try:
        from write_onnx import WrongVectors, export, report
    except ImportError as error:
        requirements = Path(__file__).with_name("requirements-export.txt")
        sys.exit(f"A Python package is missing: {error}. Install what the export needs: pip install -r {requirements}")
    try:
        report(export(model_folder, output_folder, dtypes), output_folder, dtypes)
    except WrongVectors as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
