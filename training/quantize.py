"""Creates variants of an ONNX model of the catalogue that compute with fewer bits; measure.ts measures them.

usage: npm ci && pip install -r requirements.txt
  npx tsx training/export/export_views.ts models/catalogue/scene@1 --out VIEWS --photos LISTINGS --photos ROOMS
  python training/quantize.py models/catalogue/scene@1 --kind int8 --views VIEWS --out VARIANT [--float PATTERN ...]
  npx tsx training/measure/measure.ts models/catalogue/scene@1 VARIANT --photos LISTINGS --photos ROOMS
train_room_type.py describes LISTINGS and ROOMS. VARIANT becomes a folder like those of the catalogue: card, weights and
labels. The graph keeps its input, its prelude and its outputs.

kinds:
  int8          convolutions, products and the nodes between them in 8 bits: weights by channel, activations by their
                range on the photos of VIEWS. --float keeps layers in float32: those with a node or constant whose name
                starts with the regular expression PATTERN; --range percentile cuts the outermost 0.001 % of the ranges
  half-weights  weights stored as float16, computed as float32 (the runtime casts them once)
  half          everything between prelude and outputs stored and computed as float16
"""
import argparse
import json
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16

import onnx_prelude as prelude
from onnx_half import halve

OPERATORS = ["Conv", "Gemm", "MatMul", "Add", "Mul", "Clip", "Relu", "Concat", "MaxPool", "AveragePool", "GlobalAveragePool"]
RANGES = {"minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile}
REPOSITORY = Path(__file__).resolve().parents[1]


def place_of(file, folder):
    return REPOSITORY / "node_modules" / file["package"] / file["file"] if "package" in file else folder / file["file"]


def merged(card, folder, scratch):
    """Writes the model to a file in `scratch`, with all constants in it, folded and in float32."""
    for file in [card["weights"], *card["weights"].get("data", [])]:
        place = place_of(file, folder)
        prelude.require_sha256(place, file["sha256"])
        shutil.copy(place, scratch / place.name)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(scratch / "merged.onnx")
    ort.InferenceSession(scratch / place_of(card["weights"], folder).name, options, providers=["CPUExecutionProvider"])
    model = onnx.load(scratch / "merged.onnx")
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    onnx.save(model, scratch / "merged.onnx")
    return scratch / "merged.onnx"


class Views(CalibrationDataReader):
    """Yields the photos of export_views.ts, one at a time."""

    def __init__(self, folder):
        self.pixels = np.memmap(folder / "views.u8", np.uint8, "r")
        self.index = iter(json.loads((folder / "index.json").read_text()))
        self.offset = 0

    def get_next(self):
        photo = next(self.index, None)
        if photo is None:
            return None
        shape = (1, photo["height"], photo["width"], 3)
        start, self.offset = self.offset, self.offset + int(np.prod(shape))
        return {"input": np.array(self.pixels[start:self.offset]).reshape(shape)}


def kept(graph, patterns):
    """Returns the names of the nodes that stay in float32."""
    return [node.name for node in graph.node if any(re.match(pattern, name) for pattern in patterns for name in [node.name, *node.input])]


def int8(path, views, patterns, method, scratch):
    exclude = kept(onnx.load(path).graph, patterns)
    quantize_static(path, scratch / "int8.onnx", Views(views), quant_format=QuantFormat.QDQ, op_types_to_quantize=OPERATORS,
                    # Seven bits for weights: CPUs without VNNI add two 8-bit products in 16 bits, which saturates.
                    per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                    nodes_to_exclude=exclude, calibrate_method=RANGES[method], extra_options={"CalibPercentile": 99.999})
    return onnx.load(scratch / "int8.onnx"), exclude


def half_weights(model):
    casts, stored = halve(list(model.graph.initializer))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(stored)
    model.graph.node.extend(nodes)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--kind", choices=["int8", "half-weights", "half"], required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--views", type=Path)
    parser.add_argument("--float", nargs="*", default=[], metavar="PATTERN")
    parser.add_argument("--range", choices=list(RANGES), default="minmax")
    args = parser.parse_args()
    if args.kind == "int8" and args.views is None:
        parser.error("int8 needs --views")
    card = json.loads((args.model / "card.json").read_text())

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        path = merged(card, args.model, scratch)
        if args.kind == "int8":
            made, exclude = int8(path, args.views, args.float, args.range, scratch)
            print(f"{len(exclude)} nodes kept in float32")
        else:
            made = onnx.load(path)
            made = half_weights(made) if args.kind == "half-weights" else convert_float_to_float16(made, keep_io_types=True)
    args.out.mkdir(parents=True, exist_ok=True)
    weights = args.out / "weights.onnx"
    onnx.save(made, weights)
    card["weights"] = {"file": weights.name, "sha256": prelude.sha256(weights), "bytes": weights.stat().st_size}
    (args.out / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    for name in ("labels", "vocabulary"):
        if name in card:
            shutil.copy(args.model / card[name], args.out)
    print(f"{args.out}: {card['weights']['bytes']} bytes, sha256 {card['weights']['sha256']}")


if __name__ == "__main__":
    main()
