"""Weight-only int8 quantisation of an ONNX graph in plain operators.

Each output channel of a weight matrix has its own scale: weight = int8 x scale. Each row of an embedding table has its
own scale too, after the mean of all rows is subtracted: row = int8 x scale + mean. Otherwise the common part of all
rows would make their differences less precise. Activations stay in fp32, so a vector does not depend on the other texts
of its batch.

Matrices become Cast and Mul, which ONNX Runtime folds into fp32 constants when it loads the model, so a run takes as
long as in fp32. DequantizeLinear would be computed again in every run (a short query took several times longer), and
newer runtimes fuse it with MatMul into a kernel that quantises activations. Embedding tables, the largest part of a
small model, stay int8 in memory: rows are gathered first, then scaled.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

# Smaller tensors (norms, biases, scalars) are not worth it.
MINIMUM_SIZE = 1024


def quantize_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model` whose weight matrices and embedding tables are int8."""
    quantized = onnx.ModelProto()
    quantized.CopyFrom(model)
    graph = quantized.graph
    weights = {tensor.name: tensor for tensor in graph.initializer if is_weight(tensor)}
    dequantized: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] in weights:
            nodes += gather_rows(graph, node, weights[node.input[0]])
        else:
            axis = output_channel_axis(node)
            if axis is not None and node.input[1] in weights:
                name = node.input[1]
                if name not in dequantized:
                    nodes += dequantize(graph, weights[name], axis)
                    dequantized.add(name)
                node.input[1] = f"{name}_dequantized"
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused_initializers(graph)
    return quantized


def is_weight(tensor: onnx.TensorProto) -> bool:
    return (
        tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 2 and np.prod(tensor.dims) >= MINIMUM_SIZE
    )


def output_channel_axis(node: onnx.NodeProto) -> int | None:
    """The axis of the second operand that numbers the outputs, or None if `node` is not a matrix product."""
    if node.op_type == "MatMul":
        return 1
    if node.op_type == "Gemm":
        transposed = next((attribute.i for attribute in node.attribute if attribute.name == "transB"), 0)
        return 0 if transposed else 1
    return None


def gather_rows(graph: onnx.GraphProto, node: onnx.NodeProto, weight: onnx.TensorProto) -> list[onnx.NodeProto]:
    """Gather int8 rows and their scales, multiply, and add the mean of all rows."""
    rows_of = numpy_helper.to_array(weight)
    mean = rows_of.mean(axis=0, dtype=np.float64).astype(np.float32)
    add_tensor(graph, f"{weight.name}_mean", mean)
    add_quantized(graph, weight.name, rows_of - mean, axis=0)
    output = node.output[0]
    rows, floats, scales, scaled = (f"{output}_{part}" for part in ("rows", "floats", "scales", "scaled"))
    return [
        helper.make_node("Gather", [f"{weight.name}_int8", node.input[1]], [rows], name=rows),
        helper.make_node("Cast", [rows], [floats], name=floats, to=onnx.TensorProto.FLOAT),
        helper.make_node("Gather", [f"{weight.name}_scale", node.input[1]], [scales], name=scales),
        helper.make_node("Mul", [floats, scales], [scaled], name=scaled),
        helper.make_node("Add", [scaled, f"{weight.name}_mean"], [output], name=f"{output}_centred"),
    ]


def dequantize(graph: onnx.GraphProto, weight: onnx.TensorProto, axis: int) -> list[onnx.NodeProto]:
    """Convert the entire matrix to floats."""
    add_quantized(graph, weight.name, numpy_helper.to_array(weight), axis)
    floats, output = f"{weight.name}_floats", f"{weight.name}_dequantized"
    return [
        helper.make_node("Cast", [f"{weight.name}_int8"], [floats], name=floats, to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [floats, f"{weight.name}_scale"], [output], name=output),
    ]


def add_quantized(graph: onnx.GraphProto, name: str, values: np.ndarray, axis: int) -> None:
    """Add `<name>_int8` and `<name>_scale`, one scale for each index of `axis`, to the graph."""
    scale = np.abs(values).max(axis=1 - axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    add_tensor(graph, f"{name}_int8", np.clip(np.rint(values / scale), -127, 127).astype(np.int8))
    add_tensor(graph, f"{name}_scale", scale)


def add_tensor(graph: onnx.GraphProto, name: str, values: np.ndarray) -> None:
    """Add a constant unless it exists: several Gather nodes can use the same table."""
    if all(tensor.name != name for tensor in graph.initializer):
        graph.initializer.append(numpy_helper.from_array(values, name))


def drop_unused_initializers(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
