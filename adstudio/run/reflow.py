"""One design to many channels: the picture is fitted, products are stood anew, the copy is laid out anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..imaging.reframe import Window, choose_window, reframe, reframe_mask
from ..layout.copy.blocks import pieces_of
from ..layout.copy.reflow import letter_unit, reflow
from ..layout.picture.energy import measure
from ..output.templates import templates
from ..particles import Spoken
from ..types import Array, Box, Channel, CutOut, LayoutPlan, Note, TextRole
from .channels import takes_copy

_WIDE = 1.35
_TALLEST, _WIDEST = 0.8, 0.86  # of the safe zone, by the products
_BESIDE, _AT = 0.4, 0.74  # width and middle of products beside copy, of a wide picture
_TIMID, _SPARE = 0.07, 0.28  # letters below this share of a picture are squeezed, and the room that frees them
_WEIGHTIEST: tuple[TextRole, ...] = ("headline", "sub", "price", "note", "badge", "hours", "cta", "legal")
_FOOT = 0.05  # least room under products, of the picture's height


@dataclass(frozen=True, slots=True, eq=False)
class Reflowed:
    """A design on one channel: picture without letters, its plan, what copy must not cover, and what to tell.

    Shapes: picture ``[H,W,3]``, mask ``[H,W]``.
    """

    channel: Channel
    picture: Array
    plan: LayoutPlan
    mask: Array
    notes: tuple[str, ...] = ()


def fit_picture(
    picture: Array, channel: Channel, keep: Array | None = None, *, lean: float = 0.5, spare: float = 0.0
) -> Reflowed:
    """Bring a picture to a channel's exact size, what is kept in view, without any copy.

    Args:
        keep: mask ``[H,W]``, 1 = product; None looks for what stands out.
        lean: where the picture lies if it must be extended, 0 = left or top, 1 = right or bottom.
        spare: room to leave beside what is kept, as a share of the picture.
    """
    window = choose_window(picture, channel.size_px, keep, measure(picture).energy, lean=lean, spare=spare)
    mask = np.zeros(channel.size_px[::-1], np.float32) if keep is None else reframe_mask(keep, window, channel.size_px)
    fitted = reframe(picture, window, channel.size_px)
    return Reflowed(channel, fitted, LayoutPlan(), mask, _window_notes(window, channel))


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A channel that a design could not be brought to, and why; it keeps no other channel from being made."""

    channel: Channel
    error: InputError

    def __str__(self) -> str:
        return f"{self.channel.english} ({self.channel.id}): {self.error}"


def reflow_each(
    picture: Array,
    plan: LayoutPlan,
    channels: Sequence[Channel],
    *,
    keep: Array | None = None,
    cutouts: Sequence[CutOut] = (),
    min_px: int = 20,
    **finish: Any,
) -> Iterator[Reflowed | Refused]:
    """Bring one design to several channels, each as it is asked for; those that it cannot be brought to come as such.

    Args:
        picture: ``[H,W,3] float32 sRGB 0..1`` without letters. With ``cutouts`` it is the empty backdrop, and the
            plan's products are stood on it.
        keep: without cut-outs: mask ``[H,W] float32 0..1`` of what must stay in view.
        min_px: the smallest letters, in pixels of the channel's picture.
        finish: how products are brought into the scene, as ``imaging.composite.compose`` takes it.

    Raises:
        InputError: ``reflow.locked_channel``, before any channel is begun.
    """
    for channel in channels:
        refuse_locked(channel)
    return (_try(picture, plan, channel, keep, cutouts, min_px, finish) for channel in channels)


def reflow_design(
    picture: Array, plan: LayoutPlan, channels: Sequence[Channel], **options: Any
) -> tuple[Reflowed, ...]:
    """Bring one design to several channels, or to none.

    Args:
        options: those of ``reflow_each``.

    Raises:
        InputError: ``reflow.…``, ``layout.…``, or what composing finds, for the first channel that it cannot be
            brought to.
    """
    made: list[Reflowed] = []
    for one in reflow_each(picture, plan, channels, **options):
        if isinstance(one, Refused):
            raise one.error
        made.append(one)
    return tuple(made)


