"""What a model that looks at pictures is asked for a layout, and what of its answer is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any, cast, get_args

import numpy as np

from ...chat import ChatPicture
from ...chat.answers import UnusableAnswer
from ...chat.task import TEXT, Task, ask, flat_schema, plain_text
from ...particles import Spoken
from ...srgb import luminance
from ...types import ROLE_NAMES, Align, Array, Box, LayoutPlan, Note, Plate, Side, TextBlock, TextRole
from ..copy.candidates import Spot, moved_blocks
from ..copy.stack import stack
from ..picture.metrics import copy_contrast, under
from .numbered import draw_spots

VERSION = 1  # raise it with every change of the instructions: answers are kept on disk by it
MAX_TOKENS = 600
REASONING_CHARS = 300
_READABLE = 3.0  # WCAG, of large letters
_NO_COLOUR = "{piece}의 색 {colour:은/는} #FFFFFF 같은 색이 아니라 자동으로 정합니다."
_FAINT_COLOUR = "{piece}의 색 {colour:은/는} 바탕과 대비가 {ratio}:1뿐이라 자동으로 정합니다."
_HANGUL = re.compile(r"[가-힣]")
_INSTRUCTIONS = f"""\
You are an art director who sets Korean copy on an advertising picture. The picture shows numbered boxes: the places
that may be used. The numbers and rims are not part of the ad. Choose for every piece of copy the number of one box.

- Never cover a face, a person's hands, the product or what the picture is about, even where a box does.
- Look at where people look, where the light falls and where the weight of the picture is; leave it balanced.
- Pieces in one box are set one below the other, so headline and sub usually share a box. Different boxes that are
  chosen must not overlap; `overlaps` names those that do. A box has to be large enough for what it holds.
- *_align: left, center or right, as the picture asks.
- *_color: a colour of the letters such as #FFFFFF that reads well there and suits the picture, or auto.
- *_plate: what lies behind the letters: none, scrim (a soft shade), panel, pill, or auto. Use none where the ground is
  calm.
- reasoning: two short Korean sentences, at most {REASONING_CHARS} letters, that tell the shop owner why it looks good
  there.

