"""Whether a product stands, hangs or lies, as its outline and the scene suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...types import Array, CutOut, Note, Placement, Stance
from ..resample import resize_rgba
from .placement import find_spot
from .shadow import find_body

_SMALL_PX = 96
_STEP_SEEN = 0.06  # in lightness 0..1, or as much in colour: the edge of a table, the foot of a wall
_ACROSS = 0.7  # share of the columns in which it shows
_BAND = 0.08  # of the height, above and below the edge
_ABOVE = 0.08  # of the height: a base so far over the ground line touches no ground
_ALIKE = 0.05  # top and bottom of one surface differ by less
_TEXTURE = 0.012  # spread of the fine detail that makes a surface; a plain studio ground has less
_FOOT_ROWS, _FOOT = 0.04, 0.15  # share of the rows at the bottom, and of the width that they fill


def settle_stances(
    scene: Array, cutouts: Sequence[CutOut], placements: Sequence[Placement]
) -> tuple[tuple[Placement, ...], tuple[Note, ...]]:
    """Find the stance of every product on its place in a scene ``[H,W,3]``.

    Returns: the placements with it, and a note on each.
    """
    height, width = scene.shape[:2]
    surface = _look(scene)
    settled, notes = [], []
    for number, (cutout, placement) in enumerate(zip(cutouts, placements, strict=True), start=1):
        rows, columns = cutout.rgba.shape[:2]
        base = find_spot(placement, max(columns, 1) / max(rows, 1), width, height).bottom / height
        stance, note = _decide(number, surface, base, foot_share(cutout.rgba[..., 3]))
        settled.append(replace(placement, stance=stance))
        notes.append(note)
    return tuple(settled), tuple(notes)


def foot_share(alpha: Array) -> float:
    """Tell how much of its width a product (alpha ``[h,w]``) has at its very bottom: a box 1, a pendant almost 0."""
    if not alpha.any():
        return 0.0
    solid = find_body(alpha)
    rows = np.flatnonzero(solid.any(axis=1))
    foot = solid[max(rows[-1] + 1 - max(2, round(_FOOT_ROWS * len(rows))), 0) : rows[-1] + 1]
    return float(foot.any(axis=0).sum() / solid.any(axis=0).sum())


@dataclass(frozen=True, slots=True)
class _Surface:
    """``line``: where the ground begins, in shares of the height; ``fills``: one surface fills the whole picture."""

    line: float | None
    fills: bool


def _decide(number: int, surface: _Surface, base: float, foot: float) -> tuple[Stance, Note]:
    """The stance of the product of this number, and why."""
    if surface.line is not None:
        ground = f"{surface.line:.0%}"
        if base < surface.line - _ABOVE:
            said = "Product {number}: hanging, for its base is at {base}, above the ground, which begins at {ground}."
            return "hanging", Note("receipt.hangs", said, number=number, base=f"{base:.0%}", ground=ground)
        said = "Product {number}: standing, for its base is on the ground, which begins at {ground}."
        return "standing", Note("receipt.stands_on_ground", said, number=number, ground=ground)
    if surface.fills:
        said = (
            "Product {number}: flat_lay, for one surface fills the backdrop from edge to edge, as it does when seen "
            "from above."
        )
        return "flat_lay", Note("receipt.lies_on_surface", said, number=number)
    if foot < _FOOT:
        said = "Product {number}: flat_lay, for its outline has nothing to stand on (its foot is {foot} of its width)."
        return "flat_lay", Note("receipt.lies_footless", said, number=number, foot=f"{foot:.0%}")
    said = "Product {number}: standing, for the backdrop shows no ground line, and its outline has a foot."
    return "standing", Note("receipt.stands_on_foot", said, number=number)


def _look(scene: Array) -> _Surface:
    from skimage.color import rgb2lab

    height, width = scene.shape[:2]
    scale = _SMALL_PX / max(height, width)
    small = resize_rgba(
        np.concatenate([scene, np.ones((height, width, 1), np.float32)], axis=-1),
        max(16, round(width * scale)), max(16, round(height * scale)),
    )[..., :3]  # fmt: skip
    lab = (np.asarray(rgb2lab(np.clip(small, 0, 1))) / 100).astype(np.float32)
    line = _ground_line(lab)
    third = len(lab) // 3
    top, bottom = lab[:third], lab[-third:]
    apart = float(np.abs(top.mean(axis=(0, 1)) - bottom.mean(axis=(0, 1))).max())
    fine = min(_fine(top), _fine(bottom))
    return _Surface(line, line is None and apart < _ALIKE and fine > _TEXTURE)


def _ground_line(lab: Array) -> float | None:
    """The row at which most columns change at once, and stay changed."""
    rows = len(lab)
    band = max(2, round(_BAND * rows))
    best: tuple[float, int] | None = None
    for row in range(max(band, round(0.2 * rows)), min(rows - band, round(0.9 * rows))):
        above, below = lab[row - band : row].mean(axis=0), lab[row : row + band].mean(axis=0)
        step = np.abs(below - above).max(axis=-1)
        strength = float(np.median(step))
        if float((step > _STEP_SEEN).mean()) >= _ACROSS and (best is None or strength > best[0]):
            best = (strength, row)
    return None if best is None else best[1] / rows


def _fine(part: Array) -> float:
    """Spread of what differs from one pixel to the next."""
    light = part[..., 0]
    return float(np.hypot(np.diff(light, axis=0).std(), np.diff(light, axis=1).std()))
