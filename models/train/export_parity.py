"""Writes test/models/room-type-parity.json: predictions of the committed head, computed by numpy on synthetic inputs.

usage: python models/train/export_parity.py
The inputs are not stored: value i of vector v is ((i * 7919 + v * 104729) % 1000) / 500, which any language can repeat.
"""
import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
VECTORS, FEATURES = 6, 1280


def main():
    head = json.loads((ROOT / "models/catalogue/room-type@1/weights.json").read_text())
    index = np.arange(FEATURES)
    predictions = []
    for vector in range(VECTORS):
        values = ((index * 7919 + vector * 104729) % 1000) / 500
        x = values.astype(np.float32).astype(np.float64)
        logits = np.array(head["weights"]) @ x + np.array(head["bias"])
        powers = np.exp(logits - logits.max())
        predictions.append((powers / powers.sum()).tolist())
    (ROOT / "test/models/room-type-parity.json").write_text(json.dumps(predictions, indent=1) + "\n")


if __name__ == "__main__":
    main()
