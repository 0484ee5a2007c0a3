"""The options of the parts of an ad beside headline and sub."""

from __future__ import annotations

import argparse
from typing import Any

_PARTS = {
    "price": "what it costs, such as 9,900원",
    "old_price": "what it cost before, struck through beside the price",
    "badge": "one or two words in a spot near the product, such as 1+1",
    "legal": "the small print along the lower edge",
    "hours": "opening hours",
    "link": "what a QR code leads to",
}


def add(parser: Any) -> None:
    """Add the options to a command that draws ads."""
    for name, told in _PARTS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default="", metavar="TEXT", help=told)
    parser.add_argument(
        "--cta", nargs="?", const=None, default="", metavar="TEXT", help="a button; without a text, one is written"
    )
    parser.add_argument("--logo", metavar="FILE", help="a picture of your logo, best with transparency")


def fields(options: argparse.Namespace) -> dict[str, Any]:
    """The options as fields of a request; none where no text is wanted."""
    if options.no_text:
        return {"logo": options.logo}
    return {name: getattr(options, name) for name in _PARTS} | {"call_to_action": options.cta, "logo": options.logo}
