"""A checkpoint's components as they lie on disk, whatever form they came in. No weights are read here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .weights import TensorInfo


@dataclass(frozen=True, slots=True)
class Part:
    """One component: ``transformer``, ``text_encoder`` or ``vae``.

    ``tensors`` are named as in the files. ``config_file`` is None where the configuration is the one shipped with the
    pack, because the files came without.
    """

    name: str
    files: tuple[Path, ...]
    tensors: dict[str, TensorInfo]
    config: dict[str, Any]
    config_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a checkpoint is built from."""

    transformer: Part
    text_encoder: Part
    vae: Part
    scheduler: dict[str, Any]
    tokenizer: Path

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        """The three components that have weights."""
        return self.transformer, self.text_encoder, self.vae
