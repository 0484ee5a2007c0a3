"""From drawn pictures to the scorer's data file: describe and label rows of shapes, boost trees, set a threshold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adstudio.imaging.letters.detection import rows_of
from adstudio.imaging.letters.lines import FEATURES

from .signs import Sample, Sign, draw_sample

UNSURE = -1
ROUNDS, LEAVES, DEPTH = 120, 12, 5
FALSE_ALARMS = 0.01  # of the calibration's pictures without lettering


@dataclass(frozen=True)
class Rows:
    """The rows of shapes of one picture: features, labels (1, 0 or ``UNSURE``), and whether it shows lettering."""

    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    is_lettered: bool


def describe(sample: Sample) -> Rows:
    """Describe and label the rows of a drawn picture."""
    height, width = sample.picture.shape[:2]
    features, labels = [], []
    for boxes, figures, polarity in rows_of(sample.picture):
        features.append(figures)
        labels.append(label(boxes * np.array([width, height, width, height]), polarity, sample.signs))
    if not features:
        return Rows(np.zeros((0, len(FEATURES)), np.float32), np.zeros(0, np.int8), bool(sample.signs))
    return Rows(np.concatenate(features), np.concatenate(labels), bool(sample.signs))


def label(boxes: NDArray[Any], polarity: int, signs: Iterable[Sign]) -> NDArray[np.int8]:
    """Label rows: 1 = a good part of a line of letters, 0 = nowhere near one, else unsure.

    What lies between the letters, in the other polarity, is unsure too: it looks as it looks because of them.
    """
    labels = np.zeros(len(boxes), np.int8)
    area = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1)
    covered = np.zeros(len(boxes))
    for sign in signs:
        covered += _shared(boxes, sign.box) / area
        x0, y0, x1, y1 = sign.box
        labels[_shared(boxes, (x0 - 5, y0 - 5, x1 + 5, y1 + 5)) > 0.02 * area] = UNSURE
    for sign in signs:
        wide, tall = sign.box[2] - sign.box[0], sign.box[3] - sign.box[1]
        large = (boxes[:, 3] - boxes[:, 1] >= 0.5 * tall) & (boxes[:, 2] - boxes[:, 0] >= 0.35 * wide)
        mine = (_shared(boxes, sign.box) > 0) & (covered > 0.55) & large
        labels[mine & (polarity == np.sign(sign.contrast))] = 1
    return labels


def _shared(boxes: NDArray[Any], box: tuple[float, float, float, float]) -> NDArray[Any]:
    across = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    down = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    return np.maximum(across, 0) * np.maximum(down, 0)


def collect(count: int, *, held_out: bool, cache_dir: Path, workers: int) -> list[Rows]:
    """Draw and describe ``count`` pictures with lettering and as many without."""
    jobs = [(seed, with_signs) for seed in range(count) for with_signs in (True, False)]
    make = partial(_one, held_out=held_out, cache_dir=cache_dir)
    with get_context("spawn").Pool(workers) as pool:
        return list(pool.imap(make, jobs, chunksize=8))


def _one(job: tuple[int, bool], *, held_out: bool, cache_dir: Path) -> Rows:
    return describe(draw_sample(job[0], held_out=held_out, with_signs=job[1], cache_dir=cache_dir))


def train(rows: list[Rows]) -> dict[str, Any]:
    """Boost trees on the labelled rows. Returns: the data file's content, its threshold still to be set."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features = np.concatenate([each.features for each in rows])
    labels = np.concatenate([each.labels for each in rows])
    sure = labels != UNSURE
    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=0.1,
        max_leaf_nodes=LEAVES,
        max_depth=DEPTH,
        min_samples_leaf=30,
        l2_regularization=5.0,
        # More contrast must never make a word less likely.
        monotonic_cst=[int(name == "contrast") for name in FEATURES],
        early_stopping=False,  # pyright: ignore[reportArgumentType]
        random_state=0,
    ).fit(features[sure], labels[sure])
    trees = [_tree(stage[0].nodes) for stage in model._predictors]
    bias = float(np.ravel(model._baseline_prediction)[0])
    return {"threshold": 0.5, "bias": round(bias, 5), "depth": DEPTH, "trees": trees}


def _tree(nodes: NDArray[Any]) -> list[Any]:
    return [
        round(float(node["value"]), 4)
        if node["is_leaf"]
        else [
            FEATURES[node["feature_idx"]],
            float(f"{node['num_threshold']:.5g}"),
            int(node["left"]),
            int(node["right"]),
        ]
        for node in nodes
    ]


def calibrate(scores: NDArray[Any]) -> float:
    """Find the threshold that ``FALSE_ALARMS`` of clean pictures reach, but at least an even chance."""
    return round(max(0.5, float(np.quantile(scores, 1 - FALSE_ALARMS))), 3)


def write(data: dict[str, Any], path: Path) -> None:
    """Write the data file, one tree a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {name: value for name, value in data.items() if name != "trees"}
    trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in data["trees"])
    text = json.dumps(head, indent=1)[:-2] + ',\n "trees": [\n' + trees + "\n]\n}\n"
    path.write_text(text, encoding="utf-8")
