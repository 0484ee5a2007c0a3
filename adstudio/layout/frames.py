"""Layouts of whole batches, and what the user wished: which words, which side, which place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, get_args

from ..errors import InputError
from ..types import AdCopy, AdPrompt, Array, CutOut, LayoutPlan, Note, Placement, Side
from .picture.energy import shrink_mask
from .plan.reading import check_plan
from .saliency import Wishes

_SIDES: dict[str, Side] = {side: side for side in get_args(Side)}
BY_HAND = Note("layout.placed_by_hand", "제품의 자리는 직접 정하신 그대로입니다.")
_LEAST_BASE = 0.01  # of the height: those of a group that stand behind are not moved out at the top


class Analyzer(Protocol):
    """A layout analyzer that takes wishes, as :class:`adstudio.layout.saliency.LocalAnalyzer` does."""

    def place_text(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
        wishes: Wishes = ...,
    ) -> LayoutPlan: ...

    def place_products(
        self, backdrop: Array, aspects: Sequence[float], *, prefer: Side | None = None
    ) -> LayoutPlan: ...


@dataclass(frozen=True, slots=True)
class ProductWish:
    """Where the user wants the products; a negative position or a height of 0 leaves it to the analyzer."""

    x: float = -1.0
    base_y: float = -1.0
    height: float = 0.0


def choose_copy(copy: AdCopy | None, headline: str = "", sub: str = "", **others: str) -> AdCopy:
    """Take the words typed in, by the fields of a copy, and those of ``copy`` where nothing is typed."""
    typed = {"headline": headline, "sub": sub, **others}
    return replace(copy or AdCopy(""), **{name: text.strip() for name, text in typed.items() if text.strip()})


def choose_side(wish: str, prompt: AdPrompt | None) -> Side | None:
    """Read a side; ``auto`` is the one that the prompt asked to keep free, where there is a prompt.

    Raises:
        InputError: ``layout.bad_side``.
    """
    if wish == "auto":
        return None if prompt is None else prompt.copy_space
    if wish not in _SIDES:
        raise InputError(
            "layout.bad_side",
            f"Expected auto, {', '.join(_SIDES)}, but '{wish}' came.",
            "Choose one.",
            came=f"{wish!s:.40}",
        )
    return _SIDES[wish]


def aspects_of(cutouts: Sequence[CutOut | None]) -> list[float]:
    """Width / height of the cut-outs that are there."""
    return [cutout.rgba.shape[1] / cutout.rgba.shape[0] for cutout in cutouts if cutout is not None]


def place_text(
    analyzer: Analyzer,
    pictures: Sequence[Array],
    copy: AdCopy,
    masks: Sequence[Array | None] | None,
    side: Side | None,
    wishes: Wishes = Wishes(),  # noqa: B008 - frozen
    *,
    min_px: int = 20,
) -> LayoutPlan:
    """Lay the copy out on every picture of a batch.

    Args:
        masks: one for all pictures or one each; brought to the pictures' size. An empty mask, or None in the place of
            one, keeps nothing clear.
        wishes: what is locked in a previous plan of the whole batch stays in each of its pictures.

    Raises:
        InputError: ``layout.mask_count``, ``layout.frame_count`` or what the analyzer finds.
    """
    if masks is not None and len(masks) not in (1, len(pictures)):
        each = f", or one for each of the {len(pictures)} pictures" if len(pictures) > 1 else ""
        raise InputError(
            "layout.mask_count",
            f"Expected one mask{each}, but {len(masks)} came.",
            "Connect the mask that belongs to these pictures.",
            pictures=len(pictures),
            masks=len(masks),
        )
    plans = []
    for index, picture in enumerate(pictures):
        mask = None if masks is None else _fitted(masks[min(index, len(masks) - 1)], picture)
        previous = wishes.previous and wishes.previous.for_frame(index)
        held = replace(wishes, previous=previous)
        plans.append(analyzer.place_text(picture, copy, mask, prefer=side, min_px=min_px, wishes=held))
    return together(plans)


def place_products(
    analyzer: Analyzer, backdrops: Sequence[Array], aspects: Sequence[float], wish: ProductWish, side: Side | None
) -> LayoutPlan:
    """Stand the products on every backdrop of a batch, then move them where the user wished."""
    plans = [analyzer.place_products(backdrop, aspects, prefer=side) for backdrop in backdrops]
    return together([_moved(plan, wish) for plan in plans])


def _moved(plan: LayoutPlan, wish: ProductWish) -> LayoutPlan:
    products, said, given = plan.products, [], []
    middle = (min(p.x for p in products) + max(p.x for p in products)) / 2
    if wish.height > 0:
        scale = wish.height / max(p.height for p in products)
        products = tuple(replace(p, height=p.height * scale, x=middle + (p.x - middle) * scale) for p in products)
        said.append(f"높이 {wish.height:.0%}")
        given.append(f"height {wish.height:.0%}")
    if wish.x >= 0:
        products = tuple(replace(p, x=p.x + wish.x - middle) for p in products)
        said.append(f"가로 위치 {wish.x:.0%}")
        given.append(f"x {wish.x:.0%}")
    if wish.base_y >= 0:
        lowest = max(p.base_y for p in products)
        shift, least = wish.base_y - lowest, min(_LEAST_BASE, wish.base_y)
        products = tuple(replace(p, base_y=max(p.base_y + shift, least)) for p in products)
        said.append(f"바닥 높이 {wish.base_y:.0%}")
        given.append(f"base_y {wish.base_y:.0%}")
    if not said:
        return plan
    words = "{said}: 직접 지정하신 값을 따랐습니다."
    reasons = (*plan.reasons, Note("layout.by_hand", words, said=", ".join(said), given=", ".join(given)))
    # The score measured the analyzer's own places, so it would be false for these.
    return check_plan(replace(plan, products=tuple(_inside(p) for p in products), reasons=reasons, score=None))


def _inside(placement: Placement) -> Placement:
    return replace(placement, x=min(max(placement.x, 0.0), 1.0))


def together(plans: Sequence[LayoutPlan]) -> LayoutPlan:
    """The plans of a batch as one."""
    return plans[0] if len(plans) == 1 else replace(plans[0], frames=tuple(plans))


def _fitted(mask: Array | None, picture: Array) -> Array | None:
    """A mask at the picture's size; None where it is empty, as the mask of a photo without transparency is."""
    if mask is None or not (mask > 0).any():
        return None
    height, width = picture.shape[:2]
    return mask if mask.shape == (height, width) else shrink_mask(mask, (height, width))