def _try(picture: Array, plan: LayoutPlan, channel: Channel, *more: Any) -> Reflowed | Refused:
    try:
        return _bring(picture, plan, channel, *more)
    except InputError as error:
        return Refused(channel, error)


def _bring(
    picture: Array,
    plan: LayoutPlan,
    channel: Channel,
    keep: Array | None,
    cutouts: Sequence[CutOut],
    min_px: int,
    finish: dict[str, Any],
) -> Reflowed:
    source, left_out = (picture.shape[1], picture.shape[0]), ()
    if not takes_copy(channel) and (plan.texts or plan.marks):
        plan = replace(plan, texts=(), marks=())
        said = "{name}: 글자를 넣을 수 없는 채널이라 문구를 뺐어요."
        left_out = (Note("channel.wordless", said, name=channel.korean, english=channel.english),)
    plan, dropped = _few_enough(plan, channel)
    if dropped:
        said, most, words = "{name}: 문구는 {most}개까지라 {dropped:을/를} 뺐어요.", len(plan.texts), Spoken(dropped)
        fewer = Note("channel.fewer", said, name=channel.korean, english=channel.english, most=most, dropped=words)
        left_out = (*left_out, fewer)
    if cutouts:
        one = _laid(_stand_anew(picture, plan, channel, cutouts, finish), plan, source, min_px)
    else:
        lean = _lean(plan, channel, source)
        one = _laid(fit_picture(picture, channel, keep, lean=lean), plan, source, min_px)
        if keep is not None and _loudest(one.plan, channel.size_px) < _TIMID * letter_unit(channel.size_px):
            # Copy squeezed in beside the product: with more of the quiet fill it has room to speak.
            one = _laid(fit_picture(picture, channel, keep, lean=lean, spare=_SPARE), plan, source, min_px)
    return replace(one, notes=(*one.notes, *left_out))


def _few_enough(plan: LayoutPlan, channel: Channel) -> tuple[LayoutPlan, str]:
    """The plan with as many pieces of copy as the channel takes, the weightiest, and those that had to go."""
    most = dict(channel.rules).get("text_lines")
    if most is None or len(plan.texts) <= int(most):
        return plan, ""
    by_weight = sorted(plan.texts, key=lambda block: _WEIGHTIEST.index(block.role))
    kept = by_weight[: int(most)]
    dropped = ", ".join(f"'{block.text}'" for block in by_weight[int(most) :])
    return replace(plan, texts=tuple(block for block in plan.texts if block in kept)), dropped


def refuse_locked(channel: Channel) -> None:
    """Refuse a channel that takes nothing but its own template.

    Raises:
        InputError: ``reflow.locked_channel``.
    """
    locked = next((each for each in templates().values() if each.lines and each.channel == channel.id), None)
    if locked is not None:
        raise InputError(
            "reflow.locked_channel",
            f"{channel.english} takes no picture but that of its own template, {locked.id}.",
            "Set it with Locked Template ('adstudio template'), and take it out of this list.",
            channel=channel.korean,
        )


def _laid(fitted: Reflowed, plan: LayoutPlan, source: tuple[int, int], min_px: int) -> Reflowed:
    seen = measure(fitted.picture)
    # Products of a flat picture are part of it, so their places mean nothing any more.
    laid = reflow(
        replace(plan, products=fitted.plan.products),
        source,
        fitted.channel,
        keep=fitted.mask if fitted.mask.any() else None,
        energy=seen.energy,
        tone=seen.small.mean(axis=2),
        min_px=min_px,
    )
    return replace(fitted, plan=laid)


def _loudest(plan: LayoutPlan, size_px: tuple[int, int]) -> float:
    return max((piece.size for piece in pieces_of(plan, size_px)), default=float("inf"))


def with_products(words: LayoutPlan, products: LayoutPlan | None) -> LayoutPlan:
    """Put the products of one plan beside the words of another."""
    return words if products is None else replace(words, products=products.products)


