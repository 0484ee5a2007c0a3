"""The local layout analyzer: free space by saliency, with no network and no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..types import AdCopy, Array, Box, Channel, LayoutPlan, Side
from .copy.compositions import COMPOSITIONS, Draft, Scene, compose
from .copy.copysize import Copy, read_copy
from .copy.corners import LEAST_CODE, code_side
from .copy.stacks import TIMID_SIZE, stacks, unit_of
from .picture.energy import Busyness, measure
from .picture.freespace import MARGIN, Ground, clear_map
from .picture.rest import find_rest, light_side
from .picture.score import score
from .plan.reading import check_plan
from .plan.reasons import explain
from .plan.schema import SMALLEST_BOX, is_large_enough
from .rects import Rect, inset, pixels
from .stand import check_aspects, describe, score_products, stand

_COST_WEIGHT = 1.2  # beside the score, which is blind to size and to what was asked for
_LOUDER, _WORTH = 1.5, 0.17  # one group with a headline so many times larger may cost so much more than a parted one


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a layout of copy has to keep to.

    Args:
        channel: its safe zone is kept, and its id noted in the plan.
        previous: a plan whose locked parts stay as they are; the rest flows around them.
        with_logo: leave a slot for a logo.
    """

    channel: Channel | None = None
    previous: LayoutPlan | None = None
    with_logo: bool = False


class LocalAnalyzer:
    """Proposes layouts from the picture alone. Implements ``adstudio.ports.LayoutAnalyzer``."""

    name = "local"

    def place_text(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
        wishes: Wishes = Wishes(),
    ) -> LayoutPlan:
        """Place copy in the free space of a picture: the best of several compositions.

        Args:
            keep_clear: mask ``[H,W]`` of what copy must not cover, 1 = product.
            prefer: where the copy was meant to go; taken unless something stands there.
            min_px: the smallest letters, as in ``TextStyle``.

        Raises:
            InputError: ``layout.no_copy``, ``layout.no_room``, ``layout.mask_size``, ``layout.old_price_alone``.
        """
        return next(self.proposals(image, copy, keep_clear, prefer=prefer, min_px=min_px, wishes=wishes))

    def proposals(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
        wishes: Wishes = Wishes(),
    ) -> Iterator[LayoutPlan]:
        """Every composition that fits a picture, scored, the best one first; its reasons name the others' scores.

        Raises:
            InputError: as :meth:`place_text`.
        """
        height, width = image.shape[:2]
        if keep_clear is not None and keep_clear.shape != (height, width):
            raise InputError(
                "layout.mask_size",
                f"Expected a mask of the picture's size {width}x{height}, but {keep_clear.shape[::-1]} came.",
                "Connect the mask of the same picture.",
                mask=f"{keep_clear.shape[1]}×{keep_clear.shape[0]}",
                photo=f"{width}×{height}",
            )
        busy = measure(image)
        clear = clear_map(keep_clear, busy)
        held = _held(wishes.previous)
        safe = wishes.channel.safe if wishes.channel else None
        words = read_copy(copy, may_be_empty=wishes.with_logo or bool(held.texts or held.marks))
        scene = replace(_scene(busy, clear, words, held, wishes, (width, height)), prefer=prefer, min_px=min_px)
        tried = (compose(scene, composition) for composition in COMPOSITIONS)
        drafts = list({tuple(draft.rects()): draft for draft in tried if draft}.values())
        if not drafts:
            raise _no_room_for_code(scene) if _lacks_code(scene) else _no_room((width, height), scene.frame, min_px)
        planned = [(draft, plan) for draft in drafts if _is_plan(plan := draft.plan(width, height))]
        if not planned:
            raise _too_small(scene)
        free = [(draft, plan) for draft, plan in planned if draft.covered(scene.ground) == 0] or planned
        found: list[tuple[float, Draft, LayoutPlan]] = []
        for draft, plan in free:
            plan = replace(
                plan,
                texts=(*held.texts, *plan.texts),
                marks=(*held.marks, *plan.marks),
                products=held.products,
                provider=self.name,
                channel=wishes.channel.id if wishes.channel else "",
                size_px=(width, height),
            )
            figures = score(image, plan, clear, busy=busy, safe=safe)
            found.append((figures.total - _COST_WEIGHT * draft.cost, draft, replace(plan, score=figures)))
        found.sort(key=lambda one: -one[0])
        _prefer_one_group(found, scene.unit)
        others = [(draft.composition, plan) for _, draft, plan in found]
        for index, (_, draft, plan) in enumerate(found):
            reasons = explain(scene, draft, plan, busy, others if index == 0 else ())
            yield check_plan(replace(plan, reasons=reasons))

    def place_products(self, backdrop: Array, aspects: Sequence[float], *, prefer: Side | None = None) -> LayoutPlan:
        """Stand products on a backdrop.

        Args:
            aspects: width / height of each product, in their order from left to right.
            prefer: the side that the copy will need.

        Raises:
            InputError: ``layout.no_product``, ``layout.too_many_products``, ``layout.bad_value``.
        """
        check_aspects(aspects)
        height, width = backdrop.shape[:2]
        busy = measure(backdrop)
        rest, light = find_rest(busy.small, products=len(aspects)), light_side(busy.small)
        plan = LayoutPlan(
            products=stand(rest, busy, aspects, width, height, prefer), provider=self.name, size_px=(width, height)
        )
        return check_plan(
            replace(
                plan,
                score=score_products(busy, plan, aspects, width, height),
                reasons=describe(rest, light, plan.products, prefer),
            )
        )