`calm` tells how empty a box is, 100 = nothing there. `wanted_side`, where it is given, is the side that the picture was
made to keep free. Positions are per cent of the picture from its top left corner.
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A layout that a model chose, why it did, and what of its answer was put right."""

    plan: LayoutPlan
    reasoning: str
    notes: tuple[str, ...] = ()


def text_task(
    image: Array,
    busy_small: Array,
    spots: Sequence[Spot],
    local: LayoutPlan,
    *,
    prefer: Side | None = None,
    min_px: int = 20,
) -> Task[Proposal]:
    """Ask which piece of copy goes into which box.

    Args:
        busy_small: the picture ``[h,w,3]`` averaged down, for the contrast of a chosen colour.
        local: whose pieces of copy are to be placed; what ``moved_blocks`` leaves out stays.
    """
    size_px = (image.shape[1], image.shape[0])
    blocks = _named(moved_blocks(local))
    schema = _schema(blocks, spots)
    data = {
        "picture": {"width": size_px[0], "height": size_px[1]},
        "boxes": [_shown(spot, spots) for spot in spots],
        "copy": [{"name": name, "role": block.role, "text": block.text} for name, block in blocks.items()],
        **({"wanted_side": prefer} if prefer else {}),
    }
    picture = ChatPicture(draw_spots(image, spots), "high")
    messages = ask(_INSTRUCTIONS, data, schema, (picture,))

    def read(answer: Mapping[str, Any]) -> Proposal:
        return _Reader(answer, blocks, spots, busy_small, size_px, min_px).read(local)

    return Task("layout", messages, schema, MAX_TOKENS, read)


def numbered(answer: Mapping[str, Any], name: str, numbers: Sequence[int]) -> int:
    """Read the number of a place, which may come as text.

    Raises:
        UnusableAnswer: there is none, or no such place.
    """
    value = answer.get(name)
    digits = [] if isinstance(value, bool) else re.findall(r"\d+", str(value)[:40])
    if isinstance(value, float) and value.is_integer():
        digits = [str(int(value))]
    if len(digits) != 1 or not isinstance(value, str | int | float) or int(digits[0]) not in numbers:
        known = f"{numbers[0]} to {numbers[-1]}"
        raise UnusableAnswer(f"'{name}' should be one of the numbers {known}, not {_quoted(value)}")
    return int(digits[0])


def flattened(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Bring ``{"headline": {"box": 3}}`` into the form that was asked for; some models group what belongs together."""
    flat: dict[str, Any] = {}
    for name, value in answer.items():
        flat |= {f"{name}_{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def reasoning_of(answer: Mapping[str, Any]) -> str:
    """The model's reasons in Korean; empty where it gave none in that language."""
    value = answer.get("reasoning")
    text = plain_text(value)[:REASONING_CHARS].strip() if isinstance(value, str) else ""
    return text if _HANGUL.search(text) else ""


class _Reader:
    """Reads one answer: what box, alignment, colour and plate each piece gets."""

    def __init__(
        self,
        answer: Mapping[str, Any],
        blocks: Mapping[str, TextBlock],
        spots: Sequence[Spot],
        small: Array,
        size_px: tuple[int, int],
        min_px: int,
    ) -> None:
        self._answer, self._blocks, self._small = flattened(answer), blocks, small
        self._size_px, self._min_px = size_px, min_px
        self._spots = {spot.number: spot for spot in spots}
        self._notes: list[str] = []

    def read(self, local: LayoutPlan) -> Proposal:
        """Make a plan of the answer. Raises UnusableAnswer, whose words the model gets to read."""
        held: dict[int, list[str]] = {}
        for name in self._blocks:
            held.setdefault(numbered(self._answer, f"{name}_box", [*self._spots]), []).append(name)
        placed = self._stacked(held)
        self._refuse_overlap(held, placed)
        dressed = {name: self._dressed(name, block) for name, block in placed.items()}
        moved = {id(block): dressed[name] for name, block in self._blocks.items()}
        texts = tuple(moved.get(id(block), block) for block in local.texts)
        return Proposal(replace(local, texts=texts, score=None), reasoning_of(self._answer), tuple(self._notes))

    def _refuse_overlap(self, held: Mapping[int, Sequence[str]], placed: Mapping[str, TextBlock]) -> None:
        for one, other in combinations(held, 2):
            boxes = [[placed[name].box for name in held[number]] for number in (one, other)]
            if any(a.overlap(b) > 0 for a, b in product(*boxes)):
                raise UnusableAnswer(f"boxes {one} and {other} overlap; choose one of them, or two that lie apart")

    def _stacked(self, held: Mapping[int, Sequence[str]]) -> dict[str, TextBlock]:
        """Set every box; the one with the headline first, for nothing outgrows it."""
        placed: dict[str, TextBlock] = {}
        most_px = None
        for number, names in sorted(held.items(), key=lambda one: "headline" not in one[1]):
            blocks = [replace(self._blocks[name], align=self._align(name)) for name in names]
            made = stack(blocks, self._spots[number].box, self._size_px, min_px=self._min_px, most_px=most_px)
            if made is None:
                told = " and ".join(names)
                raise UnusableAnswer(f"box {number} is too small for {told}; choose a larger one, or two boxes")
            placed |= dict(zip(names, made.blocks, strict=True))
            most_px = most_px or made.em_px
        return placed

    def _align(self, name: str) -> Align:
        align = str(self._answer.get(f"{name}_align") or "").strip().lower().replace("centre", "center")
        return cast("Align", align) if align in get_args(Align) else self._blocks[name].align

    def _dressed(self, name: str, block: TextBlock) -> TextBlock:
        plate = str(self._answer.get(f"{name}_plate") or "").strip().lower()
        return replace(
            block,
            plate=cast("Plate", plate) if plate in get_args(Plate) else block.plate,
            color=self._colour(name, block.box, plate),
        )

    def _colour(self, name: str, box: Box, plate: str) -> str | None:
        """The chosen colour where it can be read there; None has the lettering pick one."""
        value = str(self._answer.get(f"{name}_color") or "").strip()
        if value.lower() in ("", "auto", "none"):
            return None
        piece, part = _spoken(name), name.replace("_", " ")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            colour = Spoken(_quoted(value))
            self._notes.append(Note("layout.no_colour", _NO_COLOUR, piece=piece, part=part, colour=colour))
            return None
        found = _contrast(value, under(self._small, box))
        if plate in ("panel", "pill", "scrim") or found >= _READABLE:
            return value.upper()
        colour, ratio = Spoken(value.upper()), f"{found:.1f}"
        said = Note("layout.faint_colour", _FAINT_COLOUR, piece=piece, part=part, colour=colour, ratio=ratio)
        self._notes.append(said)
        return None


def _schema(blocks: Mapping[str, TextBlock], spots: Sequence[Spot]) -> dict[str, Any]:
    fields: dict[str, Mapping[str, Any]] = {}
    for name in blocks:
        fields[f"{name}_box"] = {"type": "string", "enum": [str(spot.number) for spot in spots]}
        fields[f"{name}_align"] = {"type": "string", "enum": [*get_args(Align)]}
        fields[f"{name}_color"] = {**TEXT, "maxLength": 7}
        fields[f"{name}_plate"] = {"type": "string", "enum": [*get_args(Plate)]}
    return flat_schema({**fields, "reasoning": {**TEXT, "maxLength": REASONING_CHARS}})


def _named(blocks: Sequence[TextBlock]) -> dict[str, TextBlock]:
    """Pieces by their role, numbered where several have the same."""
    named: dict[str, TextBlock] = {}
    for block in blocks:
        count = sum(other.role == block.role for other in named.values())
        named[f"{block.role}_{count + 1}" if count else block.role] = block
    return named


def _spoken(name: str) -> str:
    """What a shop owner calls a piece: ``headline_2`` is 제목 2."""
    role, _, number = name.partition("_")
    return f"{ROLE_NAMES[cast('TextRole', role)]} {number}".strip()


def _shown(spot: Spot, spots: Sequence[Spot]) -> dict[str, Any]:
    box = spot.box
    edges = {"left": box.x0, "top": box.y0, "right": box.x1, "bottom": box.y1}
    return {
        "number": spot.number,
        **{name: round(100 * edge) for name, edge in edges.items()},
        "calm": round(100 * spot.calm),
        "overlaps": [other.number for other in spots if other is not spot and spot.box.overlap(other.box) > 0],
    }


def _contrast(colour: str, ground: Array) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
    return copy_contrast(ground, float(luminance(rgb)))


def _quoted(value: object) -> str:
    return f"‘{plain_text(str(value))[:24]}’"
