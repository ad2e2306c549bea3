"""Make the ONNX graphs of a few kilobytes in `../fixtures/graphs`.

    python make_graphs.py

`data-files.onnx` only has structure: tensors whose weights are in other files, in every place where ONNX allows a
tensor. Every other graph stands in for `onnx/model.onnx` of the fixture `bert-mean`. Its hidden states are computed
from the token ids alone, and every 64th id is 40 times as loud as the others. What follows quantises them:

- `static.onnx` with a constant scale, so that a vector does not depend on its batch;
- `dynamic-linear.onnx` (DynamicQuantizeLinear, as onnxruntime's `quantize_dynamic` writes it), `dynamic-function.onnx`
  (the same in a function), `dynamic-branch.onnx` (the same in a branch of If) and `dynamic-matmul.onnx`
  (DynamicQuantizeMatMul) with the range of the whole batch;
- `outside.onnx` as `static.onnx`, with its weights in `outside/weights 100%.bin`;
- `dynamic-constant.onnx` with DynamicQuantizeLinear of a constant, which does not depend on the batch.

Two others are no quantisations of these states:

- `half.onnx` multiplies them by 4096 and divides them again, in fp16. The product exceeds the range of fp16 for loud
  ids, so the result is only right where the runtime computes in fp32;
- `gather-quantized.onnx` looks the ids up in a table of 4 bits (GatherBlockQuantized), which is in
  `outside/table.bin`.

`embeddinggemma-q8.onnx` and `embeddinggemma-q4.onnx` are the graph of the fixture `embeddinggemma`, quantised as by
`export_onnx.py`.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
from onnx import AttributeProto, TensorProto, external_data_helper, helper, numpy_helper

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent.parent / "packages" / "tiny-model" / "train"))

from quantize_onnx import quantize  # noqa: E402

FIXTURES = HERE.parent / "fixtures"
GRAPHS = FIXTURES / "graphs"
HIDDEN_SIZE = 48
LOUD = 64
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("own", 1)]


def external(location: str | None, name: str = "weights", is_external: bool = True) -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[4])
    tensor.external_data.add(key="offset", value="0")
    if location is not None:
        tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="length", value="16")
    tensor.data_location = TensorProto.EXTERNAL if is_external else TensorProto.DEFAULT
    return tensor


def sparse(values: TensorProto, indices: TensorProto) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=values, indices=indices, dims=[16])


def graph_of(location: str, operator: str) -> onnx.GraphProto:
    return onnx.GraphProto(name="g", node=[helper.make_node(operator, [], [])], initializer=[external(location)])


def attribute(name: str, kind: int, **fields: object) -> AttributeProto:
    return AttributeProto(name=name, type=kind, **fields)


def data_files() -> onnx.ModelProto:
    node = helper.make_node("Outer", [], [], domain="own")
    node.attribute.extend([
        attribute("t", AttributeProto.TENSOR, t=external("attribute.bin")),
        attribute("g", AttributeProto.GRAPH, g=graph_of("graph.bin", "InGraph")),
        attribute("ts", AttributeProto.TENSORS, tensors=[external("tensors.bin"), external("tensors-2.bin")]),
        attribute("gs", AttributeProto.GRAPHS, graphs=[graph_of("graphs.bin", "InGraphs")]),
        attribute(
            "st",
            AttributeProto.SPARSE_TENSOR,
            sparse_tensor=sparse(external("sparse/values.bin"), external("sparse/indices.bin")),
        ),
        attribute(
            "sts",
            AttributeProto.SPARSE_TENSORS,
            sparse_tensors=[sparse(external("sparse/values-2.bin"), external("sparse/indices-2.bin"))],
        ),
    ])
    inner = helper.make_node("InFunction", [], [], domain="ai.onnx")
    inner.attribute.append(attribute("t", AttributeProto.TENSOR, t=external("function.bin")))
    function = onnx.FunctionProto(name="F", domain="own", node=[inner])
    function.attribute_proto.append(attribute("d", AttributeProto.TENSOR, t=external("function default.bin")))
    graph = onnx.GraphProto(
        name="places",
        node=[node],
        initializer=[
            external("./model.onnx.data"),
            external("model.onnx.data", "twice"),
            external("not external.bin", "inline", is_external=False),
            numpy_helper.from_array(np.arange(300, dtype=np.float32), "large"),
        ],
        sparse_initializer=[sparse(external("initializer-values.bin"), external("initializer-indices.bin"))],
    )
    model = helper.make_model(graph, functions=[function], opset_imports=OPSETS)
    model.training_info.add(
        initialization=graph_of("training/initialization.bin", "Initialize"),
        algorithm=graph_of("training/algorithm.bin", "Algorithm"),
    )
    return model


def hidden_states() -> tuple[list[onnx.NodeProto], list[TensorProto]]:
    """Nodes that turn `input_ids` into `states`, and their constants."""
    frequencies = (0.1 + np.arange(HIDDEN_SIZE) * 0.07).astype(np.float32)
    constants = {
        "last": np.array([2]),
        "frequencies": frequencies,
        "loud": np.array(LOUD),
        "gain": np.array(39, np.float32),
        "zero": np.array(0),
        "one": np.array(1, np.float32),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["input_ids", "last"], ["ids"]),
        helper.make_node("Cast", ["ids"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["numbers", "frequencies"], ["angles"]),
        helper.make_node("Sin", ["angles"], ["waves"]),
        helper.make_node("Mod", ["ids", "loud"], ["rest"]),
        helper.make_node("Equal", ["rest", "zero"], ["is_loud"]),
        helper.make_node("Cast", ["is_loud"], ["loudness"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["loudness", "gain"], ["gained"]),
        helper.make_node("Add", ["gained", "one"], ["amplitude"]),
        helper.make_node("Mul", ["waves", "amplitude"], ["states"]),
    ]
    return nodes, [numpy_helper.from_array(value, name) for name, value in constants.items()]


def dynamic_product(weights: str = "q") -> list[onnx.NodeProto]:
    """Nodes from `states` to `product`, as onnxruntime's `quantize_dynamic` writes a MatMul."""
    return [
        helper.make_node("DynamicQuantizeLinear", ["states"], ["x", "x_scale", "x_zero"]),
        helper.make_node("MatMulInteger", ["x", weights, "x_zero"], ["integers"]),
        helper.make_node("Cast", ["integers"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "x_scale"], ["product"]),
    ]


