"""What the panel in the page may offer: engines, the files they wait for, and checkpoints that will open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from ..engine.drawing.sizes import ASPECTS
from ..errors import AdStudioError
from ..output.channels import channel_names, get_channel
from .channels import takes_copy
from .engines import ENGINES, Engine, size_of
from .readiness import Finder, ModelFile, Readiness, check_workflows
from .request import ZIT, AdRequest
from .target import template_of


def tell_engines(find: Finder | None = None, unable: Collection[str] = ()) -> list[dict[str, Any]]:
    """Tell of every engine which workflow it draws in, what that lacks here, and whether ads of it may be sold.

    Args:
        find: as in ``readiness.check_workflows``.
        unable: engines that the ComfyUI at hand cannot draw with, whatever files there are: they are left out.

    Returns:
        Plain JSON. ``commercial`` is None where a licence is not known; ``sizes`` are ``[width, height]`` by aspect.
    """
    found = {ready.workflow: ready for ready in check_workflows(find)}
    return [_engine(name, engine, found) for name, engine in ENGINES.items() if name not in unable]


def tell_checkpoints(names: Iterable[str], open_named: Callable[[str], object]) -> list[dict[str, Any]]:
    """Tell of every checkpoint whether it opens.

    Args:
        names: as the loader's menu lists them.
        open_named: opens one by its name, which reads its configuration and the heads of its files, no weights.

    Returns:
        Plain JSON: ``name``, and what is wrong: ``code``, ``message``, ``hint`` and ``figures``; all empty where
        nothing is.
    """
    return [{"name": name, **_problem(name, open_named)} for name in names]


def tell_locked() -> list[dict[str, Any]]:
    """Tell which channels take nothing but their own template: a product's cut-out, and words where it has lines.

    Returns:
        Plain JSON: ``channel``, ``template`` and ``words``.
    """
    found = {name: template_of(get_channel(name)) for name in channel_names()}
    return [
        {"channel": name, "template": template.id, "words": bool(template.lines)}
        for name, template in found.items()
        if template is not None
    ]


def tell_wordless() -> list[str]:
    """Tell which channels take a picture without any words, which is no ad of the panel's."""
    channels = {name: get_channel(name) for name in channel_names()}
    return [name for name, each in channels.items() if not takes_copy(each) and template_of(each) is None]


def _problem(name: str, open_named: Callable[[str], object]) -> dict[str, Any]:
    try:
        open_named(name)
    except AdStudioError as error:
        return error.told()
    return {"code": "", "message": "", "hint": "", "figures": {}}


def _engine(name: str, engine: Engine, found: dict[str, Readiness]) -> dict[str, Any]:
    workflows = [found[each] for each in engine.workflows if each in found]
    needed = {file.id: (file, state) for workflow in workflows for file, state in workflow.files}
    allowed = {workflow.is_commercial for workflow in workflows}
    sizes = {} if name == ZIT else {each: size_of(AdRequest(aspect=each), None) for each in ASPECTS}
    return {
        "id": name,
        "ready": all(workflow.is_ready for workflow in workflows),
        "workflows": {"words": engine.words, "photo": engine.over_photo, "composite": engine.composite},
        "commercial": False if False in allowed else None if None in allowed else True,
        "steps": engine.steps,
        "sizes": sizes,
        "files": [{**_shown(file), "place": file.place, "state": state} for file, state in needed.values()],
    }


def _shown(file: ModelFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in ("hub", "path", "gb", "licence", "commercial")}
