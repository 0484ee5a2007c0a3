"""Fill in what stands on the picture, and how the file is saved."""

from __future__ import annotations

from collections.abc import Mapping

from ...layout.providers import LOCAL
from ...output.encode import find_format
from ...prompt.industries import AUTO
from ..asked import wants_copy
from ..finishing import NO_LABEL
from ..request import AdRequest
from .graph import SAVE, Graph
from .uploads import Photos

_ANALYZER, _OVERLAY, _COPY = "AdStudioTextLayoutAnalyzer", "AdStudioTextOverlay", "AdStudioAdCopy"
_EDITOR, _WRITER = "AdStudioLayoutEditor", "AdStudioLanguageModel"
_HEADLINE, _SUB, _BUTTON = 3, 4, 5  # outputs of the copywriter
_PARTS = ("price", "old_price", "badge", "legal", "hours", "link")


def fill_letters(graph: Graph, request: AdRequest, photos: Photos, names: Mapping[str, str]) -> None:
    """Fill in copy, logo and their layout; without any of them the picture is saved as it was drawn."""
    if graph.has(_EDITOR):  # nobody looks on: what was proposed is what counts
        graph.relink(graph.output(_EDITOR), graph.output(_ANALYZER))
    if not wants_copy(request) and photos.logo is None:
        graph.set(SAVE, image=graph.nodes[graph.id(SAVE)]["inputs"]["original"])
        graph.unlink(SAVE, "original", "layout")
        return
    # The lines one by one: a copy as a whole would bring a button that nobody asked for.
    graph.unlink(_ANALYZER, "copy")
    written = {
        "headline": (request.headline, _HEADLINE),
        "sub": ("" if request.sub is None and request.headline is not None else request.sub, _SUB),
        "call_to_action": (request.call_to_action, _BUTTON),
    }
    lines = {name: graph.output(_COPY, slot) if line is None else line for name, (line, slot) in written.items()}
    style = request.text_style
    graph.set(_ANALYZER, **lines, **{name: getattr(request, name) for name in _PARTS})
    graph.set(_ANALYZER, copy_space=AUTO, logo_slot=photos.logo is not None, min_px=style.min_px)
    fill_analyzer(graph, _ANALYZER, request)
    if photos.reference is not None:  # a photo has free space of its own, round its subject
        graph.unlink(_ANALYZER, "prompt")
    if photos.subject is not None:
        mask = graph.add("LoadImageMask", image=names[photos.subject.name], channel="red")
        graph.set(_ANALYZER, keep_clear=[mask, 0])
    if photos.logo is not None:
        logo = graph.add("LoadImage", image=names[photos.logo.name])
        graph.set(_OVERLAY, logo=[logo, 0], logo_mask=[logo, 1])
    graph.set(
        _OVERLAY,
        font=style.font,
        weight=style.weight,
        min_px=style.min_px,
        plate=style.plate,
        shadow=style.shadow,
        outline=style.outline,
        fallback=", ".join(style.fallback),
    )


def fill_analyzer(graph: Graph, kind: str, request: AdRequest) -> None:
    """Say who lays out."""
    graph.set(kind, provider=request.layout_provider, as_proposed=request.layout_as_proposed)
    if request.layout_provider != LOCAL:
        graph.set(kind, writer=graph.output(_WRITER))


def fill_saving(graph: Graph, request: AdRequest, folder: str) -> None:
    """Say how and where the finished picture is kept."""
    graph.set(
        SAVE,
        folder=folder,
        format=find_format(request.format).name,
        quality=request.quality,
        max_kb=request.max_kb or 0,
        ai_label=request.ai_label.strip() or NO_LABEL,
        credentials=request.credentials,
    )