def _stand_anew(
    backdrop: Array, plan: LayoutPlan, channel: Channel, cutouts: Sequence[CutOut], finish: dict[str, Any]
) -> Reflowed:
    """Crop the backdrop round its ground and stand the products on it, as large as the channel has room for."""
    from ..imaging.composite.compose import compose
    from ..imaging.composite.placement import find_spot, line_up

    height, width = backdrop.shape[:2]
    aspects = [cut.rgba.shape[1] / cut.rgba.shape[0] for cut in cutouts]
    places = plan.products or line_up(aspects, width / height)
    spots = [find_spot(place, aspect, width, height) for place, aspect in zip(places, aspects, strict=True)]
    left, right = min(s.left for s in spots), max(s.left + s.width for s in spots)
    top, ground = min(s.top for s in spots), max(s.bottom for s in spots)
    target_x, target_y = channel.size_px
    across, down = (width, width * target_y / target_x)
    if down > height:
        across, down = height * target_x / target_y, height
    safe = channel.safe
    has_copy = bool(plan.texts or plan.marks)
    beside = has_copy and target_x > _WIDE * target_y
    zoom = target_x / across
    fit = min(
        zoom,
        _TALLEST * safe.height * target_y / (ground - top),
        (_BESIDE if beside else _WIDEST * safe.width) * target_x / (right - left),
    )
    middle = (left + right) / 2
    at_x = min(max(middle / width, safe.x0), safe.x1)
    if beside:  # the safe zone is for copy: a product may stand out of it sideways
        at_x = 1 - _AT if _copy_is_right(plan) else _AT
    at_y = min(max(ground / height, safe.y0 + fit * (ground - top) / target_y), min(safe.y1, 1 - _FOOT))
    x0 = min(max(middle - at_x * across, 0.0), width - across)
    y0 = min(max(ground - at_y * down, 0.0), height - down)
    window = Window(Box(x0 / width, y0 / height, (x0 + across) / width, (y0 + down) / height))
    scene = reframe(backdrop, window, channel.size_px)
    stood = tuple(
        replace(
            place,
            x=float(np.clip(at_x + fit * (place.x * width - middle) / target_x, 0, 1)),
            base_y=float(np.clip(at_y + fit * (place.base_y * height - ground) / target_y, 0.01, 1)),
            height=place.height * height * fit / target_y,
        )
        for place in places
    )
    made = compose(scene, cutouts, stood, **finish)
    return Reflowed(channel, made.image, LayoutPlan(products=stood), made.mask, made.notes)


def _lean(plan: LayoutPlan, channel: Channel, source: tuple[int, int]) -> float:
    """Put the picture away from where the copy was, so that the quiet fill lies under the copy."""
    if not plan.texts:
        return 0.5
    if channel.size_px[0] / channel.size_px[1] >= source[0] / source[1]:
        return 0.0 if _copy_is_right(plan) else 1.0
    y = sum((block.box.y0 + block.box.y1) / 2 for block in plan.texts) / len(plan.texts)
    return 0.0 if y > 0.55 else 1.0


def _copy_is_right(plan: LayoutPlan) -> bool:
    texts = plan.texts
    return bool(texts) and sum((block.box.x0 + block.box.x1) / 2 for block in texts) / len(texts) > 0.58


def _window_notes(window: Window, channel: Channel) -> tuple[Note, ...]:
    notes, name, english = [], channel.korean, channel.english
    if window.beyond > 0.005:
        said = "{name}: 비율이 많이 달라 그림의 {share}를 가장자리 색으로 이어 그렸어요."
        notes.append(Note("channel.continued", said, name=name, english=english, share=f"{window.beyond:.0%}"))
    if window.restless:
        said = "{name}: 이어 그린 자리가 드러나요. 이 크기로 배경을 새로 그리는 편이 좋아요."
        notes.append(Note("channel.seam", said, name=name, english=english))
    return tuple(notes)
