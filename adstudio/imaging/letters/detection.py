"""Does a picture show lettering? A drawn scene must be free of it before our own copy is set.

No recognition: rows of shapes are judged by how they are made, so Hangul, Latin and the pseudo-letters of picture
models count alike. See ``find_lettering`` for what it does not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...types import Array, Box
from ..resample import resize
from .glyphs import find_glyphs, local_statistics
from .lines import FEATURES, find_lines

WORK_PX = 768
MOST_ENLARGED = 2.0
LEAST_PX = 24
SCORER = Path(__file__).parents[1] / "data" / "lettering_scorer.json"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of shapes and how much it looks like lettering, 0..1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Lettering:
    """What was found. ``score`` is that of the likeliest row; ``lines`` are those at or over the threshold."""

    score: float
    threshold: float
    lines: tuple[Line, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether the picture seems to show lettering."""
        return self.score >= self.threshold

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where, likeliest first."""
        return tuple(line.box for line in self.lines)


def rows_of(image: Array) -> Iterator[tuple[Array, Array, int]]:
    """Find every row of shapes in every size.

    Yields: boxes ``[N,4]`` in fractions of the picture, features ``[N,len(FEATURES)]``, polarity.
    """
    height, width = image.shape[:2]
    # Small pictures are enlarged: a stroke must be a few pixels wide for its shape to be told.
    scale = min(MOST_ENLARGED, WORK_PX / max(height, width))
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    grey = np.asarray(image[..., :3] @ weights, dtype=np.float32)
    grey = resize(grey, max(1, round(width * scale)), max(1, round(height * scale)))
    while min(grey.shape) >= LEAST_PX:
        down, across = grey.shape
        mean, deviation = local_statistics(grey)
        slopes = np.zeros_like(grey)
        slopes[:, 1:-1] += np.abs(grey[:, 2:] - grey[:, :-2])
        slopes[1:-1] += np.abs(grey[2:] - grey[:-2])
        for polarity in (-1, 1):
            boxes, features = find_lines(find_glyphs(grey, mean, deviation, polarity), slopes)
            yield boxes / np.array([across, down, across, down], dtype=np.float32), features, polarity
        if min(down, across) // 2 < LEAST_PX * 4:
            break
        grey = resize(grey, across // 2, down // 2)


def find_lettering(image: Array) -> Lettering:
    """Look for rows of letters in a picture.

    What it does not see: letters under 2 % of the picture's height or joined into one stroke (handwriting, script), a
    word of one or two shapes, letters that differ from their ground in colour alone, steep or upright lines, relief.
    What it may take for lettering: swirls, chains and small things of one make in a row.

    Shapes: ``[H,W,3] float32 sRGB 0..1`` of any size.
    Raises: InputError.
    Source: Friedman, Greedy function approximation: a gradient boosting machine (2001), for the scorer.
    """
    if image.ndim != 3 or image.shape[2] < 3 or 0 in image.shape:
        raise InputError(
            "lettering.wrong_shape",
            f"Expected a picture as [height, width, 3], but {list(image.shape)} came.",
            "Give one picture at a time.",
        )
    scorer, found = _scorer(), []
    for boxes, features, _ in rows_of(np.nan_to_num(image)):
        for box, score in zip(boxes, scorer.score(features), strict=True):
            found.append(Line(Box(*(float(min(max(edge, 0.0), 1.0)) for edge in box)), float(score)))
    found.sort(key=lambda line: -line.score)
    shown = [line for line in found if line.score >= scorer.threshold]
    return Lettering(found[0].score if found else 0.0, scorer.threshold, tuple(_apart(shown)))


def _apart(lines: list[Line]) -> list[Line]:
    """Drop what a likelier line covers already: a word is found in several sizes."""
    kept: list[Line] = []
    for line in lines:
        if not any(line.box.overlap_share(other.box) > 0.5 for other in kept):
            kept.append(line)
    return kept


@dataclass(frozen=True, slots=True)
class Scorer:
    """Boosted trees as tables ``[trees, nodes]``; a leaf leads to itself."""

    threshold: float
    bias: float
    depth: int
    feature: NDArray[np.intp]
    limit: NDArray[np.float64]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    value: NDArray[np.float64]

    def score(self, features: Array) -> NDArray[np.float64]:
        """Judge rows of shapes. Shapes: ``[N,len(FEATURES)] -> [N]``, 0..1."""
        tree = np.arange(len(self.feature))[None, :]
        row = np.arange(len(features))[:, None]
        node = np.zeros((len(features), len(self.feature)), dtype=np.intp)
        for _ in range(self.depth):
            low = features[row, self.feature[tree, node]] <= self.limit[tree, node]
            node = np.where(low, self.left[tree, node], self.right[tree, node])
        return 1 / (1 + np.exp(-(self.bias + self.value[tree, node].sum(axis=1))))


def read_scorer(data: dict[str, Any]) -> Scorer:
    """Build the scorer from its data file; every branch is ``[feature, limit, left, right]``, every leaf a number."""
    trees = data["trees"]
    shape = len(trees), max(len(tree) for tree in trees)
    feature, left, right = (np.zeros(shape, dtype=np.intp) for _ in range(3))
    limit, value = np.zeros(shape), np.zeros(shape)
    for index, tree in enumerate(trees):
        for node, entry in enumerate(tree):
            if isinstance(entry, list):
                name, limit[index, node], left[index, node], right[index, node] = entry
                feature[index, node] = FEATURES.index(name)
            else:
                value[index, node] = entry
                left[index, node] = right[index, node] = node
    return Scorer(data["threshold"], data["bias"], data["depth"], feature, limit, left, right, value)


@cache
def _scorer() -> Scorer:
    return read_scorer(json.loads(SCORER.read_text(encoding="utf-8")))