def check_room(copy: AdCopy, size_px: tuple[int, int], *, min_px: int = 20, safe: Box | None = None) -> None:
    """Refuse a headline, with the line below it, that no picture of this size has room for, whatever it shows.

    What else stands on the picture only takes room away, so this is certain; that all of it fits is not.

    Args:
        size_px: width and height of the picture, pixels.
        min_px: letters are never set smaller, pixels.
        safe: the channel's safe zone, in fractions of the picture.

    Raises:
        InputError: ``layout.no_room``, ``layout.old_price_alone``.
    """
    words, frame = read_copy(copy, may_be_empty=True), frame_of(*size_px, safe)
    wide, high = frame[2] - frame[0], frame[3] - frame[1]
    head = Copy(headline=words.headline, sub=words.sub)
    if head.headline and not any(made.height <= high for made in stacks(head, unit_of(*size_px), wide, min_px)):
        raise _no_room(size_px, frame, min_px)


def frame_of(width: int, height: int, safe: Box | None = None) -> Rect:
    """Where copy may stand on a picture: inside its margins, and inside the channel's safe zone. Units: pixels."""
    margin = MARGIN * min(width, height)
    frame = inset((0.0, 0.0, float(width), float(height)), margin)
    if safe is None:
        return frame
    x0, y0, x1, y1 = inset(pixels(safe, width, height), 0.1 * margin)
    return max(frame[0], x0), max(frame[1], y0), min(frame[2], x1), min(frame[3], y1)


def _prefer_one_group(found: list[tuple[float, Draft, LayoutPlan]], unit: float) -> None:
    """Where the best proposal parts the copy and its headline whispers all the same, put one that speaks up before it.

    Copy is parted to give the headline room. On a close-up there is none, and a headline that nobody reads from a phone
    costs the whole ad: one group at an edge, nearly as good and much larger, is then the better one.
    """
    best, stack = found[0][0], found[0][1].stack
    if not found[0][1].composition.apart or stack is None or stack.size >= TIMID_SIZE * unit:
        return
    for index, (worth, draft, _) in enumerate(found):
        if best - worth > _WORTH:
            return
        if not draft.composition.apart and draft.stack is not None and draft.stack.size >= _LOUDER * stack.size:
            found.insert(0, found.pop(index))
            return


def _held(previous: LayoutPlan | None) -> LayoutPlan:
    """What of a plan a person has locked."""
    if previous is None:
        return LayoutPlan()
    return LayoutPlan(
        texts=tuple(block for block in previous.texts if block.locked),
        marks=tuple(mark for mark in previous.marks if mark.locked),
        products=tuple(placement for placement in previous.products if placement.locked),
    )


def _scene(
    busy: Busyness, clear: Array | None, copy: Copy, held: LayoutPlan, wishes: Wishes, size: tuple[int, int]
) -> Scene:
    width, height = size
    roles = {block.role for block in held.texts}
    kinds = {mark.kind for mark in held.marks}
    gone = {name: "" for name in ("headline", "sub", "badge", "cta", "hours", "legal") if name in roles}
    gone |= {"price": "", "was": ""} if "price" in roles else {}
    gone |= {"link": ""} if "qr" in kinds else {}
    return Scene(
        Ground.of(busy, clear, width, height),
        replace(copy, **gone),
        unit_of(width, height),
        frame_of(width, height, wishes.channel.safe if wishes.channel else None),
        locked=tuple(pixels(part.box, width, height) for part in (*held.texts, *held.marks)),
        subject=_bounds(clear, width, height),
        with_logo=wishes.with_logo and "logo" not in kinds,
    )


def _bounds(clear: Array | None, width: int, height: int) -> Rect | None:
    if clear is None:
        return None
    rows, columns = np.flatnonzero((clear > 0.25).any(axis=1)), np.flatnonzero((clear > 0.25).any(axis=0))
    if not len(rows):
        return None
    down, across = height / clear.shape[0], width / clear.shape[1]
    return columns[0] * across, rows[0] * down, (columns[-1] + 1) * across, (rows[-1] + 1) * down


def _is_plan(plan: LayoutPlan) -> bool:
    """Whether a draft's plan may be handed out: a line of small print on a strip may be too thin for a box."""
    return all(is_large_enough(part.box) for part in (*plan.texts, *plan.marks))


def _too_small(scene: Scene) -> InputError:
    return InputError(
        "layout.no_room",
        f"A part of this copy would take less than {SMALLEST_BOX:.0%} of the width or height of a picture of "
        f"{scene.ground.width}x{scene.ground.height} pixels, and a layout holds none so small.",
        "Leave the smallest parts out, or use a picture that is less long and narrow.",
        width=scene.ground.width,
        height=scene.ground.height,
        min_px=scene.min_px,
    )


def _lacks_code(scene: Scene) -> bool:
    return bool(scene.copy.link) and code_side(scene.frame, scene.unit) < LEAST_CODE


def _no_room_for_code(scene: Scene) -> InputError:
    return InputError(
        "layout.no_room_for_code",
        f"Inside the margins of a picture of {scene.ground.width}x{scene.ground.height} pixels a QR code would be "
        f"{code_side(scene.frame, scene.unit):.0f} pixels wide; to be read it needs {LEAST_CODE:.0f}.",
        "Use a larger picture, or leave the link out.",
        width=scene.ground.width,
        height=scene.ground.height,
        min_px=scene.min_px,
    )


def _no_room(size_px: tuple[int, int], frame: Rect, min_px: int) -> InputError:
    room = f"{max(frame[2] - frame[0], 0):.0f}x{max(frame[3] - frame[1], 0):.0f}"
    return InputError(
        "layout.no_room",
        f"This copy does not fit on a picture of {size_px[0]}x{size_px[1]} pixels, {room} of them inside the margins, "
        f"with letters of {min_px} px.",
        "Shorten the copy, leave parts of it out, unlock a part, or use a larger picture.",
        width=size_px[0],
        height=size_px[1],
        min_px=min_px,
    )
