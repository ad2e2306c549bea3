"""Weight-only quantisation of an ONNX graph: q8 and q4. Activations stay in fp32, so a vector does not depend on the
other texts of its batch.

q8, in plain operators. Each output channel of a weight matrix has its own scale: weight = int8 x scale. Each row of an
embedding table has its own scale too, after the mean of all rows is subtracted: row = int8 x scale + mean. Otherwise
the common part of all rows would make their differences less precise. Matrices become Cast and Mul, which ONNX Runtime
folds into fp32 constants when it loads the model, so a run takes as long as in fp32. DequantizeLinear would be computed
again in every run (a short query took several times longer), and newer runtimes fuse it with MatMul into a kernel that
quantises activations.

q4, with the rounding of GGML's q4_0: blocks of 32 inputs share a scale, which is their number of greatest magnitude,
with its sign, divided by -8. Every weight is a whole number from -8 to 7 times this scale. Checkpoints that were trained
for q4_0 keep what they learned. Matrices become MatMulNBits, which keeps them in 4 bits in memory. Embedding tables
use plain operators, because the WebAssembly build of ONNX Runtime lacks GatherBlockQuantized. Dense layers after the
pooling and small tables (positions) are as in q8.

In both, rows of embedding tables are gathered first, then scaled: a table never exists in fp32.
"""

from collections.abc import Callable

import numpy as np
import onnx_ir as ir

# Smaller tensors (norms, biases, scalars) are not worth it.
MINIMUM_SIZE = 1024

BLOCK = 32
# 1: MatMulNBits computes in fp32. 4 would round activations to int8: a query then takes 18% less time, but documents
# 22% more, and vectors are no nearer to those of fp32 (measured on EmbeddingGemma 300m with AVX-512).
ACCURACY_LEVEL = 1
MICROSOFT = "com.microsoft"

CHUNK_ROWS = 8192
"""Tables are converted in pieces of this many rows, to save memory."""


def quantize(model: ir.Model, dtype: str) -> ir.Model:
    """Return a copy of `model` whose weight matrices and embedding tables have 8 (`q8`) or 4 (`q4`) bits."""
    quantized = model.clone()
    graph = quantized.graph
    tables = [node.inputs[0] for node in graph if node.op_type == "Gather" and is_weight(node.inputs[0])]
    token_rows = max((table.shape[0] for table in tables), default=0)
    done: dict[str, ir.Value] = {}
    for node in list(graph):
        if node.op_type == "Gather" and is_weight(node.inputs[0]):
            rows, width = node.inputs[0].shape
            four_bits = dtype == "q4" and rows == token_rows and width % BLOCK == 0
            replace(node, (gather_q4 if four_bits else gather_q8)(graph, node))
        elif node.op_type in ("MatMul", "Gemm") and is_weight(node.inputs[1]):
            # Gemm is a Dense layer after the pooling. It runs once a text, and 4 bits would cost much precision there.
            if dtype == "q4" and node.op_type == "MatMul":
                replace(node, [product_q4(graph, node)])
            else:
                fold_q8(graph, node, done)
    if dtype == "q4":
        quantized.opset_imports[MICROSOFT] = 1
    drop_unused_initializers(graph)
    return quantized


def is_weight(value: ir.Value | None) -> bool:
    return (
        value is not None
        and value.const_value is not None
        and value.is_initializer()
        and value.dtype == ir.DataType.FLOAT
        and len(value.shape) == 2
        and value.const_value.size >= MINIMUM_SIZE
    )


def is_transposed(node: ir.Node) -> bool:
    """Whether the weights of `node` have one row for each output."""
    return node.op_type == "Gemm" and bool(node.attributes.get_int("transB", 0))


def fold_q8(graph: ir.Graph, node: ir.Node, done: dict[str, ir.Value]) -> None:
    """Convert the weights of `node` to floats: ONNX Runtime does it once, at load."""
    weight = node.inputs[1]
    if weight.name not in done:
        scale, numbers = q8(weight.const_value.numpy(), axis=0 if is_transposed(node) else 1)
        integers = constant(graph, f"{weight.name}_int8", numbers)
        scales = constant(graph, f"{weight.name}_scale", scale)
        cast = operation("Cast", [integers], f"{weight.name}_floats", to=ir.DataType.FLOAT)
        product = operation("Mul", [cast.outputs[0], scales], f"{weight.name}_dequantized")
        graph.insert_before(node, [cast, product])
        done[weight.name] = product.outputs[0]
    node.replace_input_with(1, done[weight.name])


def gather_q8(graph: ir.Graph, node: ir.Node) -> list[ir.Node]:
    """Gather int8 rows and their scales, multiply, and add the mean of all rows."""
    table, indices = node.inputs
    name, output = table.name, node.outputs[0].name
    if f"{name}_int8" not in graph.initializers:
        values = table.const_value.numpy()
        mean = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        constant(graph, f"{name}_mean", mean)
        scale, numbers = by_chunks(lambda rows: q8(rows - mean, axis=0), values)
        constant(graph, f"{name}_int8", numbers)
        constant(graph, f"{name}_scale", scale)
    integers, scales, mean = (graph.initializers[f"{name}_{part}"] for part in ("int8", "scale", "mean"))
    rows = operation("Gather", [integers, indices], f"{output}_rows")
    floats = operation("Cast", [rows.outputs[0]], f"{output}_floats", to=ir.DataType.FLOAT)
    row_scales = operation("Gather", [scales, indices], f"{output}_scales")
    scaled = operation("Mul", [floats.outputs[0], row_scales.outputs[0]], f"{output}_scaled")
    centred = operation("Add", [scaled.outputs[0], mean], f"{output}_centred")
    return [rows, floats, row_scales, scaled, centred]


