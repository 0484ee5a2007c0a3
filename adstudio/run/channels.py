"""What a channel says to a picture: the rooms that know letters, lettering and copy put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import InputError
from ..output.budget import fit_bytes
from ..output.channels import get_channel
from ..output.check import Submission, check
from ..output.encode import Format, encode, find_format, to_pixels
from ..output.encode import check as check_format
from ..output.findings import Finding, word
from ..output.metadata import enclose
from ..prompt.copy_limits import channel_choices, get_limits
from ..text.lettering import Lettered, letter
from ..types import AdCopy, Array, Box, Channel, LayoutPlan, TextBlock, TextRole, TextStyle

_QUALITY = 95
_PLAIN = TextStyle()
_WORD_RULES = {"text_lines", "emoji", "lines_differ", "strike"}
_PARTS = {"headline": "headline", "sub": "sub", "cta": "call_to_action"}


def inspect(
    pixels: Array,
    channel: Channel,
    *,
    plan: LayoutPlan | None = None,
    style: TextStyle = _PLAIN,
    product: Array | None = None,
    advertiser: str = "",
    font: str = "",
    mode: str = "RGB",
    format: str | None = None,
    size_bytes: int | None = None,
) -> tuple[Finding, ...]:
    """Check a picture for a channel; the other arguments are those of ``Submission``.

    Shapes: pixels ``[H,W,3]`` or ``[H,W,4] float32`` sRGB 0..1, product ``[h,w]`` 0..1 of any size; an empty one counts
    as none.
    Units: ``size_bytes`` is the whole file's.
    Raises:
        InputError: what a broken table or a plan that cannot be set says.
    """
    rules = {rule for rule, _ in channel.rules}
    sent = Submission(
        channel,
        pixels,
        mode,
        format,
        size_bytes,
        plan,
        _letter_sizes(plan, style, pixels) if plan and rules & {"font_px", "legal_px"} else None,
        _fitted(product, pixels),
        _lettering(pixels) if "text" in rules else None,
        advertiser,
        font,
    )
    return (*check(sent), *_too_long(plan, channel))


def inspect_copy(copy: AdCopy, channel: Channel) -> tuple[Finding, ...]:
    """Find what a channel would not take of the words alone, wherever they will stand.

    Raises:
        InputError: what a broken table says.
    """
    anywhere = Box(0.0, 0.0, 1.0, 1.0)
    parts: tuple[tuple[TextRole, str], ...] = (
        ("headline", copy.headline), ("sub", copy.sub), ("cta", copy.call_to_action), ("price", copy.price),
        ("badge", copy.badge), ("legal", copy.legal), ("hours", copy.hours),
    )  # fmt: skip
    words = (
        TextBlock(role, text, anywhere, was=copy.old_price if role == "price" else "")
        for role, text in parts
        if text.strip()
    )
    plan = LayoutPlan(tuple(words))
    rules = tuple(rule for rule in channel.rules if rule[0] in _WORD_RULES)
    spoken = replace(channel, rules=rules, max_bytes=None, safe=anywhere)
    found = check(Submission(spoken, np.zeros((1, 1, 3), np.float32), plan=plan)) if rules else ()
    return (*found, *_too_long(plan, channel))


def encode_for(
    pixels: Array, channel: Channel, format: Format, *, quality: int = _QUALITY, override: bool = False, xmp: str = ""
) -> tuple[bytes, tuple[str, ...]]:
    """Write a picture within a channel's limit of bytes, as well as it fits; notes tell how.

    Shapes: pixels ``[H,W,3]`` or ``[H,W,4]``, float 0..1 or uint8.

    Args:
        quality: 1..100, of jpeg, webp and avif; within a limit the highest to try.
        override: where it does not fit and still look right, write it at the quality all the same.
        xmp: the mark of AI's part; its bytes count.

    Returns: the file, and a note on how it was made to fit, or on what of the mark it could not hold.

    Raises:
        InputError: ``output.over_budget``, ``output.too_large_for_limit`` and what ``output.encode.check`` refuses.
        MissingDependency: this Pillow lacks the format.
    """
    plain = to_pixels(pixels)
    check_format(plain, format, quality)
    if channel.max_bytes is not None:
        try:
            beside = enclose(format.name, {}, xmp).arguments
            fitted = fit_bytes(Image.fromarray(plain), format, channel.max_bytes, beside, quality=quality)
        except InputError:
            if not override:
                raise
        else:
            return fitted.data, (fitted.note(len(fitted.data), channel.max_bytes),)
    return encode(plain, format, quality=quality, xmp=xmp)


@dataclass(frozen=True, slots=True)
class ChannelFile:
    """A file for a channel that is not written yet, how it fits, and what the channel would say to it."""

    data: bytes
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]


def file_for(
    pixels: Array,
    channel: Channel,
    format: Format,
    *,
    plan: LayoutPlan,
    style: TextStyle = _PLAIN,
    advertiser: str = "",
    font: str | None = None,
    xmp: str = "",
) -> ChannelFile:
    """Make the file of a finished picture for a channel, and check it as it would be sent.

    What does not fit into the channel's limit of bytes is made all the same, for the check to find and to say.

    Shapes: pixels as those of :func:`inspect`.

    Args:
        font: of the lettering; None = the style's, empty = not known.
        xmp: the mark of AI's part.

    Raises:
        InputError: as :func:`inspect`, and what ``output.encode.check`` refuses.
        MissingDependency: this Pillow lacks the format.
    """
    data, notes = encode_for(pixels, channel, format, override=True, xmp=xmp)
    found = inspect(
        pixels,
        channel,
        plan=plan,
        style=style,
        advertiser=advertiser,
        font=style.font if font is None else font,
        format=format.name,
        size_bytes=len(data),
    )
    return ChannelFile(data, notes, found)


def letter_for(image: Array, plan: LayoutPlan, style: TextStyle, logos: Mapping[str, Array] | None = None) -> Lettered:
    """Letter a picture; one whose channel takes no copy, and whose plan has none, passes through with a note.

    Shapes: image ``[H,W,3] float32`` sRGB 0..1; logos ``[h,w,4]`` straight alpha, by the mark's content.

    Raises:
        InputError: as ``text.lettering.letter``.
    """
    if plan.channel and not plan.marks and not any(block.text.strip() for block in plan.texts):
        channel = _known(plan.channel)
        if channel is not None and not takes_copy(channel):
            return Lettered(
                image, image, (), (f"{channel.korean}: 글자를 넣을 수 없는 채널이라 그림을 그대로 두었어요.",)
            )
    return letter(image, plan, style, logos)


def takes_copy(channel: Channel | None) -> bool:
    """Whether a channel lets copy stand on its pictures; where it says nothing, it does."""
    return channel is None or dict(channel.rules).get("text") != "none"


def takes_marks(channel: Channel | None) -> bool:
    """The same of a logo or a code."""
    return channel is None or dict(channel.rules).get("logo") != "none"


def require_copy(channel: Channel) -> Channel:
    """Return a channel that takes copy.

    Raises:
        InputError: ``channel.takes_no_copy``.
    """
    if not takes_copy(channel):
        raise InputError(
            "channel.takes_no_copy",
            f"{channel.english} takes no copy on its pictures, so there is none to lay out.",
            "Use the picture as it is, and check it with: adstudio check.",
            channel=channel.korean,
        )
    return channel


def inspect_file(
    path: str | Path,
    channel: Channel,
    *,
    plan: LayoutPlan | None = None,
    style: TextStyle = _PLAIN,
    advertiser: str = "",
    font: str = "",
) -> tuple[Finding, ...]:
    """Check a finished file, its format and bytes too.

    Raises:
        InputError: as :func:`inspect`; ``photo.…`` where the file is no picture.
    """
    from ..imaging.photo import read_photo_with_alpha

    pixels, alpha = read_photo_with_alpha(path, min_side_px=1)
    with Image.open(path) as picture:
        mode, format = picture.mode, _format_of(picture.format or "")
    return inspect(
        pixels if alpha is None else np.concatenate([pixels, alpha[..., None]], axis=-1),
        channel,
        plan=plan,
        style=style,
        advertiser=advertiser,
        font=font,
        mode=mode,
        format=format,
        size_bytes=Path(path).stat().st_size,
    )


def _known(name: str) -> Channel | None:
    try:
        return get_channel(name)
    except InputError:  # a plan may come from a machine with channels of its own
        return None


def _format_of(name: str) -> str:
    try:
        return find_format(name).name
    except InputError:
        return name.lower()


def _fitted(mask: Array | None, pixels: Array) -> Array | None:
    """A mask at the picture's size; None where it is empty, as the mask of a photo without transparency is."""
    from ..imaging.resample import resize

    if mask is None or not (mask > 0.5).any():
        return None
    return resize(mask, pixels.shape[1], pixels.shape[0])


