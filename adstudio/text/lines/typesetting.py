"""Set the copy of a whole plan: every block in its role's style, the headline first, for the others follow its size."""

from __future__ import annotations

from ...errors import InputError
from ...types import LayoutPlan, TextStyle
from ..faces.fonts import find_fonts
from ..faces.typeface import Typeface
from ..roles import RoleStyle, role_style
from .characters import normalise
from .fitting import Setting
from .setting import set_block


def set_copy(plan: LayoutPlan, style: TextStyle, picture: tuple[int, int]) -> list[Setting]:
    """Fit every text block into its box on a picture of ``(width, height)`` pixels.

    Raises:
        InputError: ``text.no_copy``, ``text.does_not_fit``, ``text.missing_glyph``, ``text.unknown_font`` …
    """
    blocks = [(block, text) for block in plan.texts if (text := normalise(block.text))]
    if not blocks and not plan.marks:
        raise InputError(
            "text.no_copy",
            "The layout holds no copy to draw.",
            "Write a headline, or connect the layout of a Text Layout Analyzer.",
        )
    if style.min_px < 1:
        raise InputError(
            "text.bad_min_px",
            f"min_px must be 1 or more, but {style.min_px} came.",
            "Use 20 or more.",
            came=style.min_px,
        )
    blocks.sort(key=lambda pair: pair[0].role != "headline")
    settings: list[Setting] = []
    for block, text in blocks:
        role = role_style(block.role)
        face = typeface(style, role)
        min_px = role.smallest(style.min_px)
        headlines = [setting.size for setting in settings if setting.block.role == "headline"]
        cap = role.share * min(headlines) if role.share and headlines else 1e9
        settings += set_block(block, text, face, picture, min_px=min_px, max_px=max(cap, min_px))
    return settings


def typeface(style: TextStyle, role: RoleStyle) -> Typeface:
    """The faces that draw a role: those of the ad, at the role's weight and spacing.

    Raises:
        InputError: ``text.unknown_font``, ``text.unreadable_font``.
    """
    weight = role.weight_for(style.weight)
    return Typeface(find_fonts(style.font, style.fallback, weight), weight, role.tracking, role.mixed)
