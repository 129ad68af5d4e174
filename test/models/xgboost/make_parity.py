"""Writes the models of this folder, the rows in inputs.f32, and XGBoost's own predictions for them.

usage: pip install numpy==2.4.6 scipy==1.17.1 && pip install --no-deps xgboost==3.2.0 && python make_parity.py
       then the same with xgboost==1.7.6, which reads inputs.f32 and writes the models old-*

One folder per model: card.json, weights.json as save_model wrote it, predictions.f32 [1000, outputs] by Booster.predict of the saved
file. inputs.f32 is [1000, 14], float32, little-endian: 8 "scores" in (0, 1), then 6 "facts"; a tenth is missing. The last
400 rows have facts that are exactly a split condition, or the next float32 on either side. Everything is seeded.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

HERE = Path(__file__).resolve().parent
ROWS, PLANTED, SCORES, FACTS = 1000, 400, 8, 6
OLD = xgb.__version__.startswith("1.")
if xgb.__version__ not in ("1.7.6", "3.2.0"):
    sys.exit(f"xgboost {xgb.__version__} is neither 3.2.0 nor 1.7.6")

# models/columns.ts: transforms compute in float64 and are rounded to float32
TRANSFORMS = {"identity": lambda x: x, "sqrt": lambda x: np.sqrt(np.maximum(x, 0)), "log": lambda x: np.log(x + 1e-6)}
CASES = {  # name: transform of the scores, classes of the target (0: a number), rounds, parameters
    "multi": ("log", 7, 12, {"objective": "multi:softprob", "max_depth": 3, "eta": 0.5}),
    "softmax": ("identity", 5, 4, {"objective": "multi:softmax", "max_depth": 2, "num_parallel_tree": 2, "subsample": 0.5}),
    "binary": ("sqrt", 2, 20, {"objective": "binary:logistic", "max_depth": 3}),
    "regression": ("identity", 0, 20, {"objective": "reg:squarederror", "tree_method": "exact", "max_depth": 5, "gamma": 40}),
    "dart": ("identity", 3, 8, {"objective": "multi:softprob", "max_depth": 2, "booster": "dart", "rate_drop": 0.4, "base_score": 0.3}),
}
OLD_CASES = {
    "old-multi": ("log", 4, 6, {"objective": "multi:softprob", "max_depth": 3}),
    "old-binary": ("sqrt", 2, 10, {"objective": "binary:logistic", "max_depth": 3, "base_score": 0.3}),
}


def draw(rng, count):
    """Raw rows. Two of the facts are rounded, so that many values are equal."""
    scores = rng.beta(0.4, 2, (count, SCORES))
    facts = rng.normal(size=(count, FACTS)) * [1, 1, 5, 1, 100, 1e-3]
    facts[:, 2:4] = np.round(facts[:, 2:4])
    raw = np.hstack([scores, facts]).astype(np.float32)
    raw[rng.random(raw.shape) < 0.1] = np.nan
    return raw


def targets(rng, raw, classes):
    known = np.nan_to_num(raw.astype(np.float64) / [*[0.3] * SCORES, 1, 1, 5, 1, 100, 1e-3])
    value = known @ rng.normal(size=known.shape[1]) + known[:, 0] * known[:, 9] + rng.normal(size=len(raw))
    if classes == 0:
        return 40 + 10 * value
    uneven = (np.arange(1, classes) / classes) ** 2  # uneven classes, so that base_score affects the predictions
    return np.searchsorted(np.quantile(value, uneven), value)


def columns(raw, transform):
    scores = TRANSFORMS[transform](raw[:, :SCORES].astype(np.float64)).astype(np.float32)
    return np.hstack([scores, raw[:, SCORES:]])


def train(seed, transform, classes, rounds, parameters):
    rng = np.random.default_rng(seed)
    raw = draw(rng, 3000)
    several = {"num_class": classes} if parameters["objective"].startswith("multi") else {}
    data = xgb.DMatrix(columns(raw, transform), targets(rng, raw, classes))
    return xgb.train({"seed": seed, "nthread": 1, **several, **parameters}, data, rounds)


def plant(rng, raw, boosters):
    """Sets one fact of each of the last rows to a split condition, or to a neighbour of one."""
    splits = []
    for booster in boosters:
        for tree in json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]:
            nodes = zip(tree["left_children"], tree["split_indices"], tree["split_conditions"], strict=True)
            splits += [(feature, np.float32(at)) for left, feature, at in nodes if left != -1 and feature >= SCORES]
    for row in raw[-PLANTED:]:
        feature, at = splits[rng.integers(len(splits))]
        row[feature] = [at, np.nextafter(at, np.float32(-np.inf)), np.nextafter(at, np.float32(np.inf))][rng.integers(3)]


def card(name, transform, outputs, weights, objective):
    return {
        "name": name, "version": 1, "framework": "xgboost",
        "weights": {"file": "weights.json", "sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)},
        "input": {
            "kind": "features", "from": [{"model": "toy@1", "outputs": ["scores", "facts"]}],
            "columns": [{"output": "toy@1/scores", "size": SCORES, "transform": transform}, {"output": "toy@1/facts", "size": FACTS, "transform": "identity"}],
        },
        "outputs": [{"name": "prediction", "shape": ["N", outputs], "dtype": "float32", "meaning": f"Booster.predict of {objective}"}],
        "maxBatch": 64, "memoryMiB": 0, "licence": "Apache-2.0",
        "origin": {"package": "PyPI xgboost", "version": xgb.__version__, "description": "Trained on random numbers by make_parity.py"},
        "notes": ["For tests only."],
    }


def main():
    cases = OLD_CASES if OLD else CASES
    boosters = {name: train(seed, *case) for seed, (name, case) in enumerate(cases.items(), 100 if OLD else 1)}
    if OLD:
        raw = np.fromfile(HERE / "inputs.f32", "<f4").reshape(ROWS, SCORES + FACTS)
    else:
        rng = np.random.default_rng(0)
        raw = draw(rng, ROWS)
        plant(rng, raw, [boosters[name] for name in ("multi", "binary", "regression")])
        raw.astype("<f4").tofile(HERE / "inputs.f32")
    for name, (transform, _, _, parameters) in cases.items():
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        boosters[name].save_model(folder / "weights.json")
        saved = xgb.Booster(model_file=folder / "weights.json")
        predictions = saved.predict(xgb.DMatrix(columns(raw, transform))).reshape(ROWS, -1)
        predictions.astype("<f4").tofile(folder / "predictions.f32")
        described = card(name, transform, predictions.shape[1], (folder / "weights.json").read_bytes(), parameters["objective"])
        (folder / "card.json").write_text(json.dumps(described, indent=2) + "\n")
        print(name, predictions.shape, (folder / "weights.json").stat().st_size, json.loads((folder / "weights.json").read_text())["learner"]["learner_model_param"]["base_score"])


if __name__ == "__main__":
    main()