def _letter_sizes(plan: LayoutPlan, style: TextStyle, pixels: Array) -> tuple[float, ...] | None:
    """How large each text is drawn, in the plan's order; 0 = an empty one."""
    from ..text.lettering import set_copy

    if not any(block.text.strip() for block in plan.texts):
        return tuple(0.0 for _ in plan.texts)
    # However small they come out: that is what is asked here, and no reason to refuse.
    settings = set_copy(plan, replace(style, min_px=1), (pixels.shape[1], pixels.shape[0]))
    # A price stands in several sizes: the smallest is what a limit is about.
    return tuple(min((s.size for s in settings if s.block is block), default=0.0) for block in plan.texts)


def _lettering(pixels: Array) -> tuple[Box, ...]:
    from ..imaging.letters.detection import find_lettering

    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:]
        pixels = pixels[..., :3] * alpha + (1 - alpha)
    return find_lettering(pixels).boxes


def _too_long(plan: LayoutPlan | None, channel: Channel) -> list[Finding]:
    """Copy that is longer than the channel takes; a channel of the user's alone has no limits."""
    name = channel.id.partition(":")[0]
    if plan is None or name not in channel_choices():
        return []
    limits, found = get_limits(name), list[Finding]()
    for block in plan.texts:
        part = _PARTS.get(block.role)
        if part and part in limits.limits and not limits.fits(part, block.text):
            said = {"what": block.role, "came": limits.length(part, block.text), "wanted": limits.most(part)}
            source = f"{limits.limits[part].source} ({limits.limits[part].checked})"
            found.append(word("channel.copy_too_long", said, (channel.english, channel.korean), source, lenient=False))
    return found
