"""Which files of a component's folder hold its weights, in the layout that diffusers and transformers write."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from ...counts import counted
from ...errors import ModelError
from ..tensors.readable import read_json

# diffusers names the weights of its classes one way, transformers those of its own another
WEIGHT_STEMS = {"transformer": "diffusion_pytorch_model", "text_encoder": "model", "vae": "diffusion_pytorch_model"}
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".onnx")


def first_of_weights(names: Collection[str], stem: str) -> str | None:
    """The file by which a component's weights are read: the single one, or the index of the shards.

    Of several sets the plain one is taken, then the variant ``bf16``. Other variants never: ``fp16`` rounds off what
    the model was trained with, and is seldom meant.

    Args:
        names: of the files in the component's folder.
        stem: ``diffusion_pytorch_model`` or ``model``.
    """
    plain = (f"{stem}.safetensors", f"{stem}.safetensors.index.json")
    # The place of the variant in an index's name has changed with the versions of diffusers.
    marked = [f"{stem}.bf16.safetensors", *(f"{stem}.safetensors.{end}.json" for end in ("index.bf16", "bf16.index"))]
    return next((name for name in (*plain, *marked) if name in names), None)


def shards_of(index: str, names: Collection[str], stem: str) -> set[str]:
    """The shards that belong to an index by their names, where its content is not at hand."""
    mark = r"\.bf16" if "bf16" in index else ""
    shard = re.compile(rf"{stem}({mark}-\d+-of-\d+|-\d+-of-\d+{mark})\.safetensors")
    return {name for name in names if shard.fullmatch(name)}


def find_weights(folder: Path, stem: str) -> list[Path]:
    """The weight files of one component: the single file, or the shards that its index names.

    Raises:
        ModelError: there are none, or not all that the index names.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    first = first_of_weights(names, stem)
    if first is None:
        others = sorted(name for name in names if name.endswith(_WEIGHTS))
        found = f" (found {', '.join(others[:3])} instead)" if others else ""
        raise ModelError(
            "checkpoint.file_missing",
            f"The weights {folder / f'{stem}.safetensors'} are missing{found}.",
            "Finish the download of the checkpoint, or choose another one.",
            file=str(folder / f"{stem}.safetensors"),
        )
    index = folder / first
    if index.suffix != ".json":
        return [index]
    listed = read_json(index).get("weight_map")
    named = list(listed.values()) if isinstance(listed, dict) else [None]
    if any(not isinstance(name, str) or Path(name).name != name for name in named):
        raise ModelError(
            "checkpoint.bad_config",
            f"{index} does not say which file holds which tensor.",
            "Download this file again.",
            file=str(index),
        )
    shards = [folder / name for name in sorted(set(map(str, named)))]
    missing = [path.name for path in shards if not path.is_file()]
    if missing or not shards:
        raise ModelError(
            "checkpoint.file_missing",
            f"{folder} lacks {len(missing)} of {counted(len(shards), 'weight file')}: "
            f"{', '.join(missing[:3]) or 'all'}.",
            "Finish the download of the checkpoint.",
            file=f"{folder}: {', '.join(missing[:3])}",
        )
    return shards
