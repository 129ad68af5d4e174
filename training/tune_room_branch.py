"""The room branch of scene@1: a copy of the last blocks of EfficientNet-Lite0, tuned to room types.

usage:
  npx tsx training/export/export_pixels.ts --out PIXELS --photos listings=LISTINGS --photos rooms=ROOMS
  python training/teach_rooms.py --pixels PIXELS --out BRANCH --folds 0
  python training/tune_room_branch.py --pixels PIXELS --out BRANCH --fold 0 --seeds 2 3   (measures the recipe)
  python training/tune_room_branch.py --pixels PIXELS --out BRANCH                        (makes the branch)
  python training/convert_scene.py --branch BRANCH/branch.npz
train_room_type.py describes LISTINGS and ROOMS; run it last.

1. The trunk (blocks 0 to 10) is frozen. Its outputs are computed once for VIEWS crops of each training photo and kept
   in BRANCH/trunk.npy: the crop of production, and random crops with other brightness, contrast and colour.
2. Blocks 11 to 15, the last convolution and a linear classifier are tuned by AdamW on mirrored and mixed crops with
   soft labels: half the label of the photo, half the prediction of the teacher. The result is a moving average of the
   weights. Depthwise kernels and batch normalisation stay unchanged.
   This is repeated for each of --seeds, from the same start, and all resulting weights are averaged. The result of a
   seed is kept in BRANCH/<all or fold<n>>-seed<s>.pt, and is not tuned again while that file exists.
3. Without --fold, all training photos are used. With it, a fifth of them (photos of one listing together) is excluded
   and measured, and its logits go to BRANCH/fold<n>.npz, on which train_room_type.py fits the temperature.
Neither reads the hold-outs: listings whose split is `validation`, and the photos of rooms-holdout.txt.
With one thread and fixed seeds, the same machine creates the same branch again. About 15 ms per photo, epoch and seed.
"""
import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from onnx import TensorProto, helper
from PIL import Image, ImageEnhance
from torch import nn

import onnx_prelude as prelude
from convert_scene import MEAN, SCALE, SIDE, TRUNK_CHANNELS, TRUNK_SIDE, fold, model, read_source, trunk
from lite0_torch import Tail
from room_photos import Photos

VIEWS, EPOCHS, BATCH, SEEDS = 4, 6, 32, (1, 2, 3)
RATE, HEAD_RATE, HEAD_DECAY, WARM_UP = 2e-4, 3e-4, 0.05, 60  # WARM_UP in steps
SMOOTHING, MIXUP, DROPOUT, SKIP = 0.03, 0.2, 0.2, 0.1
TEACHER_SHARE, TEACHER_TEMPERATURE = 0.5, 0.7
AVERAGING = 0.995
LISTING_WEIGHT = 1.0  # in the loss; lower than in room_photos.py, because listings leave little to learn
CLASSIFIER_PENALTY = 0.15


class Pixels(Photos):
    def __init__(self, folder):
        super().__init__(folder)
        self.sizes = [(photo["height"], photo["width"]) for photo in self.index]
        self.starts = np.concatenate([[0], np.cumsum([3 * height * width for height, width in self.sizes])])
        self.bytes = np.memmap(folder / "pixels.u8", np.uint8, "r")

    def image(self, row):
        return self.bytes[self.starts[row]:self.starts[row + 1]].reshape(*self.sizes[row], 3)


