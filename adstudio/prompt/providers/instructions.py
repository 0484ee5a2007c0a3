"""The texts that tell a language model what to write."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..tables import PACKAGED, read_table


def instruction(name: str) -> str:
    """A text of ``data/instructions.yaml``."""
    return _instructions()[name]


def instructions_version() -> int:
    """The version of all instructions together."""
    return _instructions()["version"]


@cache
def _instructions() -> dict[str, Any]:
    return read_table(PACKAGED / "instructions.yaml")
