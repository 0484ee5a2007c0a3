"""What this ComfyUI lacks of what the pack uses, found by looking for the thing itself, never by a version.

Nothing here stops a node: what is lacking is left out where it is a comfort, and said, in the log and in the ad panel.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..adstudio.run.engines import ENGINES
from ..adstudio.run.readiness import ModelFile, State, check_workflows
from . import _host
from ._api import knows_schema

logger = logging.getLogger("adstudio.nodes")

WORKFLOWS = Path(__file__).resolve().parents[1] / "workflows" / "api"
_OURS = "AdStudio"


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is not here.

    Args:
        code: what the page's words call it.
        sentence: what follows from it, in English.
        values: what is filled into the page's words.
        workflows: shipped workflows that cannot run for the lack of it.
    """

    code: str
    sentence: str
    values: dict[str, str] = field(default_factory=dict)
    workflows: tuple[str, ...] = ()


def find() -> list[Lack]:
    """Look for everything; ComfyUI's own nodes have to be loaded."""
    return list(_lacking(_host.node_classes()))


def tell(lacks: Collection[Lack]) -> None:
    """Write a line into the log for each."""
    for lack in lacks:
        logger.warning("Ad Studio: this ComfyUI lacks something. %s", lack.sentence)


def of_engines(lacks: Collection[Lack]) -> dict[str, str]:
    """Why an engine cannot draw here whatever files there are: ``id -> sentence``."""
    broken = {name: lack.sentence for lack in lacks for name in lack.workflows}
    return {id: broken[name] for id, engine in ENGINES.items() for name in reversed(engine.workflows) if name in broken}


def _lacking(classes: Collection[str]) -> Iterator[Lack]:
    if not knows_schema("search_aliases"):
        yield Lack(
            "search_words", "Its search finds nodes by their names alone, not by other words such as 누끼 or rembg."
        )
    if not knows_schema("has_intermediate_output"):
        yield Lack("midway", "The Layout Editor shows its picture anew only when its node really runs.")
    if "AddLayer" not in classes:
        yield Lack("layers", "No node of its own takes the output 'layers' of Background Composite (layered pictures).")
    used = {path.stem: _kinds(path) for path in sorted(WORKFLOWS.glob("*.json"))}
    if not _host.reads_klein():
        names = tuple(each.workflow for each in check_workflows(_nowhere) if any(map(_is_klein, each.files)))
        shown = ", ".join(names)
        yield Lack(
            "klein",
            f"It cannot read the text encoder of FLUX.2 Klein: the workflows {shown} cannot run here.",
            {"workflows": shown},
            names,
        )
    for name, kinds in used.items():
        if missing := sorted(kinds - set(classes)):
            shown = ", ".join(missing)
            yield Lack(
                "node",
                f"It has no node {shown}: the workflow {name} cannot run here.",
                {"workflow": name, "nodes": shown},
                (name,),
            )


def _nowhere(_kind: str, _name: str) -> None:
    return None


def _is_klein(file: tuple[ModelFile, State]) -> bool:
    return file[0].id.startswith("flux2_klein")


def _kinds(path: Path) -> set[str]:
    graph: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return {step["class_type"] for step in graph.values() if not step["class_type"].startswith(_OURS)}
