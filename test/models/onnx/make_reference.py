"""Writes scene-reference.f32: the outputs of scene@1 for two pictures, computed by onnx's reference evaluator in numpy.

usage: pip install numpy==2.4.6 onnx==1.23.2 && python make_reference.py
One row per picture, float32, little-endian: 1000 probs, then 1280 features. test/models/pictures.ts draws the same pictures.
"""
from pathlib import Path

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

HERE = Path(__file__).resolve().parent
SIDE = 224


def picture(seed):
    """Coarse colour fields."""
    at = np.arange(SIDE * SIDE * 3)
    cell = (at // 3 // SIDE // 28) * 8 + (at // 3) % SIDE // 28
    return ((cell + 1) * (seed + 3) * 37 + at % 3 * 71) % 256


def main():
    graph = ReferenceEvaluator(onnx.load(HERE.parents[2] / "models/catalogue/scene@1/weights.onnx"))
    rows = []
    for seed in range(2):
        image = picture(seed).astype(np.uint8).reshape(1, SIDE, SIDE, 3)
        rows.append(np.concatenate([output[0] for output in graph.run(["probs", "features"], {"input": image})]))
    np.array(rows).astype("<f4").tofile(HERE / "scene-reference.f32")


if __name__ == "__main__":
    main()
