"""A checkpoint's components as they lie on disk, whatever form they came in. No weights are read here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..tensors.module_names import module_names
from ..tensors.safetensors_header import TensorInfo


@dataclass(frozen=True, slots=True)
class Part:
    """One component: ``transformer``, ``text_encoder`` or ``vae``.

    ``tensors`` are named as in the files, without ``prefix``, which stands before each of them there. ``config_file``
    is None where the configuration is the one shipped with the pack, because the files came without. ``dtype`` is what
    the module computes in; tensors that are stored in another are converted when they are read.
    """

    name: str
    files: tuple[Path, ...]
    tensors: dict[str, TensorInfo]
    config: dict[str, Any]
    config_file: Path | None = None
    prefix: str = ""
    dtype: str = "bfloat16"

    @property
    def place(self) -> Path:
        """Where a sentence about this part points: its file, or the folder of its files."""
        return self.files[0] if len(self.files) == 1 and self.config_file is None else self.files[0].parent

    @property
    def bytes(self) -> int:
        """What the weights take on disk."""
        return sum(info.bytes for info in self.tensors.values())

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the module's tensors by the module's own names; fused ones are given apart."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, targets in module_names(self.name, self.tensors).items():
            shape = self.tensors[name].shape
            for target in targets:
                shapes[target] = (shape[0] // len(targets), *shape[1:]) if shape and len(targets) > 1 else shape
        return shapes


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
