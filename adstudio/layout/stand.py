"""Stand products on a backdrop: on its ground, in a sensible size, side by side and inside the frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..srgb import luminance
from ..types import Box, LayoutPlan, LayoutScore, Light, Note, Placement, Side
from .picture.energy import Busyness
from .picture.metrics import SAFE_MARGIN, edge_room, overlap
from .picture.rest import OPEN, Rest, tightest_rest
from .picture.score import combine

_SQUARE_HEIGHT = 0.46  # of the picture's height, for a product as wide as tall, alone
_TALLEST, _LOWEST = 0.62, 0.16
_GROUP_WIDTH = 0.86
_SINGLE_WIDTH = 0.62
_FILLS_PLATFORM = 0.86
_GAP = 0.035
_STAGGER = 0.022  # the shorter ones stand nearer: a row on one line looks like a lineup
_SHADOW_SEEN = 0.12  # luminance of a ground on which a shadow still shows
_MOST_PRODUCTS = 12


def check_aspects(aspects: Sequence[float]) -> None:
    """Refuse what is no list of product shapes.

    Raises:
        InputError: ``layout.no_product``, ``layout.too_many_products``, ``layout.bad_value``.
    """
    if not aspects:
        raise InputError("layout.no_product", "There is no product to place.", "Connect a cut-out.")
    if len(aspects) > _MOST_PRODUCTS:
        raise InputError(
            "layout.too_many_products",
            f"At most {_MOST_PRODUCTS} products stand on one backdrop; {len(aspects)} came.",
            "Make several pictures.",
            most=_MOST_PRODUCTS,
            came=len(aspects),
        )
    for aspect in aspects:
        if not math.isfinite(aspect) or not 0.02 <= aspect <= 50:
            raise InputError(
                "layout.bad_value",
                f"Expected a product's width / height between 0.02 and 50, but {aspect} came.",
                "Check the cut-out: it may be a single line of pixels.",
                where="product",
                came=f"{aspect:g}",
            )


def stand(
    rest: Rest, busy: Busyness, aspects: Sequence[float], width: int, height: int, copy_side: Side | None
) -> tuple[Placement, ...]:
    """Place products of the given shapes (width / height) in their order from left to right."""
    wide = [aspect * height / width for aspect in aspects]  # width as share of the picture's, per unit of height
    heights = _heights(rest, aspects, wide, copy_side)
    widths = [h * w for h, w in zip(heights, wide, strict=True)]
    if len(aspects) == 1:
        centres = [_single_x(rest, busy, widths[0], copy_side)]
    else:
        span = sum(widths) + _GAP * (len(widths) - 1)
        centre = min(max(_wanted_x(rest, copy_side), span / 2 + SAFE_MARGIN), 1 - span / 2 - SAFE_MARGIN)
        centres, left = [], centre - span / 2
        for item in widths:
            centres.append(left + item / 2)
            left += item + _GAP
    bases = _bases(rest, heights)
    front = sorted(range(len(aspects)), key=lambda i: (bases[i], i))
    return tuple(
        Placement(_round(x), _round(base), _round(tall), front.index(i))
        for i, (x, base, tall) in enumerate(zip(centres, bases, heights, strict=True))
    )


def bound_heights(
    aspects: Sequence[float], width: int, height: int, sides: Sequence[Side | None]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Tell how tall ``stand`` makes products, before there is a backdrop.

    Args:
        sides: any of them may be the one that the copy needs.
    Returns: the least on any backdrop, and those on open ground beside no copy, as fractions of the picture's height.
    Raises: InputError, as ``check_aspects``.
    """
    check_aspects(aspects)
    wide = [aspect * height / width for aspect in aspects]
    tightest = tightest_rest(len(aspects))
    least = [_heights(tightest, aspects, wide, side) for side in sides]
    return tuple(map(min, zip(*least, strict=True))), tuple(_heights(OPEN, aspects, wide, None))


def product_box(placement: Placement, aspect: float, width: int, height: int) -> Box:
    """The rectangle of a placed product; it may reach over the frame."""
    half = placement.height * aspect * height / width / 2
    return Box(placement.x - half, placement.base_y - placement.height, placement.x + half, placement.base_y)


def score_products(busy: Busyness, plan: LayoutPlan, aspects: Sequence[float], width: int, height: int) -> LayoutScore:
    """Score placed products: ``overlap`` = how little they hide each other, ``readability`` = how calm the ground is
    where they stand, ``contrast`` = how well the ground shows their shadow, ``safe_zone`` = room to the frame."""
    boxes = [product_box(p, aspect, width, height) for p, aspect in zip(plan.products, aspects, strict=True)]
    feet = [_feet(busy, box) for box in boxes]
    bright = min(float(luminance(busy.small[rows, columns]).mean()) for rows, columns in feet)
    restless = max(float(busy.gradient[rows, columns].mean()) for rows, columns in feet)
    room = min(edge_room(box, width, height) for box in boxes)
    return combine({
        "overlap": overlap(boxes),
        "readability": 1 - restless,
        "contrast": bright / _SHADOW_SEEN,
        "safe_zone": room / SAFE_MARGIN,
    })  # fmt: skip


