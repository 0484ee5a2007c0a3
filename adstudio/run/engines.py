"""The models that may draw a request: which shipped workflow each works in, and whether its files are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from .asked import style_of
from .photos import target_size
from .readiness import Finder, Readiness, check_workflows
from .request import ZIT, AdRequest
from .target import channel_of

_BASE_PX = 1024
_GRID_PX = 32  # every one of the other engines takes sides that are multiples of it

# In which size a server would draw over a photo of (width, height); the request names checkpoint, aspect and size.
SizeOver = Callable[[AdRequest, tuple[int, int] | None], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Engine:
    """A model that draws, by the workflows that ask it to; an empty name = it cannot.

    Args:
        over_photo: draws along or over a reference photo; ``needs_photo`` where it does nothing else.
        steps: of its own, taken where a request leaves them at their default.
        styles: workflows with weights of their own, in place of the others, by the style that they draw.
    """

    words: str = ""
    over_photo: str = ""
    composite: str = ""
    steps: int = 4
    styles: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_photo(self) -> bool:
        return not self.words

    @property
    def workflows(self) -> tuple[str, ...]:
        """All that it works in, each once."""
        named = (self.words, self.over_photo, self.composite, *self.styles.values())
        return tuple(name for name in dict.fromkeys(named) if name)

    def workflow_of(self, request: AdRequest) -> str:
        """The workflow that a request is filled into."""
        if request.products:
            return self.composite
        usual = self.words if request.reference is None else self.over_photo
        return self.styles.get(style_of(request), usual) if self.styles else usual


_SEMI, _ANIME = "20-sdxl-semi-realistic", "21-sdxl-anime"
ENGINES = {
    ZIT: Engine("01-text-to-image-ad", "02-image-to-image-ad", "03-product-composite", steps=8),
    "flux2-klein": Engine("11-flux2-klein-4b", composite="14-flux2-klein-product"),
    "flux2-klein-9b": Engine("12-flux2-klein-9b"),
    "flux2-klein-9b-fp8": Engine("13-flux2-klein-9b-fp8"),
    "qwen-edit": Engine(over_photo="15-qwen-image-edit"),
    "sdxl": Engine(
        "19-sdxl-realistic",
        "19-sdxl-realistic",
        steps=25,
        # The older system had three checkpoints: whatever is painted goes to the one in the middle.
        styles=dict.fromkeys(("semi-realistic", "illustration", "watercolor", "flat"), _SEMI) | {"anime": _ANIME},
    ),
}


def refuse_elsewhere(request: AdRequest) -> None:
    """Refuse an engine that this process cannot draw with.

    Raises:
        InputError: ``request.engine_needs_server``.
    """
    if request.engine != ZIT:
        raise InputError(
            "request.engine_needs_server",
            f"The engine '{request.engine}' draws on a ComfyUI server only.",
            "Name one with --server (server= in Python), or take the engine zit.",
        )


def sized_for(size_over: SizeOver) -> SizeOver:
    """``size_over`` for Z-Image, whose checkpoint decides; the other engines draw in sizes that are known here."""
    return lambda request, photo: size_over(request, photo) if request.engine == ZIT else size_of(request, photo)


def size_of(request: AdRequest, photo: tuple[int, int] | None) -> tuple[int, int]:
    """In which size an engine other than Z-Image draws a request."""
    return target_size(request, _GRID_PX, _BASE_PX, photo, channel_of(request))


def list_engines(find: Finder | None = None, unable: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Tell of every engine what it draws and whether it could now, as plain JSON.

    Args:
        find: as in ``readiness.check_workflows``.
        unable: engines that the ComfyUI at hand cannot draw with, whatever files there are, each with a sentence.
    """
    found = {ready.workflow: ready for ready in check_workflows(find)}
    return [_told(name, engine, found, (unable or {}).get(name, "")) for name, engine in ENGINES.items()]


def check_ready(request: AdRequest, listed: Sequence[dict[str, Any]]) -> None:
    """Refuse an engine that cannot draw there, or lacks files.

    Args:
        listed: as ``list_engines`` tells it, on the machine that draws.

    Raises:
        InputError: ``request.engine_not_ready``.
    """
    if request.engine == ZIT:
        return
    told = next((each for each in listed if each.get("id") == request.engine), {})
    workflow = ENGINES[request.engine].workflow_of(request)
    if told.get("ready") and workflow in told.get("workflows", [workflow]):
        return
    if reason := told.get("unable"):
        raise InputError(
            "request.engine_not_ready",
            f"This server cannot draw with the engine '{request.engine}'. {reason}",
            "Update ComfyUI, or take the engine zit.",
        )
    lacking = [file for file in told.get("missing", ()) if workflow in file.get("workflows", [workflow])]
    missing = [f"models/{file['place']} ({file['state']}, {file['hub']})" for file in lacking]
    ready = ", ".join(str(each["id"]) for each in listed if each.get("ready"))
    in_style = f" in the style '{style_of(request)}'" if ENGINES[request.engine].styles else ""
    raise InputError(
        "request.engine_not_ready",
        f"This server is not ready for the engine '{request.engine}'{in_style}: "
        f"{', '.join(missing) or 'it does not know it'}.",
        f"Put the files there, or use one that is ready: {ready}.",
    )


def _told(name: str, engine: Engine, found: dict[str, Readiness], unable: str) -> dict[str, Any]:
    able = [workflow for workflow in engine.workflows if workflow not in found or found[workflow].is_ready]
    needed = {
        file.id: (file, state, [each for each in engine.workflows if each in found and _needs(found[each], file.id)])
        for workflow in engine.workflows
        if workflow in found
        for file, state in found[workflow].files
    }
    draws = {"words": engine.words, "photo": engine.over_photo, "composite": engine.composite}
    return {
        "id": name,
        # Weights that are for some styles alone keep the engine from those styles, and from nothing else.
        "ready": not unable and (bool(able) if engine.styles else len(able) == len(engine.workflows)),
        "workflows": able,
        "draws": [what for what, workflow in draws.items() if workflow],
        "needs_photo": engine.needs_photo,
        "missing": [
            {"place": file.place, "state": state, "hub": file.hub, "gb": file.gb, "workflows": workflows}
            for file, state, workflows in needed.values()
            if state != "there"
        ],
        **({"unable": unable} if unable else {}),
    }


def _needs(ready: Readiness, id: str) -> bool:
    return any(file.id == id for file, _ in ready.files)
