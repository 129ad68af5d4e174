"""Writes test/models/linear/room-type-parity.json: predictions of the committed heads, computed by numpy on synthetic inputs.

usage: python training/export_parity.py
The inputs are not stored, because any language can compute them. Value i of the features of vector v is
((i * 7919 + v * 104729) % 1000) / 500. Detection d of vector v begins at
x, y = (d * 37 + v * 11) % 500 - 20, (d * 53 + v * 29) % 500 - 20, is 10 + (d * 71) % 300 wide and 10 + (d * 43) % 300
high, and has the score ((d * 61 + v * 17) % 100) / 100 and the class (d * 7 + v) % 80.
"""
import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
VECTORS, FEATURES, DETECTIONS, CLASSES, SIDE = 6, 1280, 100, 80, 512


def features(v):
    return (((np.arange(FEATURES) * 7919 + v * 104729) % 1000) / 500).astype(np.float32).astype(np.float64)


def objects(v):
    """Returns the columns of models/columns.ts for the detections: best score per class, then largest certain area."""
    d = np.arange(DETECTIONS)
    x, y = (d * 37 + v * 11) % 500 - 20, (d * 53 + v * 29) % 500 - 20
    width, height = (np.clip(at + size, 0, SIDE) - np.clip(at, 0, SIDE) for at, size in ((x, 10 + d * 71 % 300), (y, 10 + d * 43 % 300)))
    score, kind = (((d * 61 + v * 17) % 100) / 100).astype(np.float32).astype(np.float64), (d * 7 + v) % CLASSES
    row = np.zeros((2, CLASSES))
    np.maximum.at(row[0], kind, np.sqrt(score))
    np.maximum.at(row[1], kind, np.sqrt(score * (width / SIDE) * (height / SIDE)))
    return row.ravel()


ROWS = {"room-type@1": features, "room-type@2": lambda v: np.concatenate([features(v), objects(v)])}


def predict(model, row):
    head = json.loads((ROOT / f"models/catalogue/{model}/weights.json").read_text())
    logits = np.array(head["weights"]) @ row + np.array(head["bias"])
    powers = np.exp(logits - logits.max())
    return (powers / powers.sum()).tolist()


def main():
    predictions = {model: [predict(model, row(v)) for v in range(VECTORS)] for model, row in ROWS.items()}
    (ROOT / "test/models/linear/room-type-parity.json").write_text(json.dumps(predictions, indent=1) + "\n")


if __name__ == "__main__":
    main()
