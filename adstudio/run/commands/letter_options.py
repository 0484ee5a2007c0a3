"""The options that say how the copy is drawn."""

from __future__ import annotations

import argparse
from typing import Any

from ...types import TextStyle

_PLAIN = TextStyle()


def add(parser: Any) -> None:
    """Add the options to a command that letters pictures."""
    parser.add_argument("--font", default=_PLAIN.font, metavar="NAME", help=f"a family or a file ({_PLAIN.font})")
    parser.add_argument(
        "--second-font", action="append", default=[], metavar="NAME", help="draws what the font lacks; may be repeated"
    )
    parser.add_argument(
        "--weight", type=int, default=_PLAIN.weight, help=f"of the headline, 100 to 900 ({_PLAIN.weight})"
    )
    parser.add_argument(
        "--min-px", type=int, default=_PLAIN.min_px, metavar="PX", help=f"smallest letters ({_PLAIN.min_px})"
    )
    parser.add_argument(
        "--ground", default="auto", choices=("auto", "always", "never"), help="a plate behind the copy (auto)"
    )
    parser.add_argument("--outline", action="store_true", help="a rim around the letters")
    parser.add_argument("--no-shadow", action="store_true", help="no soft shadow under light letters")


def style_of(options: argparse.Namespace) -> TextStyle:
    """What these options say.

    Raises:
        InputError: ``text.bad_weight``; drawing would take the nearest without a word.
    """
    from ...text.faces.fontfile import weight_of

    weight_of(options.weight)
    return TextStyle(
        font=options.font,
        weight=options.weight,
        min_px=options.min_px,
        outline=options.outline,
        shadow=not options.no_shadow,
        plate=options.ground,
        fallback=tuple(options.second_font),
    )
