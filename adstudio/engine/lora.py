"""Styles as small adapters: find one, check that it fits, and name it on a handle. The base is never touched here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .. import config
from ..errors import InputError, ModelError
from ..ports import Host
from .components import Zit
from .lora_keys import plan_patches
from .weights import read_header

_STRONGEST = 4.0


@dataclass(frozen=True, slots=True)
class LoraUse:
    """An adapter file, and how strongly it is applied; negative weights push away from its style."""

    path: Path
    weight: float = 1.0


def find_adapter(zit: Zit, name: str, host: Host) -> Path | None:
    """Find an adapter by name: first among the checkpoint's own, then in the host's ``loras`` folder."""
    own = zit.checkpoint.adapters
    names = tuple(dict.fromkeys((name, f"{name.removesuffix('.safetensors')}.safetensors")))
    found = [] if own is None else [config.find_inside((own,), asked) for asked in names]
    found += [host.model_file("loras", asked) for asked in names]
    return next((path for path in found if path is not None and path.is_file()), None)


def with_loras(zit: Zit, uses: Iterable[LoraUse]) -> Zit:
    """Return a handle that draws with further adapters; the one given stays as it is.

    An adapter named twice is applied once, with its weights added up.

    Raises:
        ModelError: a file is missing, broken, of another model, or fits only in part.
        InputError: a weight is out of range.
    """
    weights: dict[Path, float] = {use.path: use.weight for use in zit.loras}
    for use in uses:
        path = Path(use.path)
        check_adapter(zit, path)
        weights[path] = weights.get(path, 0.0) + use.weight
    for path, weight in weights.items():
        if not -_STRONGEST <= weight <= _STRONGEST:
            raise InputError(
                "lora.weight_out_of_range",
                f"The weight of '{path.name}' is {weight:g}; it can be {-_STRONGEST:g} to {_STRONGEST:g}.",
                "Most styles look best between 0.5 and 1.",
            )
    return replace(zit, loras=tuple(LoraUse(path, weight) for path, weight in weights.items()))


def check_adapter(zit: Zit, path: Path) -> None:
    """Check by its header alone that an adapter fits the checkpoint completely.

    Raises:
        ModelError: the file is missing, broken, of another model, or fits only in part.
    """
    if not path.is_file():
        raise ModelError(
            "lora.missing", f"The adapter {path} does not exist.", "Put the file into models/loras, or choose another."
        )
    if path.suffix != ".safetensors":
        raise ModelError(
            "lora.not_safetensors", f"'{path.name}' is not a safetensors file.", "Use the safetensors edition."
        )
    plan_patches(read_header(path), zit.components.linears, path.name)
