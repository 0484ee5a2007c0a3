"""Which files of a model belong to a Z-Image checkpoint, told by their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ...errors import ModelError
from ..forms.weight_files import WEIGHT_STEMS, first_of_weights, shards_of

# Small files that a component may need. A repository's pictures, papers, pickles and ONNX exports are none of them.
_SMALL = re.compile(
    r"model_index\.json"
    r"|(scheduler|text_encoder|transformer|vae)/[\w-]+\.json"
    r"|tokenizer/[\w-]+\.(json|txt|model|jinja)"
)
_SPLIT_KINDS = {"transformer": "diffusion_models", "text encoder": "text_encoders", "VAE": "vae"}
_FEWER_BITS = re.compile(r"fp8|fp4|int8|int4|w4a4|w8a8|e4m3|e5m2|mxfp|svdq|nunchaku")
_ADAPTER = re.compile(r"loras/[^/\\]+\.safetensors")  # the pack's own layout keeps a checkpoint's styles beside it


def choose_files(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Choose what a checkpoint needs: configurations, tokenizer, and one set of weights per part.

    A repository of ComfyUI's split files has one file per part instead; there, editions in fewer bits are left out.
    In diffusers layout the plain set is taken, the single file before the shards, else the variant ``bf16``.

    Args:
        names: paths inside the folder or repository, with ``/``.
        where: what to call the folder in an error.

    Raises:
        ModelError: ``checkpoint.not_diffusers``, a part has no weights that can be used; ``checkpoint.ambiguous``
    """
    have = set(names)
    if not any(name.startswith("transformer/") for name in have) and (split := _choose_split(have, where)):
        return split
    small = {name for name in have if _SMALL.fullmatch(name)}
    chosen = small | {name for name in have if _ADAPTER.fullmatch(name)}
    for part, stem in WEIGHT_STEMS.items():
        inside = {name.removeprefix(f"{part}/") for name in have if name.startswith(f"{part}/")}
        first = first_of_weights(inside, stem)
        weights = {first} if first and not first.endswith(".json") else set()
        if first and not weights and (shards := shards_of(first, inside, stem)):
            weights = {first, *shards}
        if not weights:
            others = sorted(
                f"{part}/{name}" for name in inside if f"{part}/{name}" not in small and ".index." not in name
            )
            found = f" (found {', '.join(others[:3])} instead)" if others else ""
            raise ModelError(
                "checkpoint.not_diffusers",
                f"{where} is not a Z-Image checkpoint in diffusers layout: it has no {part}/{stem}.safetensors{found}.",
                "Choose one that holds model_index.json, transformer, text_encoder, vae, tokenizer and scheduler.",
                folder=str(where),
            )
        chosen |= {f"{part}/{name}" for name in weights}
    return tuple(sorted(chosen))


def _choose_split(names: set[str], where: str) -> tuple[str, ...]:
    """The three files of a repository that keeps them as ComfyUI does; none where it does not."""
    chosen = []
    for part, kind in _SPLIT_KINDS.items():
        files = sorted(name for name in names if re.fullmatch(rf"(split_files/)?{kind}/[^/\\]+\.safetensors", name))
        whole = [name for name in files if not _FEWER_BITS.search(name)]
        if not whole:
            return ()
        if len(whole) > 1:
            raise ModelError(
                "checkpoint.ambiguous",
                f"{where} has {len(whole)} files that can be the {part}: {', '.join(whole)}.",
                f"Put the right one into ComfyUI's models/{kind} yourself.",
                names=", ".join(whole),
            )
        chosen += whole
    return tuple(sorted(chosen))


def names_in(folder: Path) -> list[str]:
    """The paths of all files in a folder and its direct subfolders, with ``/``; links are followed."""
    return [path.relative_to(folder).as_posix() for path in [*folder.glob("*"), *folder.glob("*/*")] if path.is_file()]