def served(image):
    top, left = ((size - SIDE) // 2 for size in image.shape[:2])
    return image[top:top + SIDE, left:left + SIDE]


def random_view(image, rng):
    """Returns a random part of 40 to 100 % of the area, possibly mirrored, with slightly changed colours."""
    height, width, _ = image.shape
    area, ratio = height * width * rng.uniform(0.4, 1), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    w, h = min(width, round(math.sqrt(area * ratio))), min(height, round(math.sqrt(area / ratio)))
    left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    view = Image.fromarray(image).resize((SIDE, SIDE), Image.BILINEAR, box=(left, top, left + w, top + h))
    if rng.random() < 0.5:
        view = view.transpose(Image.FLIP_LEFT_RIGHT)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = change(view).enhance(rng.uniform(0.75, 1.25))
    return np.asarray(view)


def trunk_session(folded):
    first_nodes, first_constants = prelude.prelude([MEAN] * 3)
    graph, output = trunk(folded, "pixels", SCALE)
    nodes = first_nodes + graph.nodes + [helper.make_node("Identity", [output], ["shared"])]
    return prelude.session(model(nodes, first_constants + graph.constants, prelude.input_info(), [("shared", [TRUNK_CHANNELS, TRUNK_SIDE, TRUNK_SIDE])]))


def compute_trunk(path, photos, folded):
    """Returns float16 [VIEWS, training photos, 14, 14, 112]; the first view is that of production."""
    session, rows = trunk_session(folded), photos.train
    made = np.lib.format.open_memmap(path.with_suffix(".part"), "w+", np.float16, (VIEWS, len(rows), TRUNK_SIDE, TRUNK_SIDE, TRUNK_CHANNELS))
    for view in range(VIEWS):
        rng = np.random.default_rng(100 + view)
        for start in range(0, len(rows), 16):
            images = [photos.image(row) for row in rows[start:start + 16]]
            batch = np.stack([served(image) if view == 0 else random_view(image, rng) for image in images])
            made[view, start:start + 16] = session.run(["shared"], {"input": batch})[0].transpose(0, 2, 3, 1)
        print(f"trunk: view {view + 1} of {VIEWS}", flush=True)
    path.with_suffix(".part").rename(path)


class Examples:
    """Rows of the trunk's outputs, by index of the training photo."""

    def __init__(self, path, photos, taught):
        self.shared = np.load(path, mmap_mode="r")
        self.labels = torch.tensor(photos.targets[photos.train])
        teacher = (torch.tensor(taught) / TEACHER_TEMPERATURE).softmax(1).float()
        self.targets = (1 - TEACHER_SHARE) * self.labels + TEACHER_SHARE * teacher
        self.weights = torch.tensor(np.where(photos.listing[photos.train], LISTING_WEIGHT, 1.0), dtype=torch.float32)

    def planes(self, views, positions):
        stacked = np.stack([self.shared[view, position] for view, position in zip(views, positions)])
        return torch.from_numpy(stacked).float().permute(0, 3, 1, 2)

    def features(self, tail, positions):
        """Returns features of the production crop [positions, 1280]."""
        tail.eval()
        with torch.no_grad():
            parts = [positions[start:start + 64] for start in range(0, len(positions), 64)]
            return torch.cat([tail(self.planes([0] * len(part), part)) for part in parts])


def mean_loss(logits, targets, weights):
    smooth = targets * (1 - SMOOTHING) + SMOOTHING / targets.shape[1]
    return (-(smooth * logits.log_softmax(1)).sum(1) * weights).sum() / weights.sum()


def first_classifier(x, targets, weights):
    """Returns a linear classifier fitted on the unchanged features, as the start of tuning."""
    classifier = nn.Linear(x.shape[1], targets.shape[1])
    nn.init.zeros_(classifier.weight)
    nn.init.zeros_(classifier.bias)
    mean, scale = x.mean(0), x.std(0) + 1e-3
    standard = (x - mean) / scale
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=60)

    def closure():
        optimizer.zero_grad()
        loss = mean_loss(classifier(standard), targets, weights) + CLASSIFIER_PENALTY * classifier.weight.pow(2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        classifier.weight /= scale
        classifier.bias -= classifier.weight @ mean
    return classifier


def tune(tail, classifier, examples, positions, seed):
    """Tunes both in place."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    blocks = [parameter for parameter in tail.parameters() if parameter.requires_grad]
    parameters = blocks + list(classifier.parameters())
    average = [parameter.detach().clone() for parameter in parameters]
    optimizer = torch.optim.AdamW([{"params": blocks, "lr": RATE, "weight_decay": 0.0},
                                   {"params": classifier.parameters(), "lr": HEAD_RATE, "weight_decay": HEAD_DECAY}])
    steps, step, started = EPOCHS * math.ceil(len(positions) / BATCH), 0, time.perf_counter()
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda at: min(1, (at + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * at / steps)))
    for epoch in range(EPOCHS):
        tail.train()
        order, total = rng.permutation(positions), 0.0
        for start in range(0, len(order), BATCH):
            batch = order[start:start + BATCH]
            x = examples.planes(rng.integers(0, VIEWS, len(batch)), batch).contiguous(memory_format=torch.channels_last)
            mirrored = torch.rand(len(batch)) < 0.5
            x[mirrored] = x[mirrored].flip(3)
            targets, share, other = examples.targets[batch], float(rng.beta(MIXUP, MIXUP)), torch.randperm(len(batch))
            x, targets = share * x + (1 - share) * x[other], share * targets + (1 - share) * targets[other]
            loss = mean_loss(classifier(functional.dropout(tail(x), DROPOUT)), targets, examples.weights[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            with torch.no_grad():
                torch._foreach_lerp_(average, parameters, 1 - min(AVERAGING, step / (step + 9)))
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(order):.4f}, {time.perf_counter() - started:.0f} s", flush=True)
    with torch.no_grad():
        for parameter, kept in zip(parameters, average):
            parameter.copy_(kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, help="exclude and measure this fold, 0 to 4")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="tune once per seed and average the weights")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    photos, folded = Pixels(args.pixels), fold(read_source())
    if not (args.out / "trunk.npy").exists():
        compute_trunk(args.out / "trunk.npy", photos, folded)
    taught = np.load(args.out / "teacher.npz")["all" if args.fold is None else f"without{args.fold}"]
    examples = Examples(args.out / "trunk.npy", photos, taught)

    seen, unseen = photos.folds()[args.fold] if args.fold is not None else (photos.train, photos.train[:0])
    seen_at, unseen_at = np.searchsorted(photos.train, seen), np.searchsorted(photos.train, unseen)
    tail = Tail(folded, SKIP).to(memory_format=torch.channels_last)
    classifier = first_classifier(examples.features(tail, seen_at), examples.labels[seen_at], examples.weights[seen_at])
    both = nn.ModuleList([tail, classifier])
    untuned = {name: values.clone() for name, values in both.state_dict().items()}

    def measure(moment):
        logits = np.zeros(photos.targets.shape, np.float32)
        if len(unseen) > 0:
            with torch.no_grad():
                logits[unseen] = classifier(examples.features(tail, unseen_at)).numpy()
            listings, rooms = (photos.accuracy(logits, unseen[photos.listing[unseen] == kind]) for kind in (True, False))
            print(f"{moment}: listings {listings:.4f}, rooms {rooms:.4f} of fold {args.fold}", flush=True)
        return logits

    measure("before tuning")
    tuned = []
    for seed in args.seeds:
        kept = args.out / f"{'all' if args.fold is None else f'fold{args.fold}'}-seed{seed}.pt"
        if kept.exists():
            both.load_state_dict(torch.load(kept))
        else:
            both.load_state_dict(untuned)
            tune(tail, classifier, examples, seen_at, seed)
            torch.save(both.state_dict(), kept)
        tuned.append({name: values.clone() for name, values in both.state_dict().items()})
        measure(f"seed {seed}")
    both.load_state_dict({name: sum(one[name] for one in tuned) / len(tuned) for name in untuned})
    logits = measure("average of the weights")
    if args.fold is not None:
        np.savez(args.out / f"fold{args.fold}.npz", rows=unseen, logits=logits[unseen])
    else:
        np.savez(args.out / "branch.npz", **tail.arrays())
        np.savez(args.out / "classifier.npz", weights=classifier.weight.detach().numpy(), bias=classifier.bias.detach().numpy())


if __name__ == "__main__":
    main()
