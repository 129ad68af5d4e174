"""room-type@1: seven room types from the features of scene@1.

usage:
  npx tsx training/export/export_features.ts --out FEATURES --photos listings=LISTINGS --photos rooms=ROOMS \\
      --view crop256
  python training/train_room_type.py --features FEATURES --branch BRANCH [--out DIR]
LISTINGS holds listings.csv (listing_id, split) and photos/<id>_<label>.jpg; ROOMS holds <label>/<file>.jpg. To train on
your own photos, arrange them in one of these layouts and give their folders instead.

1. The head is the linear classifier that tune_room_branch.py tuned together with the features (BRANCH/classifier.npz).
   FEATURES are exported with the runtime of production, after convert_scene.py has put the branch into scene@1.
2. The temperature is fitted on the scores of photos that were excluded from tuning (BRANCH/fold<n>.npz).
3. Accuracies on the two hold-outs are printed: listings whose split is `validation`, and a fifth of ROOMS by seed,
   whose names go to rooms-holdout.txt. The committed head is the measured one. It is not refitted on the hold-outs, so
   that its figures stay valid.

Without --branch, a multinomial logistic regression on the unchanged features is fitted instead. This is quick, and
enough for your own photos or types. Its temperature is fitted by 5-fold cross-validation, photos of one listing in one
fold, on all photos except the two hold-outs. `--choose` prints such a cross-validation of several inputs and strengths
and writes nothing. The defaults (CHOSEN, REGULARISATION) were set by hand; differences within a standard error (0.9
points on rooms) were ignored.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from room_photos import Photos

FEATURES, CLASSES = 1280, 1000
REGULARISATION = 0.3
HERE = Path(__file__).resolve().parent


def read(folder, view):
    """Returns [photos, 2280]: 1280 features, then 1000 probabilities."""
    return np.fromfile(folder / f"{view}.f32", "<f4").reshape(-1, FEATURES + CLASSES)


INPUTS = {  # columns of the head; the names of the transforms are those of models/columns.ts
    "features": lambda rows: rows[:, :FEATURES],
    "sqrt features": lambda rows: np.sqrt(np.maximum(rows[:, :FEATURES], 0)),
    "log probs": lambda rows: np.log(rows[:, FEATURES:] + 1e-6),
    "sqrt features + log probs": lambda rows: np.hstack([INPUTS["sqrt features"](rows), INPUTS["log probs"](rows)]),
}
CHOSEN = "sqrt features + log probs"  # the pipeline provides both


def fit(x, targets, weights, strength):
    """Returns weights [columns + 1, classes] that minimise mean cross-entropy + strength/2 * sum of squares."""
    x = np.hstack([x, np.ones((len(x), 1), np.float32)])
    share = (weights / weights.sum()).astype(np.float32)[:, None]
    penalty = np.full((x.shape[1], 1), strength, np.float32)
    penalty[-1] = 0

    def loss(flat):
        w = flat.reshape(x.shape[1], -1).astype(np.float32)
        p = softmax(x @ w)
        value = -(share * np.log((p * targets).sum(1, keepdims=True) + 1e-12)).sum() + 0.5 * (penalty * w * w).sum()
        return float(value), (x.T @ (share * (p - targets)) + penalty * w).astype(np.float64).ravel()

    start = np.zeros(x.shape[1] * targets.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.reshape(x.shape[1], -1)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def fit_raw(views, rows, data, strength):
    """Standardises, fits on all views and folds the standardisation in: logits = x @ w + b on unstandardised inputs."""
    x = np.vstack([view[rows] for view in views])
    mean, scale = x.mean(0), x.std(0) + 1e-3
    w = fit((x - mean) / scale, np.vstack([data.targets[rows]] * len(views)), np.tile(data.weights[rows], len(views)), strength)
    slope = w[:-1] / scale[:, None]
    return slope, w[-1] - mean @ slope


def cross_validate(views, data, strength):
    """Returns logits of every training photo (first view) from heads that did not see it; other rows are zero."""
    logits = np.zeros(data.targets.shape, np.float64)
    for seen, unseen in data.folds():
        slope, bias = fit_raw(views, seen, data, strength)
        logits[unseen] = views[0][unseen] @ slope + bias
    return logits


def choose(tables, data):
    listing, room = data.train[data.listing[data.train]], data.train[~data.listing[data.train]]
    print("cross-validation                          listings   rooms")
    for name, make in INPUTS.items():
        for count in range(1, len(tables) + 1):
            views = [make(table) for table in tables[:count]]
            for strength in (0.03, 0.1, 0.3):
                logits = cross_validate(views, data, strength)
                print(f"{name:26} {count} view(s) {strength:<5} {data.accuracy(logits, listing):8.4f} {data.accuracy(logits, room):8.4f}", flush=True)


def logistic_regression(tables, data):
    """Returns (inputs, slope, bias, logits of unseen rows, those rows)."""
    views = [INPUTS[CHOSEN](table) for table in tables]
    inputs = [{"output": "scene@1/features", "size": FEATURES, "transform": "sqrt"}, {"output": "scene@1/probs", "size": CLASSES, "transform": "log"}]
    return (inputs, views[0], *fit_raw(views, data.train, data, REGULARISATION), cross_validate(views, data, REGULARISATION), data.train)


def tuned_classifier(folder, tables, data):
    """Returns the same for the classifier tuned with the features; unseen rows are those of the folds that were run."""
    inputs = [{"output": "scene@1/features", "size": FEATURES, "transform": "identity"}]
    classifier = np.load(folder / "classifier.npz")
    logits, folds = np.zeros(data.targets.shape), [np.load(path) for path in sorted(folder.glob("fold?.npz"))]
    for fold in folds:
        logits[fold["rows"]] = fold["logits"]
    rows = np.concatenate([fold["rows"] for fold in folds])
    return inputs, INPUTS["features"](tables[0]), classifier["weights"].T.astype(np.float64), classifier["bias"].astype(np.float64), logits, rows


def fit_temperature(logits, rows, data):
    """Returns the divisor of the logits that minimises the log-loss of unseen photos."""
    targets = data.targets[rows]
    loss = lambda t: -np.log((softmax(logits[rows] / t) * targets).sum(1) + 1e-12).mean()
    return float(minimize_scalar(loss, bounds=(0.3, 3), method="bounded").x)


def calibration_error(probs, hits, bins=10):
    """Returns the expected calibration error: mean distance of confidence and accuracy over ten equal bins."""
    confidence = probs.max(1)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(confidence[bin_of == b].mean() - hits[bin_of == b].mean()) * (bin_of == b).mean() for b in set(bin_of)))


def report(crossed, unseen, logits, temperature, data):
    """Prints the metrics of a card: `crossed` are logits of photos `unseen` in tuning, `logits` those of hold-outs."""
    listing, room = (unseen[data.listing[unseen] == kind] for kind in (True, False))
    metrics = {
        "crossValidationListings": data.accuracy(crossed, listing),
        "crossValidationRooms": data.accuracy(crossed, room),
        "crossValidationPhotos": len(unseen),
        "validationListings": data.accuracy(logits, data.validation),
        "holdoutRooms": data.accuracy(logits, data.holdout),
        "temperature": temperature,
    }
    for name, rows in (("validationListings", data.validation), ("holdoutRooms", data.holdout)):
        hits = logits[rows].argmax(1) == data.targets[rows].argmax(1)
        metrics[f"{name}CalibrationError"] = calibration_error(softmax(logits[rows]), hits)
    metrics = {name: round(value, 4) for name, value in metrics.items()}
    print(json.dumps(metrics, indent=2))
    for kind, label in enumerate(data.classes):
        rows = np.where(data.holdout & (data.labels == label))[0]
        if len(rows) > 0:
            print(f"recall of {label}: {(logits[rows].argmax(1) == kind).mean():.4f}")


def write_head(folder, classes, inputs, slope, bias):
    rounded = [[float(f"{value:.6g}") for value in column] for column in slope.T]
    head = {"classes": classes, "inputs": inputs, "weights": rounded, "bias": [float(f"{b:.6g}") for b in bias]}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(head, separators=(",", ":")).replace("],[", "],\n[") + "\n"
    (folder / "weights.json").write_text(text)
    (folder / "labels.json").write_text(json.dumps(classes) + "\n")
    print(f"weights.json: {len(text)} bytes, sha256 {hashlib.sha256(text.encode()).hexdigest()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--branch", type=Path, help="output of tune_room_branch.py")
    parser.add_argument("--views", nargs="+", default=["crop256"], help="views to train on; the first one is that of production")
    parser.add_argument("--out", type=Path, default=HERE.parent / "models" / "catalogue" / "room-type@1")
    parser.add_argument("--choose", action="store_true", help="print the cross-validation table and write nothing")
    args = parser.parse_args()
    data = Photos(args.features)
    tables = [read(args.features, view) for view in args.views]
    if args.choose:
        return choose(tables, data)

    made = tuned_classifier(args.branch, tables, data) if args.branch else logistic_regression(tables, data)
    inputs, x, slope, bias, crossed, unseen = made
    temperature = fit_temperature(crossed, unseen, data)
    slope, bias = slope / temperature, bias / temperature
    logits = x @ slope + bias

    report(crossed, unseen, logits, temperature, data)
    write_head(args.out, data.classes, inputs, slope, bias)
    (HERE / "rooms-holdout.txt").write_text("\n".join(sorted(f"{data.labels[i]}/{data.files[i]}" for i in np.where(data.holdout)[0])) + "\n")


if __name__ == "__main__":
    main()
