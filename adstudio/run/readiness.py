"""Which shipped workflows can run on this machine, and which files the others wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from .. import config
from ..engine.tensors.safetensors_header import read_header
from ..errors import ModelError

Finder = Callable[[str, str], Path | None]
_TABLE = Path(__file__).parent / "data" / "models.yaml"
State = Literal["there", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A weight file of another engine.

    Args:
        folder: the kind of model, which is the name of ComfyUI's folder for it.
        hub: where it is published; ``path`` is its name there.
        gb: decimal gigabytes, roughly.
        commercial: whether its licence allows to sell what it draws; None = not known.
    """

    id: str
    file: str
    folder: str
    hub: str
    path: str
    gb: float
    licence: str
    commercial: bool | None

    @property
    def place(self) -> str:
        """Where ComfyUI looks for it, inside its ``models`` folder."""
        return f"{self.folder}/{self.file}"


@dataclass(frozen=True, slots=True)
class Readiness:
    """A workflow, its engine, and the state of each file that it needs."""

    workflow: str
    engine: str
    files: tuple[tuple[ModelFile, State], ...]

    @property
    def is_ready(self) -> bool:
        return all(state == "there" for _, state in self.files)

    @property
    def is_commercial(self) -> bool | None:
        """Whether every file may be used for business; None = not known of at least one."""
        allowed = [file.commercial for file, _ in self.files]
        return False if False in allowed else None if None in allowed else True


def check_workflows(find: Finder | None = None) -> tuple[Readiness, ...]:
    """Look for the files of every workflow that needs another engine's weights.

    Args:
        find: gives the path of a model by kind and name, as ``Host.model_file`` does; None looks into the folders of
            ``config.model_dirs``.
    """
    find = find or find_in(config.model_dirs())
    files, workflows = _table()
    states: dict[str, State] = {key: _state(file, find) for key, file in files.items()}
    return tuple(
        Readiness(name, entry["engine"], tuple((files[key], states[key]) for key in entry["needs"]))
        for name, entry in workflows.items()
    )


def find_in(folders: Sequence[Path]) -> Finder:
    """Look for models in folders such as ComfyUI's ``models``."""
    return lambda kind, name: config.find_inside([folder / kind for folder in folders], name)


def _state(file: ModelFile, find: Finder) -> State:
    path = find(file.folder, file.file)
    if path is None:
        return "missing"
    try:
        read_header(path)
    except ModelError:  # a download that broke off, or a pointer to one
        return "damaged"
    return "there"


@cache
def _table() -> tuple[dict[str, ModelFile], dict[str, dict[str, Any]]]:
    data = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    files = {
        key: ModelFile(
            id=key,
            path=entry.get("path", entry["file"]),
            **{name: entry[name] for name in ("file", "folder", "hub", "gb", "licence", "commercial")},
        )
        for key, entry in data["files"].items()
    }
    return files, data["workflows"]
