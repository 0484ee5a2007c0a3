"""Who draws where nobody is named: the engine and the checkpoint of the operator's settings."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ..config import EMBEDDED_NAME
from ..errors import InputError
from ..settings import Settings, read_settings
from .request import ZIT, EngineName

NAMES = ("engine", "checkpoint", "text_encoder", "vae")  # of who draws
logger = logging.getLogger("adstudio.run")


def with_usual(fields: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Fields of a request with the engine and the checkpoint of the settings, where they name none.

    A checkpoint is Z-Image's: who names one has named the engine, and no other engine takes one. An empty name, as an
    unfilled field of a form or a cell of a table gives it, names nothing.

    Raises:
        InputError: ``settings.unknown_engine``.
    """
    fields = {name: value for name, value in fields.items() if name not in NAMES or not _is_empty(value)}
    engine = fields.get("engine") or (ZIT if "checkpoint" in fields else _engine(settings))
    usual = {"engine": engine} | ({"checkpoint": settings.checkpoint} if engine == ZIT else {})
    return {**usual, **fields}


def _is_empty(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def usual_checkpoint(names: Sequence[str]) -> str:
    """The checkpoint of the settings as a menu of ``names`` offers it, else the embedded one."""
    try:
        named = read_settings().checkpoint
    except InputError as error:  # a mistake in the file must not keep the nodes from loading
        logger.warning("The settings are passed over: %s", error)
        return EMBEDDED_NAME
    return named if named in names else EMBEDDED_NAME


def _engine(settings: Settings) -> str:
    if settings.engine not in get_args(EngineName):
        raise InputError(
            "settings.unknown_engine",
            f"The settings have '{settings.engine:.40}' draw where no engine is named, and there is no such engine.",
            f"Correct 'engine' in settings.yaml, or ADSTUDIO_ENGINE. Use one of: {', '.join(get_args(EngineName))}.",
        )
    return settings.engine
