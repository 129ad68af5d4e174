"""Labelled photos for the training scripts: labels, weights, hold-outs and folds."""
import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

SEED = 7
FOLDS = 5
LISTING_WEIGHT = 2.0  # production gets listing photos, and the training data has fewer of them


class Photos:
    """The photos in index.json of export_features.ts or export_pixels.ts, in the same order."""

    def __init__(self, folder):
        self.index = json.loads((Path(folder) / "index.json").read_text())
        self.files = np.array([photo["file"] for photo in self.index])
        self.labels = np.array([photo["label"] for photo in self.index])
        self.listing = np.array([photo["split"] is not None for photo in self.index])
        self.classes = [str(name) for name in sorted(set(self.labels))]
        self.targets = (self.labels[:, None] == np.array(self.classes)).astype(np.float32)
        self.weights = np.where(self.listing, LISTING_WEIGHT, 1.0)
        self.validation = np.array([photo["split"] == "validation" for photo in self.index])
        rooms = np.where(~self.listing)[0]
        held = train_test_split(rooms, test_size=0.2, random_state=SEED, stratify=self.labels[rooms])[1]
        self.holdout = np.zeros(len(self.index), bool)
        self.holdout[held] = True
        self.train = np.where(~self.validation & ~self.holdout)[0]

    def folds(self):
        """Yields (seen, unseen) rows of the training photos, five times; photos of one listing are in one fold."""
        groups = np.array([file.split("_")[0] if listing else f"{label}/{file}" for file, label, listing in zip(self.files, self.labels, self.listing)])
        strata = np.char.add(self.labels, np.where(self.listing, "1", "0"))
        made = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(self.train, strata[self.train], groups[self.train])
        return [(self.train[seen], self.train[unseen]) for seen, unseen in made]

    def accuracy(self, logits, rows):
        return float((logits[rows].argmax(1) == self.targets[rows].argmax(1)).mean())
