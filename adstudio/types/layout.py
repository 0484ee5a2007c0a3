"""Where things go on an ad: boxes, blocks of copy, products, marks, channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..counts import counted
from ..errors import InputError

Side = Literal["top", "bottom", "left", "right", "center"]
Anchor = Literal["bottom", "center", "top", "left", "right", "bottom_left", "bottom_right", "top_left", "top_right"]
Stance = Literal["standing", "hanging", "flat_lay"]
Align = Literal["left", "center", "right"]
TextRole = Literal["headline", "sub", "note", "cta", "price", "badge", "legal", "hours"]
ROLE_NAMES: dict[TextRole, str] = {
    "headline": "제목", "sub": "부제", "note": "덧붙인 글", "cta": "버튼",
    "price": "가격", "badge": "배지", "legal": "법정 문구", "hours": "영업시간",
}  # fmt: skip
Plate = Literal["auto", "none", "scrim", "panel", "pill"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the picture; ``x1``/``y1`` are exclusive."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    def overlap(self, other: Box) -> float:
        """The area that two boxes share."""
        across = min(self.x1, other.x1) - max(self.x0, other.x0)
        down = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, across) * max(0.0, down)

    def overlap_share(self, other: Box) -> float:
        """Share of the smaller box that the other one covers, 0..1."""
        return min(1.0, self.overlap(other) / max(min(self.area, other.area), 1e-9))

    def pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """``(left, top, right, bottom)`` in whole pixels."""
        return (
            round(self.x0 * width_px),
            round(self.y0 * height_px),
            round(self.x1 * width_px),
            round(self.y1 * height_px),
        )


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One piece of copy and the box it is fitted into. ``color`` None = picked by contrast.

    ``anchor`` says which edge of the box the lines hold on to, so that a headline and the line under it stay together.

    Args:
        color_to: the lower end of a gradient that begins with ``color``.
        plate: what lies behind the letters; ``auto`` = what the role asks for, and more where contrast does.
        was: an old price, struck through and set smaller before ``text``.
        vertical: columns from right to left, letters upright.
        z: a higher one is drawn over a lower one.
        locked: a person put it there, so no analyzer moves it.
    """

    role: TextRole
    text: str
    box: Box
    align: Align = "center"
    color: str | None = None
    anchor: Literal["top", "middle", "bottom"] = "middle"
    color_to: str | None = None
    plate: Plate = "auto"
    was: str = ""
    vertical: bool = False
    z: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something drawn on the ad that is no copy: a QR code that leads to ``content``, or a logo.

    ``content`` of a logo names the picture among those handed over beside the plan; empty = the only one.
    """

    kind: Literal["qr", "logo"]
    box: Box
    content: str = ""
    z: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a product stands: the middle of its base, and its height as a share of the picture's height.

    Args:
        height: of the product as it is cut out, before ``rotation``.
        order: a higher one stands in front; among equals the lower base does.
        rotation: degrees clockwise.
        anchor: the point of the product (turned) that lies at ``x``, ``base_y``.
        stance: ``hanging`` throws its shadow on the wall behind, ``flat_lay`` on the surface seen from above.
    """

    x: float
    base_y: float
    height: float
    order: int = 0
    rotation: float = 0.0
    anchor: Anchor = "bottom"
    stance: Stance = "standing"
    locked: bool = False


@dataclass(frozen=True, slots=True)
class LayoutScore:
    """How well a plan sits on its picture; every figure 0..1, higher is better. What does not apply is 1.

    Args:
        occlusion: little of the picture's subject lies under copy.
        readability: the ground under bare letters is calm.
        utility: the free space is made use of.
        alignment: the parts share edges or axes.
        overlap: no part lies over another.
        underlay: what lies on a plate lies on it wholly.
        contrast: letters differ from the worst part of their ground.
        safe_zone: every part keeps its distance to the edges, and lies where the channel covers nothing.
    """

    occlusion: float
    readability: float
    utility: float
    alignment: float
    overlap: float
    underlay: float
    contrast: float
    safe_zone: float
    total: float


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """Where the copy and the products go, who proposed it and why.

    ``frames`` holds one plan per picture where a batch was analysed; empty = this plan serves every picture.

    Args:
        channel: id of the channel it was made for; empty = none.
        size_px: (width, height) of the picture it was made for.
        picture: the first 16 hex digits of that picture's digest; a plan with another one is stale.
    """

    texts: tuple[TextBlock, ...] = ()
    products: tuple[Placement, ...] = ()
    provider: str = "user"
    score: LayoutScore | None = None
    reasons: tuple[str, ...] = ()
    frames: tuple[LayoutPlan, ...] = ()
    marks: tuple[Mark, ...] = ()
    channel: str = ""
    size_px: tuple[int, int] | None = None
    picture: str = ""

    def for_frame(self, index: int) -> LayoutPlan:
        """The plan of one picture of a batch.

        Raises:
            InputError: ``layout.frame_count``; another picture's plan would cover what stands elsewhere.
        """
        if not self.frames:
            return self
        if index >= len(self.frames):
            raise InputError(
                "layout.frame_count",
                f"The layout was made for {counted(len(self.frames), 'picture')}, but a {index + 1}. one came.",
                "Connect the same pictures to the analyzer, or lay out one picture, whose layout serves all.",
                frames=len(self.frames),
                index=index + 1,
            )
        return self.frames[index]


@dataclass(frozen=True, slots=True)
class Channel:
    """A place that shows ads, and what it accepts; ``None`` = the channel states nothing, or nothing could be found.

    Args:
        id: as in ``output/data/channels.yaml``.
        size_px: (width, height) of the finished file.
        formats: names of ``output.encode``, the preferred one first.
        safe: where copy may stand; the rest is covered by the app or cut off.
        rules: codes of the checks that hold here, with their figures.
    """

    id: str
    korean: str
    english: str
    size_px: tuple[int, int]
    formats: tuple[str, ...] = ("jpeg", "png")
    max_bytes: int | None = None
    safe: Box = Box(0.0, 0.0, 1.0, 1.0)
    rules: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How copy is drawn. ``plate`` puts a translucent panel behind it; ``auto`` only where contrast asks for it.

    ``fallback`` names the fonts that draw what ``font`` lacks, in order.
    """

    font: str = "Pretendard"
    weight: int = 800
    min_px: int = 20
    outline: bool = False
    shadow: bool = True
    plate: Literal["auto", "always", "never"] = "auto"
    fallback: tuple[str, ...] = ()
