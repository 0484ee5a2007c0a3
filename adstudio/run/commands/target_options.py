"""The options that say what a picture is made for: its channel, or its aspect or size, and its format."""

from __future__ import annotations

import argparse
from typing import Any

from ..request import TO_CHANNEL


def add(parser: Any, aspect: str = "1:1") -> None:
    """Add them to a command that draws ads; ``aspect`` holds where nothing is said, and is its ``plain_aspect``."""
    parser.add_argument(
        "--aspect",
        metavar="ASPECT",
        help=f"1:1, 4:5, 16:9 …; auto keeps a reference photo's own; channel takes the channel's ({aspect}; with "
        "--channel, channel)",
    )
    parser.add_argument("--size", type=_size, metavar="WxH", help="exact size in pixels, instead of --aspect")
    parser.add_argument(
        "--channel",
        default="",
        metavar="NAME",
        help="where the ad will appear, such as 스토리 or kakao_native:2x1: its size, safe zone, format and byte limit "
        "hold, and what it would refuse is not saved. With another --aspect or --size only the copy's lengths do. "
        "auto: the trade's usual channel",
    )
    parser.add_argument("--override-channel", action="store_true", help="save even what the channel would refuse")
    parser.add_argument(
        "--format", help="png, jpeg, webp or avif; the channel's own where it takes another (png, or the channel's)"
    )


def fields(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that these options fill."""
    from ..target import usual_format

    width, height = options.size or (None, None)
    to_channel = options.channel.strip() and options.size is None
    aspect = options.aspect or (TO_CHANNEL if to_channel else options.plain_aspect)
    return {
        "aspect": aspect,
        "width": width,
        "height": height,
        "channel": options.channel,
        "override_channel": options.override_channel,
        "format": options.format or (usual_format(options.channel) if aspect == TO_CHANNEL else "png"),
    }


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().replace("×", "x").partition("x")
    if not cross or not width.strip().isdigit() or not height.strip().isdigit():
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 768x1024, got '{text}'")
    return int(width), int(height)
