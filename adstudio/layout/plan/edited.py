"""What a person made of a proposed layout: which of the two counts, and whether the picture is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...errors import InputError
from ...types import Array, LayoutPlan
from .digest import bind, digest_of
from .reading import from_json

WhenStale = Literal["keep", "use proposal", "stop"]


@dataclass(frozen=True, slots=True)
class Edited:
    """The plan that counts. ``stale`` says why the edit was made for something else; empty = it was not."""

    plan: LayoutPlan
    stale: tuple[Literal["picture", "channel"], ...] = ()
    is_edit: bool = False


def settle(
    proposal: LayoutPlan, edit: str, pictures: Sequence[Array], channel: str = "", when_stale: WhenStale = "keep"
) -> Edited:
    """Choose between a proposal and an edit of it, which was made on the first of the pictures and serves them all.

    Args:
        edit: the plan as the editor writes it; empty = the proposal passes.
        when_stale: what becomes of an edit that was made for another picture or channel. What is locked in it stays
            under ``use proposal`` as well.

    Raises:
        InputError: ``layout.stale``, and what :func:`~adstudio.layout.plan.reading.from_json` finds.
    """
    proposal = bind(replace(proposal, channel=channel or proposal.channel), pictures)
    if not edit.strip():
        return Edited(proposal)
    plan, digest = from_json(edit), digest_of(pictures[0])
    stale: list[Literal["picture", "channel"]] = []
    if plan.picture not in ("", digest):
        stale.append("picture")
    if plan.channel != channel and (plan.channel or plan.picture):
        stale.append("channel")
    if stale and when_stale == "stop":
        raise InputError(
            "layout.stale",
            f"The layout was edited for another {' and another '.join(stale)}.",
            "Look at it in the Layout Editor and press Keep or Reset there, or choose another when_stale.",
        )
    if stale and when_stale == "use proposal":
        return Edited(_with_locked(proposal, plan), tuple(stale))
    return Edited(replace(plan, size_px=(pictures[0].shape[1], pictures[0].shape[0])), tuple(stale), is_edit=True)


def joined(texts: LayoutPlan, products: LayoutPlan | None) -> LayoutPlan:
    """Put the products of one plan beside the copy of another; what the first has itself stays."""
    if products is None:
        return texts
    if products.frames or texts.frames:
        count = max(len(products.frames), len(texts.frames))
        frames = tuple(_beside(texts.for_frame(i), products.for_frame(i)) for i in range(count))
        return replace(_beside(texts, products), frames=frames)
    return _beside(texts, products)


def _beside(texts: LayoutPlan, products: LayoutPlan) -> LayoutPlan:
    return replace(texts, products=texts.products or products.products, reasons=(*texts.reasons, *products.reasons))


def _with_locked(proposal: LayoutPlan, edit: LayoutPlan) -> LayoutPlan:
    """Keep what a person locked: in the place of the proposal's block of that role, or beside it."""
    texts, products = list(proposal.texts), list(proposal.products)
    for block in (block for block in edit.texts if block.locked):
        same = next((i for i, other in enumerate(texts) if other.role == block.role and not other.locked), len(texts))
        texts[same : same + 1] = [block]
    for i, placement in enumerate(edit.products):
        if placement.locked and i < len(products):
            products[i] = placement
    frames = tuple(_with_locked(frame, edit) for frame in proposal.frames)
    locked = [mark for mark in edit.marks if mark.locked]
    marks = (*locked, *(mark for mark in proposal.marks if mark.kind not in {each.kind for each in locked}))
    return replace(proposal, texts=tuple(texts), products=tuple(products), marks=marks, frames=frames)
