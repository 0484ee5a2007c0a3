"""Rows of letter-like shapes, and the figures by which a row of letters differs from beans, bricks and leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from .glyphs import Ints, Table

FEATURES = (
    "count",
    "length",
    "thickness_px",
    "slope",
    "mean_height",
    "max_height",
    "height_spread",
    "tall_share",
    "cover",
    "fill",
    "gap_spread",
    "stroke",
    "stroke_spread",
    "core_share",
    "complexity",
    "complexity_spread",
    "aspect_spread",
    "fill_spread",
    "area_spread",
    "holes",
    "contrast",
    "contrast_spread",
    "tone_spread",
    "inner",
    "outer",
    "sharp",
    "upright",
    "slanted",
    "turn_evenness",
    "strokes_across",
    "strokes_down",
    "neighbours",
    "margin",
    "crowd",
)
_REACH_PX = 56
_GAP, _STACK = 0.65, 0.22  # of the larger height: how far apart the letters of a word, the parts of a syllable may be
_LEAST_COUNT = 3


def find_lines(glyphs: Table, slopes: Array) -> tuple[Array, Array]:
    """Join shapes of one brush that stand side by side, and describe each row of them.

    Args:
        slopes: how steep the brightness of the picture is, ``[h,w]``.
    Returns: boxes ``[N,4]`` in pixels, features ``[N,len(FEATURES)]``.
    Source: after Epshtein et al., Detecting text in natural scenes with stroke width transform (2010), for joining
        letters by stroke, tone and height; the figures are our own.
    """
    empty = np.zeros((0, 4), np.float32), np.zeros((0, len(FEATURES)), np.float32)
    if not glyphs or len(glyphs["x0"]) < _LEAST_COUNT:
        return empty
    group = _join(glyphs)
    size = np.bincount(group)
    reach_left = np.full(len(size), np.inf, np.float32)
    reach_right = np.full(len(size), -np.inf, np.float32)
    np.minimum.at(reach_left, group, glyphs["x0"])
    np.maximum.at(reach_right, group, glyphs["x1"])
    keep = size >= _LEAST_COUNT
    if not keep.any():
        return empty
    number = np.full(len(size), -1, dtype=np.intp)
    number[keep] = np.arange(int(keep.sum()))
    rows = number[group]
    mine = {name: column[rows >= 0] for name, column in glyphs.items()}
    return _describe(mine, rows[rows >= 0], int(keep.sum()), glyphs, slopes)


def _join(glyphs: Table) -> Ints:
    """Number the rows. Returns: the row of each shape."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    x0, y0, x1, y1 = (glyphs[name] for name in ("x0", "y0", "x1", "y1"))
    centres = np.stack([(x0 + x1) / 2, (y0 + y1) / 2], axis=1)
    pairs = KDTree(centres).query_pairs(_REACH_PX, output_type="ndarray")
    one, other = pairs[:, 0], pairs[:, 1]
    tall, wide = y1 - y0, x1 - x0
    stroke = 2 * glyphs["area"] / glyphs["rim"]

    def least(values: Array) -> Array:
        return np.minimum(values[one], values[other])

    def most(values: Array) -> Array:
        return np.maximum(values[one], values[other])

    gap_x, gap_y = most(x0) - least(x1), most(y0) - least(y1)
    height = most(tall)
    beside = (gap_x <= _GAP * height) & (-gap_y >= 0.5 * least(tall)) & (height <= 3 * least(tall))
    extent = np.maximum(tall, wide)
    above = (gap_y <= _STACK * most(extent)) & (-gap_x >= 0.5 * least(wide)) & (most(extent) <= 3 * least(extent))
    inside = glyphs["inside"]
    alike = np.abs(inside[one] - inside[other]) <= 0.3 * most(glyphs["contrast"])
    alike &= most(stroke) <= 2.5 * least(stroke)
    near = alike & (beside | above)
    count = len(x0)
    graph = coo_matrix((np.ones(int(near.sum()), np.int8), (one[near], other[near])), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.intp)


