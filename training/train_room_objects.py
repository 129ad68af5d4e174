"""room-type@2: room-type@1 combined with the objects that objects@2 finds in the photo.

usage:
  npx tsx training/export/export_objects.ts --out FEATURES --photos listings=LISTINGS --photos rooms=ROOMS
  python training/train_room_objects.py --features FEATURES --branch BRANCH --choose
  python training/train_room_objects.py --features FEATURES --branch BRANCH [--out DIR]
FEATURES and BRANCH are those of train_room_type.py; run its steps first.

1. A multinomial logistic regression is fitted on objects@2 alone: per class the best score and the largest certain
   area. It never sees the tuned features, which are more certain of the photos that they were tuned on than of others.
2. Its logits, times SHARE, are added to those of the tuned classifier (BRANCH/classifier.npz), and one temperature
   divides the sum. Both are linear, so the sum is one linear head.
3. SHARE, STRENGTH and the temperature are chosen on photos that neither part has seen: those of BRANCH/fold<n>.npz,
   with a regression fitted on the photos outside that fold. --choose prints their table, also with the ImageNet scores
   of scene@1 as further columns; it reads no hold-out and writes nothing.
4. The hold-outs are those of train_room_type.py; the card has the figures that are printed for them.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from room_photos import Photos
from train_room_type import FEATURES, HERE, fit_raw, fit_temperature, read, report, softmax, write_head

SHARE, STRENGTH = 0.5, 0.03
SHARES, STRENGTHS = (0.25, 0.5, 0.75, 1.0), (0.01, 0.03, 0.1, 0.3)
THRESHOLDS = (0.3, 0.4, 0.5, 0.6)


def unseen_logits(folder, objects, data, strength):
    """Returns (rows, logits of the tuned classifier, logits of the objects) of photos that neither has seen."""
    parts = []
    for path in sorted(folder.glob("fold?.npz")):
        fold = np.load(path)
        slope, bias = fit_raw([objects], np.setdiff1d(data.train, fold["rows"]), data, strength)
        parts.append((fold["rows"], fold["logits"], objects[fold["rows"]] @ slope + bias))
    return [np.concatenate(column) for column in zip(*parts)]


def log_loss(logits, rows, data):
    return -np.log((softmax(logits) * data.targets[rows]).sum(1) + 1e-12)


def spread(rows, logits, data):
    """Returns logits of some rows as a table of all rows."""
    table = np.zeros(data.targets.shape)
    table[rows] = logits
    return table


def describe(name, rows, logits, data):
    table = spread(rows, logits, data)
    temperature = fit_temperature(table, rows, data)
    listing = data.listing[rows]
    losses = log_loss(logits / temperature, rows, data)
    figures = [data.accuracy(table, rows[part]) for part in (listing, ~listing)] + [losses[part].mean() for part in (listing, ~listing)]
    print(f"{name:28}" + "".join(f"{figure:10.4f}" for figure in [*figures, temperature]), flush=True)


def choose(folder, objects, scores, data):
    print(f"{'photos of the folds':28}" + "".join(f"{name:>10}" for name in ("listings", "rooms", "loss l.", "loss r.", "temp.")))
    for name, x in (("objects", objects), ("objects and scores", np.hstack([objects, scores]))):
        for strength in STRENGTHS:
            rows, tuned, found = unseen_logits(folder, x, data, strength)
            if name == "objects" and strength == STRENGTHS[0]:
                describe("room-type@1", rows, tuned, data)
            describe(f"{name}, {strength}", rows, found, data)
            for share in SHARES:
                describe(f"  room-type@1 + {share} of them", rows, tuned + share * found, data)


def say_less(rows, logits, data):
    """Prints for each threshold the share of room photos without a type, and the accuracy above and below it."""
    rooms = ~data.listing[rows]
    probs, right = softmax(logits)[rooms], (logits.argmax(1) == data.targets[rows].argmax(1))[rooms]
    for threshold in THRESHOLDS:
        named = probs.max(1) >= threshold
        print(f"threshold {threshold}: {1 - named.mean():.4f} unnamed, {right[named].mean():.4f} right above, {right[~named].mean():.4f} below")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--branch", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE.parent / "models" / "catalogue" / "room-type@2")
    parser.add_argument("--choose", action="store_true")
    args = parser.parse_args()
    data = Photos(args.features)
    columns = json.loads((args.features / "objects.json").read_text())
    objects = np.fromfile(args.features / "objects.f32", "<f4").reshape(len(data.index), -1).astype(np.float64)
    features_and_probs = read(args.features, "crop256")
    if args.choose:
        return choose(args.branch, objects, np.log(features_and_probs[:, FEATURES:] + 1e-6), data)

    rows, tuned, found = unseen_logits(args.branch, objects, data, STRENGTH)
    crossed = tuned + SHARE * found
    temperature = fit_temperature(spread(rows, crossed, data), rows, data)
    say_less(rows, crossed / temperature, data)

    classifier = np.load(args.branch / "classifier.npz")
    slope, bias = fit_raw([objects], data.train, data, STRENGTH)
    slope = np.vstack([classifier["weights"].T, SHARE * slope]) / temperature
    bias = (classifier["bias"] + SHARE * bias) / temperature
    logits = np.hstack([features_and_probs[:, :FEATURES], objects]) @ slope + bias
    report(spread(rows, crossed, data), rows, logits, temperature, data)
    inputs = [{"output": "scene@1/features", "size": FEATURES, "transform": "identity"}, *columns]
    write_head(args.out, data.classes, inputs, slope, bias)


if __name__ == "__main__":
    main()
