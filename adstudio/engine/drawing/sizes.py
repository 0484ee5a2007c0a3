"""Picture sizes: every side sits on the grid that the checkpoint dictates."""

from __future__ import annotations

import math

from ...errors import InputError

ASPECTS: dict[str, tuple[int, int]] = {
    "1:1": (1, 1),
    "4:5": (4, 5),
    "3:4": (3, 4),
    "2:3": (2, 3),
    "9:16": (9, 16),
    "1:2": (1, 2),
    "5:4": (5, 4),
    "4:3": (4, 3),
    "3:2": (3, 2),
    "16:9": (16, 9),
    "2:1": (2, 1),
}
_LARGEST_SHARE = 4.0  # of the area the checkpoint was made for; beyond it scenes repeat and memory runs out
_LONGEST_SHARE = 8  # of the side it was made for: there Z-Image's table of positions ends; CUDA dies of an index beyond
_WORKING_SHARES = (0.5, 1.5)
_FLATTEST = 21 / 9  # width / height, of the sizes that Z-Image Turbo's makers list


def size_for(aspect: str, *, grid: int, base_px: int) -> tuple[int, int]:
    """Choose the size of an aspect with about ``base_px²`` pixels.

    Returns:
        ``(width, height)``, both multiples of ``grid``.

    Raises:
        InputError: ``size.unknown_aspect``
    """
    if aspect not in ASPECTS:
        raise InputError(
            "size.unknown_aspect",
            f"The aspect ratio '{aspect}' is not known.",
            f"Choose one of {', '.join(ASPECTS)}.",
            name=f"{aspect!s:.40}",
        )
    across, down = ASPECTS[aspect]
    return _nearest(across / down, base_px * base_px, grid)


def check_pair(width: int | None, height: int | None) -> None:
    """Refuse one side without the other: whoever gave it would get a picture of a shape nobody asked for.

    Raises:
        InputError: ``request.half_a_size``.
    """
    if (width is None) != (height is None):
        raise InputError(
            "request.half_a_size",
            "Width and height belong together; only one of them came.",
            "Pass both, or neither to have them taken from the aspect ratio.",
        )


def choose_size(aspect: str, width: int, height: int, *, grid: int, base_px: int) -> tuple[int, int]:
    """Take the sides that were given; where both are 0, the size of the aspect.

    Returns:
        ``(width, height)``; only a size taken from the aspect is known to lie on the grid.
    """
    check_pair(width or None, height or None)
    return (width, height) if width else size_for(aspect, grid=grid, base_px=base_px)


def fit_size(width: int, height: int, *, grid: int, base_px: int) -> tuple[int, int]:
    """Choose the size in which a given picture is worked on: its own aspect, an area the checkpoint is good at.

    Returns:
        ``(width, height)`` on the grid; a picture that already fits keeps its size. A strip has less area, where its
        longer side would not fit otherwise.
    """
    low, high = (share * base_px * base_px for share in _WORKING_SHARES)
    area, longest, ratio = width * height, _LONGEST_SHARE * base_px, width / height
    if low <= area <= high and width % grid == 0 and height % grid == 0 and max(width, height) <= longest:
        return width, height
    area = min(max(area, low), high, longest * longest / max(ratio, 1 / ratio))
    across, down = _nearest(ratio, area, grid)
    return min(across, longest // grid * grid), min(down, longest // grid * grid)


def drawn_size(width: int, height: int, *, grid: int, base_px: int) -> tuple[int, int]:
    """Choose the size in which a picture of exactly ``width`` x ``height`` is best drawn, to be fitted afterwards.

    Returns:
        ``(width, height)`` on the grid with about ``base_px²`` pixels; of a banner flatter than the model draws well,
        the flattest that it does.
    """
    aspect = min(max(width / height, 1 / _FLATTEST), _FLATTEST)
    return _nearest(aspect, base_px * base_px, grid)


def check_size(width: int, height: int, grid: int, base_px: int | None = None) -> tuple[int, int]:
    """Return ``(width, height)`` when a picture can be made in it.

    Raises:
        InputError: a side is not a positive multiple of ``grid``, or it or the area is beyond what ``base_px`` allows.
    """
    is_near = base_px is None or width * height <= _LARGEST_SHARE * base_px * base_px  # an absurd size is no slip
    if is_near and (width < grid or height < grid or width % grid or height % grid):
        near = tuple(max(grid, round(side / grid) * grid) for side in (width, height))
        raise InputError(
            "size.off_grid",
            f"This checkpoint makes pictures whose sides are multiples of {grid}, but {width}x{height} was asked for.",
            f"Use {near[0]}x{near[1]}, or choose an aspect ratio.",
            grid=grid,
            width=near[0],
            height=near[1],
        )
    if base_px is not None and not is_near:
        side = int(base_px * math.sqrt(_LARGEST_SHARE))
        raise InputError(
            "size.too_large",
            f"{width}x{height} is more than this checkpoint can draw in one piece.",
            f"Stay below {side}x{side} pixels and enlarge the result.",
            side=side,
        )
    if base_px is not None and max(width, height) > (longest := _LONGEST_SHARE * base_px):
        raise InputError(
            "size.too_long",
            f"{width}x{height} is longer than the {longest} pixels that this checkpoint can draw.",
            "Draw a shorter strip, and extend the result.",
            longest=longest,
        )
    return width, height


def _nearest(ratio: float, area: float, grid: int) -> tuple[int, int]:
    """The size on the grid closest to ``ratio`` (first) and ``area`` (second)."""
    ideal = math.sqrt(area * ratio) / grid
    sizes = []
    for across in {max(1, math.floor(ideal)), max(1, math.ceil(ideal))}:
        for down in {max(1, math.floor(across / ratio)), max(1, math.ceil(across / ratio))}:
            tilt = abs(math.log(across / down / ratio))
            growth = abs(math.log(across * down * grid * grid / area))
            sizes.append((tilt + 0.5 * growth, across * grid, down * grid))
    _, width, height = min(sizes)
    return width, height
