"""Draw the layouts that a channel fixes: a cut-out and lines of type, set by the rules and never generated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..counts import counted
from ..errors import InputError
from ..imaging.linear import to_linear, to_srgb
from ..imaging.resample import MOST_ENLARGED, resize_rgba
from ..output.channels import get_channel, require_size
from ..output.findings import Finding
from ..output.templates import Template, TypeLine, get_template
from ..particles import Spoken
from ..text.faces.coverage import require_glyphs
from ..text.faces.fonts import find_font
from ..text.faces.typeface import Typeface
from ..text.lines.characters import normalise
from ..text.paint.ink import parse_colour
from ..types import Array, Box, Channel, CutOut, LayoutPlan, Mark, Note, TextBlock, TextRole
from .channels import inspect

OFFICIAL = "official"
_LINE_GAP = 0.52  # between the two lines, of the headline's size
_AIR_PX = 12  # above and below an object that is shown whole
_MOST_CUT = 0.35  # of an object's height that may run out at the bottom
_FILL = 0.92  # of the picture, by the product's longer side; above what marketplaces ask for
_ICON_GAP, _STRIKE = 0.4, 0.06  # em: beside an app's icon; how thick an old price is struck through
_ENLARGED = 1.5
_SOFT = "상품 사진이 작아서 {times}배로 늘렸어요. 더 큰 사진을 쓰면 또렷해져요."
_OTHER_FONT = "정해진 글꼴은 {wanted}인데 {font:으로/로} 그렸어요. 이대로는 심사를 통과하지 못할 수 있어요."
_SEEN, _RIM_PX = 0.5, 2  # alpha that counts as the product; what resampling may fade at its sides


@dataclass(frozen=True, slots=True, eq=False)
class SetAd:
    """A picture set by a template, the plan of what stands on it, and what the channel would say to it.

    Shapes: mask ``[H,W]``, 1 = product; object ``[h,w,4]``, the product alone as it stands there.
    """

    picture: Array
    mask: Array
    object: Array
    channel: Channel
    plan: LayoutPlan
    font: str
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()

    def warnings(self) -> tuple[Note, ...]:
        """The notes, and what the channel would find fault with, for a page of any language."""
        found = (each for each in self.findings if each.level != "INFO")
        return (
            *self.notes,
            *(Note("template.found", "{said}", said=each.korean, found=each.english) for each in found),
        )


def draw_template(
    name: str,
    product: CutOut,
    *,
    headline: str = "",
    sub: str = "",
    advertiser: str = "",
    font: str = OFFICIAL,
    channel: str = "",
    old_price: str = "",
    app: str = "",
    app_icon: Array | None = None,
) -> SetAd:
    """Set an ad by a template.

    Args:
        old_price: struck through before the sub, or before the headline where there is no sub.
        app: name of the app that is advertised, in a row of its own with ``app_icon`` ``[h,w,3]`` or ``[h,w,4]``.
        font: ``official`` takes the channel's own and refuses where it is not installed; any other name is used as it
            is, and found fault with.
        channel: of a white main picture; empty = the template's own.

    Raises:
        InputError: ``template.…``, ``text.missing_glyph`` and what finds the template and the channel.
    """
    template = get_template(name)
    place = require_size(get_channel(channel or template.channel))
    if template.lines:
        if place.id != template.channel:
            raise InputError(
                "template.wrong_channel",
                f"The template {template.id} is for {template.channel}, but {place.id} was named.",
                "Leave the channel out.",
                channel=get_channel(template.channel).korean,
            )
        words = {"headline": headline, "sub": sub, "note": app}
        return _set_banner(template, place, product, words, old_price, app_icon, advertiser, font)
    if any(text.strip() for text in (headline, sub, old_price, app)) or app_icon is not None:
        raise InputError(
            "template.takes_no_text",
            f"The template {template.id} takes no text, but a headline or sub came.",
            "Leave the words out.",
        )
    return _set_white(place, product)


def _set_banner(
    template: Template,
    channel: Channel,
    product: CutOut,
    words: dict[str, str],
    old_price: str,
    app_icon: Array | None,
    advertiser: str,
    font: str,
) -> SetAd:
    rules = dict(channel.rules)
    wanted = str(rules["font"])
    family = wanted if font == OFFICIAL else font
    first, last = (int(edge) for edge in str(rules["text_area"]).split())
    said = {role: normalise(words.get(role, "")).replace("\n", " ") for role in template.lines}
    if not (said["headline"] or said["sub"]):
        raise InputError("template.no_text", "This template needs a headline, but none came.", "Write one.")
    if bool(said["note"]) != (app_icon is not None):
        raise InputError(
            "template.half_an_app",
            "The row of an app needs its name and its icon; only one of them came.",
            "Give both, or neither.",
        )
    was = {"sub" if said["sub"] else "headline": normalise(old_price)}
    lines = [
        _Line(role, text, kind, _face(family, kind, wanted, required=font == OFFICIAL), was.get(role, ""))
        for role, kind in template.lines.items()
        if (text := said[role])
    ]
    width, height = channel.size_px
    canvas = np.zeros((height, width, 4), np.float32)
    tall = sum(line.height for line in lines) + _LINE_GAP * lines[0].kind.size_px * (len(lines) - 1)
    top, blocks, marks = (height - tall) / 2, [], []
    for line in lines:
        if line.width > last - first:
            over = max(1, round(len(line.whole) * (1 - (last - first) / line.width) + 0.5))
            raise InputError(
                "template.line_too_long",
                f"The {line.role} is {line.width:.0f} px wide in its fixed size, but {last - first} px are there.",
                f"Shorten it by about {counted(over, 'character')}.",
                words=line.whole,
                width=f"{line.width:.0f}",
                room=f"{last - first:.0f}",
                count=over,
            )
        left = first + line.indent
        _paint(canvas, line, left, top + (line.height - line.letters) / 2)
        if line.kind.icon_px and app_icon is not None:
            marks.append(_set_icon(canvas, app_icon, line.kind.icon_px, first, round(top)))
        box = Box(left / width, top / height, (first + line.width) / width, (top + line.height) / height)
        blocks.append(
            TextBlock(
                line.role, line.text, box, "left", line.kind.colour, "middle", plate="none", was=line.was, locked=True
            )
        )
        top += line.height + _LINE_GAP * lines[0].kind.size_px
    letters = canvas[..., 3].copy()
    alone, notes = _stand_object(canvas, product, str(rules["object_area"]), float(rules["object_width"]))
    if font != OFFICIAL:
        notes += (Note("template.other_font", _OTHER_FONT, wanted=wanted, font=Spoken(family)),)
    plan = LayoutPlan(
        tuple(blocks), provider="template", marks=tuple(marks), channel=channel.id, size_px=channel.size_px
    )
    used = lines[0].face.files[0].family if font != OFFICIAL else wanted
    findings = inspect(canvas, channel, plan=plan, advertiser=advertiser, font=used)
    return SetAd(canvas, canvas[..., 3] - letters, alone, channel, plan, used, findings, notes)


def _set_white(channel: Channel, product: CutOut) -> SetAd:
    width, height = channel.size_px
    tall, wide = product.rgba.shape[:2]
    scale = _white_scale(channel, product)
    notes = _enlarged(product, scale)
    rgba = resize_rgba(product.rgba, max(1, round(wide * scale)), max(1, round(tall * scale)))
    canvas = np.ones((height, width, 3), np.float32)
    mask = np.zeros((height, width), np.float32)
    top, left = (height - rgba.shape[0]) // 2, (width - rgba.shape[1]) // 2
    part = np.s_[top : top + rgba.shape[0], left : left + rgba.shape[1]]
    alpha = rgba[..., 3:]
    canvas[part] = np.where(alpha > 0, to_srgb(to_linear(rgba[..., :3]) * alpha + (1 - alpha)), 1.0)
    mask[part] = rgba[..., 3]
    plan = LayoutPlan(provider="template", channel=channel.id, size_px=channel.size_px)
    return SetAd(canvas, mask, rgba, channel, plan, "", inspect(canvas, channel, plan=plan, product=mask), notes)


@dataclass(frozen=True, slots=True)
class _Line:
    role: TextRole
    text: str
    kind: TypeLine
    face: Typeface
    was: str = ""

    @property
    def whole(self) -> str:
        return f"{self.was} {self.text}" if self.was else self.text

    @property
    def indent(self) -> float:
        return self.kind.icon_px + _ICON_GAP * self.kind.size_px if self.kind.icon_px else 0.0

    @property
    def width(self) -> float:
        return self.indent + self.face.measure(self.whole) * self.kind.size_px

    @property
    def letters(self) -> float:
        return (self.face.top("한") + self.face.bottom("한")) * self.kind.size_px

    @property
    def height(self) -> float:
        return max(self.letters, self.kind.icon_px)


def _face(family: str, kind: TypeLine, wanted: str, *, required: bool) -> Typeface:
    try:
        return Typeface((find_font(family, kind.weight),), kind.weight)
    except InputError as error:
        if not required or error.code != "text.unknown_font":
            raise
        raise InputError(
            "template.font_missing",
            f"The channel takes the font {wanted} only, and it is not installed here.",
            f"Install {wanted} or name its folder in ADSTUDIO_FONTS; or choose another font knowingly, for a draft.",
            font=wanted,
        ) from error


def _paint(canvas: Array, line: _Line, left: float, top: float) -> None:
    require_glyphs(line.whole, *line.face.files)
    baseline = top + line.face.top("한") * line.kind.size_px
    x, y = int(np.floor(left)), int(np.floor(baseline))
    coverage, ink_left, base = line.face.draw_line(line.whole, line.kind.size_px, (left - x, baseline - y))
    y0, x0 = y - base, x - ink_left
    down, across = max(0, -y0), max(0, -x0)
    coverage = coverage[down : down + len(canvas) - max(0, y0), across:]
    target = canvas[max(0, y0) :, max(0, x0) :][: coverage.shape[0], : coverage.shape[1]]
    coverage = coverage[: target.shape[0], : target.shape[1]]
    if line.was:
        size, thick = line.kind.size_px, max(2, round(_STRIKE * line.kind.size_px))
        middle = min(base, y) - round(line.face.top(line.was) * size / 2 + thick / 2)
        wide = round(line.face.measure(line.was) * size)
        coverage[middle : middle + thick, min(ink_left, x) : min(ink_left, x) + wide] = 1.0
    target[..., :3] = np.where(
        coverage[..., None] > 0, np.asarray(parse_colour(line.kind.colour), np.float32), target[..., :3]
    )
    target[..., 3] = np.maximum(target[..., 3], coverage)


def _set_icon(canvas: Array, icon: Array, side: int, left: int, top: int) -> Mark:
    """Draw an app's icon, cut to a square."""
    solid = icon if icon.shape[2] == 4 else np.dstack([icon, np.ones(icon.shape[:2], np.float32)])
    edge = min(solid.shape[:2])
    y, x = ((length - edge) // 2 for length in solid.shape[:2])
    canvas[top : top + side, left : left + side] = resize_rgba(solid[y : y + edge, x : x + edge], side, side)
    height, width = canvas.shape[:2]
    return Mark("logo", Box(left / width, top / height, (left + side) / width, (top + side) / height), locked=True)


def _stand_object(canvas: Array, product: CutOut, area: str, least: float) -> tuple[Array, tuple[Note, ...]]:
    left, top, wide, tall = (int(edge) for edge in area.split())
    height, width = product.rgba.shape[:2]
    scale = _object_scale(product, wide, tall, least)
    notes = _enlarged(product, scale)
    rgba = resize_rgba(product.rgba, round(width * scale), round(height * scale))
    room = tall if rgba.shape[0] <= tall else tall - _AIR_PX
    cut = 1 - room / rgba.shape[0]
    if cut > _MOST_CUT:
        raise InputError(
            "template.product_too_slim",
            f"The object must be at least {least:.0f} px wide; this product would then be cut off by {cut:.0%}.",
            "Use a photo of it lying or turned, or of several beside each other.",
            least=f"{least:.0f}",
            cut=f"{cut:.0%}",
        )
    if cut > 0:
        notes += (Note("template.cut", "상품이 길어서 아래쪽 {cut}가 잘려요.", cut=f"{cut:.0%}"),)
        y = top + _AIR_PX
    else:
        y = top + (tall - rgba.shape[0]) // 2
    rgba = rgba[: min(rgba.shape[0], top + tall - y)]
    x = left + (wide - rgba.shape[1]) // 2
    canvas[y : y + rgba.shape[0], x : x + rgba.shape[1]] = rgba
    return rgba, notes


def check_object(template: Template, channel: Channel, product: CutOut) -> None:
    """Refuse a product of too few pixels for a template, before the words of the ad are written.

    Raises:
        InputError: ``template.product_too_small``.
    """
    if not template.lines:
        _enlarged(product, _white_scale(channel, product))
        return
    rules = dict(channel.rules)
    _, _, wide, tall = (int(edge) for edge in str(rules["object_area"]).split())
    _enlarged(product, _object_scale(product, wide, tall, float(rules["object_width"])))


def _white_scale(channel: Channel, product: CutOut) -> float:
    (width, height), (tall, wide) = channel.size_px, product.rgba.shape[:2]
    return _FILL * min(width / wide, height / tall)


def _object_scale(product: CutOut, wide: int, tall: int, least: float) -> float:
    height, width = product.rgba.shape[:2]
    scale = min(wide / width, (tall - 2 * _AIR_PX) / height)
    seen = np.flatnonzero((product.rgba[..., 3] > _SEEN).any(axis=0))
    wide_px = int(np.ptp(seen)) + 1 if len(seen) else width
    # A slim product is shown larger and runs out at the bottom.
    return max(scale, (least + _RIM_PX) / wide_px)


def _enlarged(product: CutOut, scale: float) -> tuple[Note, ...]:
    if scale > MOST_ENLARGED:
        tall, wide = product.rgba.shape[:2]
        raise InputError(
            "template.product_too_small",
            f"The product is only {wide} × {tall} pixels and would be enlarged {scale:.0f} times, where more than "
            f"{MOST_ENLARGED:.0f} times leave nothing but blur.",
            f"Use a photo on which it is at least {math.ceil(tall * scale / MOST_ENLARGED)} pixels tall.",
            width=wide,
            height=tall,
            times=f"{scale:.0f}",
            least=math.ceil(tall * scale / MOST_ENLARGED),
        )
    return (Note("template.soft", _SOFT, times=f"{scale:.1f}"),) if scale > _ENLARGED else ()
