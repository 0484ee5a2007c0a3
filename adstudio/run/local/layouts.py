"""The layouts of a run: where its products stand, and where its copy goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...layout.frames import BY_HAND, Analyzer, aspects_of
from ...layout.saliency import Wishes
from ...types import AdCopy, AdPrompt, Array, Channel, CutOut, LayoutPlan, Note
from ..channels import takes_marks
from ..enlargement import asked_places
from ..request import AdRequest

_IN_A_ROW = Note("layout.in_a_row", "자동 배치를 껐으므로 제품을 아래쪽에 고르게 놓았습니다.")


def place_products(
    request: AdRequest, analyzer: Analyzer, backdrop: Array, cutouts: Sequence[CutOut], prompt: AdPrompt, has_copy: bool
) -> LayoutPlan:
    """Stand the products where the request says, where the analyzer finds a place, or in a plain row.

    Shapes: backdrop ``[H,W,3] float32 sRGB 0..1``.
    """
    places = asked_places(request, len(cutouts))
    if not places:
        prefer = prompt.copy_space if has_copy else None
        return analyzer.place_products(backdrop, aspects_of(cutouts), prefer=prefer)
    return LayoutPlan(products=places, reasons=(BY_HAND if request.placements else _IN_A_ROW,))


def place_copy(
    request: AdRequest,
    analyzer: Analyzer,
    picture: Array,
    mask: Array | None,
    placed: LayoutPlan,
    prompt: AdPrompt,
    copy: AdCopy,
    *,
    channel: Channel | None = None,
) -> LayoutPlan:
    """Lay the copy out beside products that are placed.

    Args:
        mask: what copy must not cover, of the picture's size.
        channel: what the picture is made for; its safe zone is kept.
    """
    plan = analyzer.place_text(
        picture,
        copy,
        keep_clear=mask,
        # The prompt asked for free space on one side; a photo that is drawn over has its own, round its subject.
        prefer=prompt.copy_space if request.reference is None else None,
        min_px=request.text_style.min_px,
        wishes=Wishes(with_logo=request.logo is not None and takes_marks(channel), channel=channel),
    )
    return replace(plan, products=placed.products, reasons=(*placed.reasons, *plan.reasons))