def _describe(glyphs: Table, rows: Ints, count: int, all_glyphs: Table, slopes: Array) -> tuple[Array, Array]:
    number = np.bincount(rows, minlength=count).astype(np.float32)

    def mean(values: NDArray[Any]) -> Array:
        return (np.bincount(rows, values, minlength=count) / number).astype(np.float32)

    def spread(values: NDArray[Any]) -> Array:
        centred = values - mean(values)[rows]
        return np.sqrt(mean(centred * centred))

    def total(values: NDArray[Any]) -> Array:
        return np.bincount(rows, values, minlength=count).astype(np.float32)

    x0, y0, x1, y1 = (glyphs[name] for name in ("x0", "y0", "x1", "y1"))
    tall, wide, area, rim = y1 - y0, x1 - x0, glyphs["area"], glyphs["rim"]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    from_x, from_y = x - mean(x)[rows], y - mean(y)[rows]
    # Few shapes tell little about the slope: the added height keeps it near level for them.
    slope = np.clip(total(from_x * from_y) / (total(from_x**2) + total(from_y**2) + mean(tall) ** 2), -0.4, 0.4)
    level = y - slope[rows] * from_x
    left, right = _edge(rows, count, x0, least=True), _edge(rows, count, x1)
    thickness = np.maximum(_edge(rows, count, level + tall / 2) - _edge(rows, count, level - tall / 2, least=True), 1.0)
    length = right - left
    boxes = np.stack([left, _edge(rows, count, y0, least=True), right, _edge(rows, count, y1)], axis=1).astype(
        np.float32
    )
    high = tall / thickness[rows]
    stroke = 2 * area / rim
    contrast = mean(glyphs["contrast"])
    complexity = np.log(rim * rim / area)
    turns = np.stack([mean(glyphs[f"turn_{way}"]) for way in range(4)])
    around, margin = _surroundings(boxes, thickness, all_glyphs, slopes)
    figures = {
        "count": np.log(number),
        "length": np.log(length / thickness),
        "thickness_px": np.log(thickness),
        "slope": np.abs(slope),
        "mean_height": mean(high),
        "max_height": _edge(rows, count, high),
        "height_spread": spread(high) / mean(high),
        "tall_share": mean(high >= 0.6),
        "cover": total(wide) / length,
        "fill": total(area) / (length * thickness),
        "gap_spread": _gap_spread(rows, count, x, length, number),
        "stroke": mean(stroke) / thickness,
        "stroke_spread": spread(stroke) / mean(stroke),
        "core_share": total(glyphs["core"]) / total(area),
        "complexity": mean(complexity),
        "complexity_spread": spread(complexity),
        "aspect_spread": spread(np.log(wide / tall)),
        "fill_spread": spread(area / (wide * tall)),
        "area_spread": spread(np.log(area)),
        "holes": np.minimum(mean(glyphs["holes"]), 3.0),
        "contrast": contrast,
        "contrast_spread": spread(glyphs["contrast"]) / contrast,
        "tone_spread": spread(glyphs["inside"]) / contrast,
        "inner": mean(glyphs["inner"] / glyphs["contrast"]),
        "outer": mean(glyphs["outer"] / glyphs["contrast"]),
        "sharp": mean(glyphs["sharp"] / glyphs["contrast"]),
        "upright": turns[0],
        "slanted": np.minimum(turns[1], turns[3]),
        "turn_evenness": -(turns * np.log(turns + 1e-3)).sum(axis=0),
        "strokes_across": mean(glyphs["runs_x"] / tall),
        "strokes_down": mean(glyphs["runs_y"] / wide),
        "neighbours": np.maximum(around - number, 0) / number,
        "margin": margin / contrast,
        "crowd": np.full(count, np.log1p(len(all_glyphs["x0"])), np.float32),
    }
    return boxes, np.stack([figures[name] for name in FEATURES], axis=1).astype(np.float32)


def _edge(rows: Ints, count: int, values: NDArray[Any], *, least: bool = False) -> Array:
    found = np.full(count, np.inf if least else -np.inf, dtype=np.float32)
    (np.minimum if least else np.maximum).at(found, rows, values.astype(np.float32))
    return found


def _gap_spread(rows: Ints, count: int, x: NDArray[Any], length: Array, number: Array) -> Array:
    """How unevenly a row's shapes follow each other, 0 = like clockwork."""
    order = np.lexsort((x, rows))
    steps, same = np.diff(x[order]), np.diff(rows[order]) == 0
    owner = rows[order][1:][same]
    pace = length / number
    share = (steps[same] / pace[owner] - 1) ** 2
    return np.sqrt(np.bincount(owner, share, minlength=count) / np.maximum(number - 1, 1)).astype(np.float32)


def _surroundings(boxes: Array, thickness: Array, glyphs: Table, slopes: Array) -> tuple[Array, Array]:
    """How many shapes lie in and around each row, and how restless the ground around it is."""
    height, width = slopes.shape
    cells = np.zeros((height // 8 + 2, width // 8 + 2), dtype=np.float32)
    middle = (glyphs["y0"] + glyphs["y1"]) / 16, (glyphs["x0"] + glyphs["x1"]) / 16
    np.add.at(cells, (middle[0].astype(np.intp) + 1, middle[1].astype(np.intp) + 1), 1)
    counts, sums = cells.cumsum(0).cumsum(1), np.pad(slopes, ((1, 0), (1, 0))).cumsum(0, np.float64).cumsum(1)

    def within(table: NDArray[Any], box: NDArray[Any], scale: float) -> Array:
        limit = np.array([table.shape[1] - 1, table.shape[0] - 1] * 2)
        a, b, c, d = np.clip(np.round(box / scale), 0, limit).astype(np.intp).T
        return (table[d, c] - table[b, c] - table[d, a] + table[b, a]).astype(np.float32)

    pad = np.stack([-thickness, -thickness, thickness, thickness], axis=1)
    around = within(counts, boxes + pad, 8.0)
    outer = np.clip(boxes + 0.5 * pad, 0, [width, height] * 2)
    inner = np.clip(boxes + 2 * np.sign(pad), 0, [width, height] * 2)
    room = (outer[:, 2] - outer[:, 0]) * (outer[:, 3] - outer[:, 1])
    room -= (inner[:, 2] - inner[:, 0]) * (inner[:, 3] - inner[:, 1])
    margin = (within(sums, outer, 1.0) - within(sums, inner, 1.0)) / np.maximum(room, 1)
    return around, margin.astype(np.float32)