def describe(rest: Rest, light: Light, placements: Sequence[Placement], copy_side: Side | None) -> tuple[str, ...]:
    """Say in Korean why the products stand where they stand."""
    count, share = len(placements), f"{max(p.height for p in placements):.0%}"
    size = Note("layout.height", "제품 높이는 화면의 {share}입니다.", share=share)
    if count > 1:
        size = Note("layout.height_at_most", "제품 높이는 화면의 {share} 이하입니다.", share=share)
    reasons = [_GROUND[rest.kind], size, _SHADE[light]]
    if count > 1:
        said = "제품 {count}개를 겹치지 않게 나란히 두고, 낮은 제품을 조금 앞에 놓았습니다."
        reasons.append(Note("layout.side_by_side", said, count=count))
    if copy_side is not None:
        said, side = "문구가 들어갈 {side} 여백을 남겼습니다.", SIDE_NAMES[copy_side]
        reasons.append(Note("layout.room_for_copy", said, side=side, copy_space=copy_side))
    return tuple(reasons)


_GROUND = {
    "platform": Note("layout.on_platform", "배경에서 단상을 찾아 그 윗면에 제품을 세웠습니다."),
    "table": Note("layout.on_table", "배경의 바닥(테이블) 선을 찾아 그 앞쪽에 제품을 세웠습니다."),
    "open": Note("layout.on_open_ground", "뚜렷한 바닥 선이 없어 화면 아래쪽 여백에 제품을 세웠습니다."),
}
_SHADE: dict[Light, Note] = {
    "left": Note("layout.light_left", "빛이 왼쪽에서 들어오므로 그림자는 오른쪽으로 집니다."),
    "right": Note("layout.light_right", "빛이 오른쪽에서 들어오므로 그림자는 왼쪽으로 집니다."),
    "above": Note("layout.light_above", "빛이 한쪽으로 기울지 않아 그림자는 바로 아래에 집니다."),
}


SIDE_NAMES: dict[Side, str] = {"top": "위쪽", "bottom": "아래쪽", "left": "왼쪽", "right": "오른쪽", "center": "가운데"}


def _heights(rest: Rest, aspects: Sequence[float], wide: Sequence[float], copy_side: Side | None) -> list[float]:
    # Tall things look taller, wide ones lower, at the same weight in the picture.
    heights = [min(max(_SQUARE_HEIGHT * aspect**-0.35, _LOWEST), _TALLEST) for aspect in aspects]
    headroom = rest.base_y - (0.36 if copy_side == "top" else 0.2)
    alone = len(aspects) == 1
    across = _SINGLE_WIDTH if alone else _GROUP_WIDTH - _GAP * (len(aspects) - 1)
    if copy_side in ("left", "right"):
        across = min(across, 0.46 if alone else 0.56)
    if rest.kind == "platform":
        across = min(across, _FILLS_PLATFORM * rest.width)
    shrink = min(
        1.0,
        headroom / max(heights),
        across / sum(h * w for h, w in zip(heights, wide, strict=True)),
    )
    return [tall * shrink for tall in heights]


def _wanted_x(rest: Rest, copy_side: Side | None) -> float:
    if rest.kind == "platform":
        return rest.x
    return {"left": 0.67, "right": 0.33}.get(copy_side or "", 0.5)


def _single_x(rest: Rest, busy: Busyness, wide: float, copy_side: Side | None) -> float:
    wanted = _wanted_x(rest, copy_side)
    room = SAFE_MARGIN + wide / 2
    choices = [wanted] if rest.kind == "platform" else [wanted + shift for shift in (0.0, -0.08, 0.08, -0.16, 0.16)]
    if copy_side is not None:
        choices = choices[:3]

    def cost(x: float) -> float:
        box = Box(x - wide / 2, rest.base_y - 0.1, x + wide / 2, rest.base_y)
        rows, columns = _feet(busy, box)
        return float(busy.gradient[rows, columns].mean() + busy.occupied[rows, columns].mean()) + 2.5 * abs(x - wanted)

    return min((min(max(x, room), 1 - room) for x in choices), key=cost)


def _bases(rest: Rest, heights: Sequence[float]) -> list[float]:
    if len(heights) == 1 or rest.kind == "platform":
        return [rest.base_y] * len(heights)
    ranks = sorted(range(len(heights)), key=lambda i: (-heights[i], i))
    last = len(heights) - 1
    return [
        min(max(rest.base_y + _STAGGER * (2 * ranks.index(i) / last - 1), rest.low), rest.high) for i in range(last + 1)
    ]


def _feet(busy: Busyness, box: Box) -> tuple[slice, slice]:
    """Rows and columns of the small maps around a product's base line."""
    height, width = busy.energy.shape
    row = min(max(int(box.y1 * height), 0), height - 1)
    reach = max(1, round(0.03 * height))
    left = min(max(int(box.x0 * width), 0), width - 1)
    right = min(max(int(np.ceil(box.x1 * width)), left + 1), width)
    return slice(max(0, row - reach), min(height, row + reach + 1)), slice(left, right)


def _round(value: float) -> float:
    return round(float(value), 5)