def gather_q4(graph: ir.Graph, node: ir.Node) -> list[ir.Node]:
    """Gather blocks of 16 bytes and their scales. The low halves of the bytes are the first 16 numbers of a block, the
    high halves the last 16, as in GGML."""
    table, indices = node.inputs
    name, output = table.name, node.outputs[0].name
    if f"{name}_q4" not in graph.initializers:
        scale, numbers = by_chunks(q4_0, table.const_value.numpy())
        half = BLOCK // 2
        constant(graph, f"{name}_q4", numbers[..., :half] | numbers[..., half:] << 4)
        constant(graph, f"{name}_scale", scale)
        constant(graph, f"{name}_sixteenth", np.array(1 / 16, np.float32))
        constant(graph, f"{name}_sixteen", np.array(16, np.float32))
        constant(graph, f"{name}_eight", np.array(8, np.float32))
        constant(graph, f"{name}_shape", np.array([0] * len(indices.shape) + [-1], np.int64))
    parts = ("q4", "scale", "sixteenth", "sixteen", "eight", "shape")
    packed, scales, sixteenth, sixteen, eight, shape = (graph.initializers[f"{name}_{part}"] for part in parts)
    nodes: list[ir.Node] = []

    def add(operator: str, inputs: list[ir.Value], part: str, **attributes) -> ir.Value:
        nodes.append(operation(operator, inputs, f"{output}_{part}", **attributes))
        return nodes[-1].outputs[0]

    floats = add("Cast", [add("Gather", [packed, indices], "rows")], "bytes", to=ir.DataType.FLOAT)
    high = add("Floor", [add("Mul", [floats, sixteenth], "shifted")], "high")
    low = add("Sub", [floats, add("Mul", [high, sixteen], "high_bits")], "low")
    numbers = add("Sub", [add("Concat", [low, high], "numbers", axis=-1), eight], "signed")
    row_scales = add("Cast", [add("Gather", [scales, indices], "scales")], "scale_floats", to=ir.DataType.FLOAT)
    add("Reshape", [add("Mul", [numbers, row_scales], "blocks"), shape], "scaled")
    return nodes


def product_q4(graph: ir.Graph, node: ir.Node) -> ir.Node:
    """MatMulNBits in place of MatMul. The low half of a byte is the first of two weights."""
    weight, output = node.inputs[1], node.outputs[0].name
    inputs, outputs = weight.shape
    if f"{weight.name}_q4" not in graph.initializers:
        scale, numbers = q4_0(weight.const_value.numpy().T)
        constant(graph, f"{weight.name}_q4", numbers[..., 0::2] | numbers[..., 1::2] << 4)
        constant(graph, f"{weight.name}_scale", scale.astype(np.float32).reshape(-1))
    operands = [node.inputs[0], *(graph.initializers[f"{weight.name}_{part}"] for part in ("q4", "scale"))]
    attributes = {"K": inputs, "N": outputs, "bits": 4, "block_size": BLOCK, "accuracy_level": ACCURACY_LEVEL}
    return operation("MatMulNBits", operands, f"{output}_product", domain=MICROSOFT, **attributes)


def q8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """One scale for each index of `axis`, and the int8 numbers."""
    scale = np.abs(values).max(axis=1 - axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return scale, np.clip(np.rint(values / scale), -127, 127).astype(np.int8)


def q4_0(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """GGML's q4_0 of each row: scales, rows x blocks x 1 in fp16, and numbers from 0 to 15 (8 stands for zero), rows x
    blocks x 32. The last block of a row is filled with zeros.

    Source: `quantize_row_q4_0_ref` in https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-quants.c
    """
    rows, width = values.shape
    padded = np.pad(values, ((0, 0), (0, -width % BLOCK))).astype(np.float32)
    blocks = padded.reshape(rows, -1, BLOCK)
    greatest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2, keepdims=True), axis=2)
    scale = greatest / np.float32(-8)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    numbers = np.minimum(np.trunc(blocks * inverse + np.float32(8.5)), 15).astype(np.uint8)
    return scale.astype(np.float16), numbers


def by_chunks(convert: Callable, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`convert` of all rows, some at a time."""
    pieces = [convert(values[start : start + CHUNK_ROWS]) for start in range(0, len(values), CHUNK_ROWS)]
    scales, numbers = zip(*pieces)
    return np.concatenate(scales), np.concatenate(numbers)


def operation(operator: str, inputs: list[ir.Value], name: str, domain: str = "", **attributes) -> ir.Node:
    """A node with one output, both called `name`."""
    return ir.node(operator, inputs, attributes, domain=domain, outputs=[ir.Value(name=name)], name=name)


def constant(graph: ir.Graph, name: str, values: np.ndarray) -> ir.Value:
    tensor = ir.Tensor(values, name=name)
    value = ir.Value(name=name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor)
    graph.register_initializer(value)
    return value


def replace(node: ir.Node, nodes: list[ir.Node]) -> None:
    """Put `nodes` in the place of `node`. The output of the last takes over its name and its users."""
    graph, output, last = node.graph, node.outputs[0], nodes[-1].outputs[0]
    graph.insert_before(node, nodes)
    output.replace_all_uses_with(last, replace_graph_outputs=True)
    graph.remove(node, safe=True)
    last.name, output.name = output.name, None


def drop_unused_initializers(graph: ir.Graph) -> None:
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
