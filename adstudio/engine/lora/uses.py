"""Adapters named on a handle: find one, check that it fits, say how strongly it works. The base is never touched."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ... import config
from ...errors import InputError, ModelError
from ...ports import Host
from ..forms.checkpoint import Checkpoint
from ..memory.components import Zit
from ..tensors.safetensors_header import read_header
from .keys import plan_patches

_STRONGEST = 4.0
_OFFERED = 5
_COMMON = 0.5  # of the pictures that the most common tag is on


@dataclass(frozen=True, slots=True)
class LoraUse:
    """An adapter file, and how strongly it is applied; negative weights push away from its style.

    ``triggers`` are words that the prompt must hold for it to work.
    """

    path: Path
    weight: float = 1.0
    triggers: tuple[str, ...] = ()


def find_adapter(checkpoint: Checkpoint, name: str, host: Host) -> Path | None:
    """Find an adapter by name: first among the checkpoint's own, then in the host's ``loras`` folder."""
    own = checkpoint.adapters
    found = [] if own is None else [config.find_inside((own,), asked) for asked in _spellings(name)]
    return next((path for path in found if path is not None and path.is_file()), None) or _hosted(name, host)


def adapters_stamp(names: Iterable[str], host: Host) -> tuple[tuple[str, int, int], ...]:
    """Fingerprint the host's adapters of these names, to know whether what was drawn with them still holds."""
    found = (path for name in names if (path := _hosted(name, host)) is not None)
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found)


def with_loras(zit: Zit, uses: Iterable[LoraUse]) -> Zit:
    """Return a handle that draws with further adapters; the one given stays as it is.

    An adapter named twice is applied once, with its weights added up.

    Raises:
        ModelError: a file is missing, broken, of another model, or fits only in part.
        InputError: a weight is out of range.
    """
    known: dict[Path, LoraUse] = {use.path: use for use in zit.loras}
    for use in uses:
        path = Path(use.path)
        check_adapter(zit, path)
        before = known.get(path, LoraUse(path, 0.0))
        triggers = tuple(dict.fromkeys((*before.triggers, *use.triggers)))
        known[path] = LoraUse(path, before.weight + use.weight, triggers)
    for path, use in known.items():
        if not -_STRONGEST <= use.weight <= _STRONGEST:
            raise InputError(
                "lora.weight_out_of_range",
                f"The weight of '{path.name}' is {use.weight:g}; it can be {-_STRONGEST:g} to {_STRONGEST:g}.",
                "Most styles look best between 0.5 and 1.",
                name=path.name,
                most=f"{_STRONGEST:g}",
                came=f"{use.weight:g}",
            )
    return replace(zit, loras=tuple(known.values()))


def join_triggers(prompt: str, uses: Iterable[LoraUse]) -> str:
    """Put the trigger words of the adapters that are drawn with before a prompt; those it holds already stay put."""
    words = dict.fromkeys(word for use in uses if use.weight > 0 for word in use.triggers)
    missing = [word for word in words if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", prompt, re.IGNORECASE)]
    return ", ".join([*missing, prompt])


def offered_triggers(path: Path) -> tuple[str, ...]:
    """The trigger words that an adapter's own metadata names; of its training tags those found in most pictures.

    Raises:
        ModelError: the file is missing or broken.
    """
    facts = read_header(path).metadata
    phrase = [part.strip() for part in str(facts.get("modelspec.trigger_phrase", "")).split(",")]
    try:
        folders = json.loads(facts.get("ss_tag_frequency", "{}"))
        counts = Counter[str]()
        for tags in folders.values():
            counts.update({tag.strip(): int(count) for tag, count in tags.items()})
    except (ValueError, TypeError, AttributeError, RecursionError):  # whatever a trainer wrote there
        counts = Counter[str]()
    most = max(counts.values(), default=0)
    common = [tag for tag, count in counts.most_common(_OFFERED) if count >= _COMMON * most]
    return tuple(dict.fromkeys(word for word in (*phrase, *common) if word))[:_OFFERED]


def _hosted(name: str, host: Host) -> Path | None:
    found = (host.model_file("loras", asked) for asked in _spellings(name))
    return next((path for path in found if path is not None and path.is_file()), None)


def _spellings(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((name, f"{name.removesuffix('.safetensors')}.safetensors")))


def check_adapter(zit: Zit, path: Path) -> None:
    """Check by its header alone that an adapter fits the checkpoint completely.

    Raises:
        ModelError: the file is missing, broken, of another model, or fits only in part.
    """
    if not path.is_file():
        raise missing(path)
    if path.suffix != ".safetensors":
        raise ModelError(
            "lora.not_safetensors",
            f"'{path.name}' is not a safetensors file.",
            "Use the safetensors edition.",
            name=path.name,
        )
    plan_patches(read_header(path), zit.components.linears, path.name)


def missing(path: Path) -> ModelError:
    """Word that an adapter's file is not there, or no longer."""
    return ModelError(
        "lora.missing",
        f"The adapter {path} does not exist.",
        "Put the file into models/loras, or choose another.",
        name=path.name,
    )