def model_of(nodes: list[onnx.NodeProto], constants: list[TensorProto], functions=()) -> onnx.ModelProto:
    first, first_constants = hidden_states()
    # The mask must be used, otherwise exporters and runtimes may drop this input.
    last = [
        helper.make_node("Unsqueeze", ["attention_mask", "last"], ["mask"]),
        helper.make_node("Cast", ["mask"], ["mask_floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["product", "mask_floats"], ["last_hidden_state"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", HIDDEN_SIZE])
    graph = helper.make_graph([*first, *nodes, *last], "graph", inputs, [output], [*first_constants, *constants])
    return helper.make_model(graph, functions=list(functions), opset_imports=OPSETS, ir_version=8)


def models() -> dict[str, onnx.ModelProto]:
    weights = np.random.RandomState(7).randint(-127, 128, (HIDDEN_SIZE, HIDDEN_SIZE)).astype(np.int8)
    q = numpy_helper.from_array(weights, "q")
    scale = numpy_helper.from_array(np.array(0.4, np.float32), "scale")
    zero_point = numpy_helper.from_array(np.array(0, np.int8), "zero_point")
    static = [
        helper.make_node("QuantizeLinear", ["states", "scale", "zero_point"], ["x"]),
        helper.make_node("MatMulInteger", ["x", "q"], ["integers"]),
        helper.make_node("Cast", ["integers"], ["product"], to=TensorProto.FLOAT),
    ]
    function = helper.make_function(
        "own", "Product", ["states", "q"], ["product"], dynamic_product(), [helper.make_opsetid("", 17)]
    )
    branches = {
        name: helper.make_graph(
            dynamic_product(), name, [], [helper.make_tensor_value_info("product", TensorProto.FLOAT, None)]
        )
        for name in ("then_branch", "else_branch")
    }
    constant = [
        helper.make_node("DynamicQuantizeLinear", ["frequencies"], ["c", "c_scale", "c_zero"]),
        helper.make_node("Mul", ["states", "c_scale"], ["product"]),
    ]
    return {
        "static": model_of(static, [q, scale, zero_point]),
        "dynamic-linear": model_of(dynamic_product(), [q]),
        "dynamic-function": model_of([helper.make_node("Product", ["states", "q"], ["product"], domain="own")], [q], [function]),
        "dynamic-branch": model_of(
            [helper.make_node("If", ["condition"], ["product"], **branches)],
            [q, numpy_helper.from_array(np.array(True), "condition")],
        ),
        "dynamic-matmul": model_of(
            [helper.make_node("DynamicQuantizeMatMul", ["states", "q", "scale", "zero_point"], ["product"], domain="com.microsoft")],
            [q, scale, zero_point],
        ),
        "dynamic-constant": model_of(constant, []),
        "half": half(),
    }


def half() -> onnx.ModelProto:
    factor = 4096
    weights = numpy_helper.from_array(np.eye(HIDDEN_SIZE, dtype=np.float16) * np.float16(factor), "weights")
    divisor = numpy_helper.from_array(np.array(factor, np.float16), "divisor")
    nodes = [
        helper.make_node("Cast", ["states"], ["half_states"], to=TensorProto.FLOAT16),
        helper.make_node("MatMul", ["half_states", "weights"], ["large"]),
        helper.make_node("Div", ["large", "divisor"], ["divided"]),
        helper.make_node("Cast", ["divided"], ["product"], to=TensorProto.FLOAT),
    ]
    return model_of(nodes, [weights, divisor])


def gather_quantized() -> onnx.ModelProto:
    random = np.random.RandomState(8)
    table = random.randint(0, 256, LOUD * HIDDEN_SIZE // 2).astype(np.uint8).tobytes()
    scales = random.uniform(0.1, 1, (LOUD, HIDDEN_SIZE // 16)).astype(np.float32)
    nodes = [
        helper.make_node("Mod", ["input_ids", "loud"], ["rows"]),
        helper.make_node(
            "GatherBlockQuantized",
            ["table", "rows", "scales"],
            ["product"],
            domain="com.microsoft",
            block_size=16,
            gather_axis=0,
            quantize_axis=1,
        ),
    ]
    constants = [
        helper.make_tensor("table", TensorProto.INT4, [LOUD, HIDDEN_SIZE], table, raw=True),
        numpy_helper.from_array(scales, "scales"),
    ]
    model = model_of(nodes, constants)
    # INT4 came with this version.
    model.opset_import[0].version = 21
    model.ir_version = 10
    return model


def write_outside(name: str, original: onnx.ModelProto, weights: str, location: str) -> None:
    """Writes a graph whose weights are in a file of their own."""
    model = onnx.ModelProto()
    model.CopyFrom(original)
    (GRAPHS / "outside").mkdir(exist_ok=True)
    for tensor in model.graph.initializer:
        if tensor.name == weights:
            (GRAPHS / location).write_bytes(tensor.raw_data)
            external_data_helper.set_external_data(tensor, location)
            tensor.ClearField("raw_data")
    (GRAPHS / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def exported() -> dict[str, onnx.ModelProto]:
    graph = ir.load(FIXTURES / "embeddinggemma" / "onnx" / "model.onnx")
    return {f"embeddinggemma-{dtype}": ir.to_proto(quantize(graph, dtype)) for dtype in ("q8", "q4")}


def main() -> None:
    GRAPHS.mkdir(parents=True, exist_ok=True)
    write_outside("outside", models()["static"], "q", "outside/weights 100%.bin")
    write_outside("gather-quantized", gather_quantized(), "table", "outside/table.bin")
    for name, model in {"data-files": data_files(), **models(), **exported()}.items():
        path = GRAPHS / f"{name}.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        print(f"{name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
