"""Tests of export_onnx.py on a small checkpoint with random weights: `python -m unittest` in this folder."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
import torch

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[2] / "test" / "reference"
sys.path += [str(HERE), str(REFERENCE)]

import write_onnx  # noqa: E402
from compare_onnx import lowest_cosine  # noqa: E402
from families import embeddinggemma  # noqa: E402
from model_folder import copy_description  # noqa: E402
from quantize_onnx import q4_0  # noqa: E402


def ggml_q4_0(row: np.ndarray) -> tuple[list[np.float16], list[int]]:
    """`quantize_row_q4_0_ref` of GGML, line by line: scales, and numbers from 0 to 15."""
    scales, numbers = [], []
    for block in row.reshape(-1, 32):
        greatest, of_greatest = np.float32(0), np.float32(0)
        for value in block:
            if greatest < abs(value):
                greatest, of_greatest = abs(value), value
        scale = np.float32(of_greatest / np.float32(-8))
        inverse = np.float32(1) / scale if scale else np.float32(0)
        scales.append(np.float16(scale))
        numbers += [min(15, int(np.float32(value * inverse) + np.float32(8.5))) for value in block]
    return scales, numbers


def rounded(weight: torch.Tensor) -> torch.Tensor:
    """The weights that q4_0 keeps of a matrix with one row for each output."""
    scale, numbers = q4_0(weight.detach().numpy())
    values = (numbers.astype(np.float32) - 8) * scale.astype(np.float32)
    return torch.from_numpy(values.reshape(len(weight), -1)[:, : weight.shape[1]].copy())


class RoundingTest(unittest.TestCase):
    def test_is_that_of_ggml(self):
        random = np.random.default_rng(1)
        rows = random.standard_normal((40, 96)).astype(np.float32)
        rows[1], rows[2] = np.round(rows[1]), 0
        rows[3] *= 1e-4
        scales, numbers = q4_0(rows)
        for row, row_scales, row_numbers in zip(rows, scales, numbers):
            self.assertEqual(ggml_q4_0(row), (row_scales.ravel().tolist(), row_numbers.ravel().tolist()))

    def test_keeps_rounded_weights(self):
        weight = rounded(torch.randn(50, 80))
        self.assertTrue(torch.equal(rounded(weight), weight))


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        checkpoint = cls.folder / "checkpoint"
        checkpoint.mkdir()
        embeddinggemma.build(checkpoint, (REFERENCE / "texts.txt").read_text(encoding="utf-8").splitlines())
        cls.model = write_onnx.load_model(checkpoint)
        # What training for q4_0 aims at: weights that lose nothing by it.
        with torch.no_grad():
            for parameter in cls.model.parameters():
                if parameter.dim() == 2:
                    parameter.copy_(rounded(parameter))
        cls.output = cls.folder / "output"
        copy_description(checkpoint, cls.output)
        write_onnx.write_graphs(cls.model, cls.output, ["fp32", "q8", "q4"])

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def cosine(self, dtype: str) -> float:
        return lowest_cosine(self.model, self.output / "onnx" / write_onnx.FILE_NAMES[dtype])

    def test_fp32_is_exact(self):
        self.assertGreater(self.cosine("fp32"), 1 - 1e-6)

    def test_q8_is_near(self):
        self.assertGreater(self.cosine("q8"), 0.999)

    def test_q4_loses_nothing_of_a_checkpoint_trained_for_it(self):
        """The Dense layers, which follow the hidden states, have 8 bits."""
        np.testing.assert_allclose(self.hidden_states("q4"), self.hidden_states("fp32"), atol=2e-5)
        self.assertGreater(self.cosine("q4"), 0.9999)

    def hidden_states(self, dtype: str) -> np.ndarray:
        session = onnxruntime.InferenceSession(str(self.output / "onnx" / write_onnx.FILE_NAMES[dtype]))
        ids = np.arange(2, 402).reshape(4, 100)
        return session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]

    def test_files_are_small_and_hold_no_traces(self):
        size = {dtype: (self.output / "onnx" / name).stat().st_size for dtype, name in write_onnx.FILE_NAMES.items()}
        self.assertLess(size["q8"], size["fp32"])
        self.assertLess(size["q4"], size["q8"])
        for name in write_onnx.FILE_NAMES.values():
            self.assertNotIn(str(HERE.parents[2]).encode(), (self.output / "onnx" / name).read_bytes())

    def test_a_vector_does_not_depend_on_its_batch(self):
        ids = np.array([[2, 300, 301, 302, 1], [2, 700, 701, 1, 0]])
        for name in write_onnx.FILE_NAMES.values():
            session = onnxruntime.InferenceSession(str(self.output / "onnx" / name))
            run = lambda rows: session.run(["sentence_embedding"], {"input_ids": rows, "attention_mask": (rows > 0) * 1})
            np.testing.assert_allclose(run(ids)[0][0], run(ids[:1])[0][0], atol=1e-6)

    def test_large_weights_are_in_a_file_of_their_own(self):
        folder = self.folder / "external"
        (folder / "onnx").mkdir(parents=True)
        (folder / "config.json").write_text('{"model_type": "gemma3_text"}')
        with patch.object(write_onnx, "EXTERNAL_DATA_FROM", 1000):
            write_onnx.write_graphs(self.model, folder, ["fp32", "q4"])
        write_onnx.name_external_data(folder / "config.json", folder / "onnx")
        for name in ("model.onnx", "model_q4.onnx"):
            graph = onnx.load(folder / "onnx" / name, load_external_data=False).graph
            locations = {entry.value for tensor in graph.initializer for entry in tensor.external_data[:1]}
            self.assertEqual(locations, {f"{name}_data"})
            self.assertGreater(lowest_cosine(self.model, folder / "onnx" / name), 0.9999)
        settings = json.loads((folder / "config.json").read_text())["transformers.js_config"]
        self.assertEqual(settings, {"use_external_data_format": {"model.onnx": 1, "model_q4.onnx": 1}})


class CommandTest(unittest.TestCase):
    """`export_onnx.py` with what a training run leaves: a folder that Sentence Transformers saved, in bf16."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        checkpoint = folder / "checkpoint"
        checkpoint.mkdir()
        embeddinggemma.build(checkpoint, (REFERENCE / "texts.txt").read_text(encoding="utf-8").splitlines())
        cls.trained, cls.output = folder / "trained", folder / "output"
        write_onnx.load_model(checkpoint).to(torch.bfloat16).save(str(cls.trained))
        for name in ("trainer_state.json", "optimizer.pt"):
            (cls.trained / name).write_text("{}")
        command = [sys.executable, str(HERE / "export_onnx.py"), str(cls.trained), str(cls.output)]
        cls.run_result = subprocess.run(command, capture_output=True, text=True)

    def test_succeeds_and_reports_each_file(self):
        self.assertEqual(self.run_result.returncode, 0, self.run_result.stderr)
        lines = self.run_result.stdout.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["fp32", "q8", "q4"])
        self.assertIn("lowest cosine to Sentence Transformers 1.000000", lines[0])

    def test_files_are_those_of_a_transformers_js_repository(self):
        files = {path.relative_to(self.output).as_posix() for path in self.output.rglob("*") if path.is_file()}
        self.assertGreaterEqual(
            files,
            {
                *("config.json", "tokenizer.json", "tokenizer_config.json"),
                *("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"),
                *("1_Pooling/config.json", "2_Dense/config.json", "3_Dense/config.json"),
            },
        )
        onnx_files = {file for file in files if file.startswith("onnx/")}
        self.assertEqual(onnx_files, {f"onnx/{name}" for name in write_onnx.FILE_NAMES.values()})
        for name in ("README.md", "model.safetensors", "trainer_state.json", "optimizer.pt"):
            self.assertNotIn(name, files)

    def test_graphs_have_the_published_inputs_and_outputs(self):
        tokens = ["batch_size", "sequence_length"]
        for name in write_onnx.FILE_NAMES.values():
            session = onnxruntime.InferenceSession(str(self.output / "onnx" / name))
            inputs = {value.name: value.shape for value in session.get_inputs()}
            self.assertEqual(inputs, {"input_ids": tokens, "attention_mask": tokens})
            outputs = {value.name: value.shape for value in session.get_outputs()}
            hidden_size = embeddinggemma.HIDDEN_SIZE
            self.assertEqual(
                outputs,
                {"last_hidden_state": [*tokens, hidden_size], "sentence_embedding": ["batch_size", 768]},
            )
            self.assertTrue(all(value.type == "tensor(float)" for value in session.get_outputs()))


class RefusalTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, files: dict[str, object]) -> Path:
        model = self.folder / "model"
        model.mkdir()
        for name, content in files.items():
            (model / name).write_text(json.dumps(content))
        return model

    def assert_refused(self, model: Path, *words: str, output: Path | None = None) -> None:
        command = [sys.executable, str(HERE / "export_onnx.py"), str(model), str(output or self.folder / "output")]
        run = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertNotIn("Traceback", run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)

    modules = [{"path": "", "type": "sentence_transformers.models.Transformer"}]

    def test_no_folder(self):
        self.assert_refused(self.folder / "google/embeddinggemma-300m", "There is no folder", "hf download")

    def test_no_sentence_transformers_folder(self):
        self.assert_refused(self.write({"config.json": {"model_type": "bert"}}), "has no modules.json", ".save(")

    def test_adapter(self):
        self.assert_refused(self.write({"adapter_config.json": {}}), "LoRA adapter", "merge_and_unload()")

    def test_unknown_module(self):
        modules = [*self.modules, {"path": "1_LSTM", "type": "sentence_transformers.models.LSTM"}]
        self.assert_refused(self.write({"modules.json": modules}), "Transformer, LSTM", "Pooling, Dense")

    def test_unknown_architecture(self):
        model = self.write({"modules.json": self.modules, "config.json": {"model_type": "t5"}})
        self.assert_refused(model, '"t5"', "gemma3_text", "qwen3", "bert")

    def test_no_weights(self):
        model = self.write({"modules.json": self.modules, "config.json": {"model_type": "bert"}})
        self.assert_refused(model, "has no weights")

    def test_output_is_not_empty(self):
        model = self.write({"modules.json": self.modules, "config.json": {"model_type": "bert"}, "model.safetensors": 0})
        self.assert_refused(model, "not an empty folder", output=model)


if __name__ == "__main__":
    unittest.main()
