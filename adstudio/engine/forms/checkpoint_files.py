"""Which files of a model belong to a Z-Image checkpoint, told by their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ...errors import ModelError
from .folder import WEIGHT_STEMS

# Small files that a component may need. A repository's pictures, papers, pickles and ONNX exports are none of them.
_SMALL = re.compile(
    r"model_index\.json"
    r"|(scheduler|text_encoder|transformer|vae)/[\w-]+\.json"
    r"|tokenizer/[\w-]+\.(json|txt|model|jinja)"
)
_ADAPTER = re.compile(r"loras/[^/\\]+\.safetensors")  # the pack's own layout keeps a checkpoint's styles beside it


def choose_files(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Choose what a checkpoint in diffusers layout needs: configurations, tokenizer, and one set of weights per part.

    Of several sets the plain one is taken: the single file, else the shards; precision variants (``.fp16.``) never.

    Args:
        names: paths inside the folder or repository, with ``/``.
        where: what to call the folder in an error.

    Raises:
        ModelError: ``checkpoint.not_diffusers``, a part has no weights that can be used.
    """
    have = set(names)
    indexes = {f"{part}/{stem}.safetensors.index.json" for part, stem in WEIGHT_STEMS.items()}
    small = {name for name in have if _SMALL.fullmatch(name) and not name.endswith(".index.json")}
    chosen = small | {name for name in have if _ADAPTER.fullmatch(name)}
    for part, stem in WEIGHT_STEMS.items():
        single, index = f"{part}/{stem}.safetensors", f"{part}/{stem}.safetensors.index.json"
        shard = re.compile(rf"{part}/{stem}-\d+-of-\d+\.safetensors")
        shards = {name for name in have if shard.fullmatch(name)}
        if single in have:
            chosen.add(single)
        elif shards and index in have:
            chosen |= {index, *shards}
        else:
            others = sorted(name for name in have if name.startswith(f"{part}/") and name not in small | indexes)
            found = f" (found {', '.join(others[:3])} instead)" if others else ""
            raise ModelError(
                "checkpoint.not_diffusers",
                f"{where} is not a Z-Image checkpoint in diffusers layout: it has no {single}{found}.",
                "Choose one that holds model_index.json, transformer, text_encoder, vae, tokenizer and scheduler.",
            )
    return tuple(sorted(chosen))


def names_in(folder: Path) -> list[str]:
    """The paths of all files in a folder and its direct subfolders, with ``/``; links are followed."""
    return [path.relative_to(folder).as_posix() for path in [*folder.glob("*"), *folder.glob("*/*")] if path.is_file()]
