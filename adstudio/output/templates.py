"""Layouts that a channel fixes, as ``data/templates.yaml`` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from ..errors import InputError
from ..types import TextRole
from .channels import bare_name


@dataclass(frozen=True, slots=True)
class TypeLine:
    """How one line of copy must be set; ``icon_px`` is the side of the icon before it, 0 = none."""

    weight: int
    size_px: float
    colour: str
    icon_px: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A fixed layout, and the channel it is for unless another is named."""

    id: str
    korean: str
    english: str
    channel: str
    aliases: tuple[str, ...]
    lines: Mapping[TextRole, TypeLine]


@cache
def templates() -> Mapping[str, Template]:
    """Every fixed layout by its id."""
    table = yaml.safe_load((Path(__file__).parent / "data" / "templates.yaml").read_text("utf-8"))
    return {
        name: Template(
            name,
            row["korean"],
            row["english"],
            row["channel"],
            tuple(row["aliases"]),
            {
                role: TypeLine(line["weight"], line["size_px"], line["colour"], line.get("icon_px", 0))
                for role, line in row.get("lines", {}).items()
            },
        )
        for name, row in table.items()
    }


def get_template(name: str) -> Template:
    """Find a fixed layout by its id or another name of it.

    Raises:
        InputError: ``template.unknown``.
    """
    wanted = bare_name(name)
    for template in templates().values():
        if wanted in map(bare_name, (template.id, template.korean, *template.aliases)):
            return template
    raise InputError("template.unknown", f"There is no template '{name:.40}'.", f"There is {', '.join(templates())}.")
