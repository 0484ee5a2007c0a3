"""The form of a checkpoint that diffusers writes: a folder with one subfolder per component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ModelError
from ..tensors.readable import LFS_MARK, lfs_pointer, read_json
from ..tensors.safetensors_header import read_tensor_infos
from .parts import Part, Sources
from .weight_files import WEIGHT_STEMS, find_weights


def is_folder_form(path: Path) -> bool:
    """Whether a folder looks like a checkpoint in diffusers layout, at a glance."""
    return (path / "transformer" / "config.json").is_file() and (path / "vae" / "config.json").is_file()


def read_folder(path: Path) -> Sources:
    """Describe the components of a folder; which kind of model they are is not looked at.

    Raises:
        ModelError: a file is missing, not readable or half downloaded.
    """
    if not path.is_dir():
        raise ModelError(
            "checkpoint.missing",
            f"The checkpoint folder {path} does not exist.",
            "Choose another checkpoint.",
            name=str(path),
        )
    if not is_folder_form(path):
        raise ModelError(
            "checkpoint.not_diffusers",
            f"{path} is not a checkpoint folder: it needs the subfolders transformer, text_encoder, tokenizer, vae "
            "and scheduler, each with its configuration.",
            "Choose the folder that holds model_index.json, and finish its download.",
            folder=str(path),
        )
    configs = {part: path / part / "config.json" for part in WEIGHT_STEMS}
    contents = {part: read_json(file) for part, file in configs.items()}
    scheduler = read_json(path / "scheduler" / "scheduler_config.json")
    _check_tokenizer(path / "tokenizer")
    parts = {part: _read_part(path, part, contents[part], configs[part]) for part in WEIGHT_STEMS}
    return Sources(
        transformer=parts["transformer"],
        text_encoder=parts["text_encoder"],
        vae=parts["vae"],
        scheduler=scheduler,
        tokenizer=path / "tokenizer",
    )


def _read_part(path: Path, part: str, config: dict[str, Any], config_file: Path) -> Part:
    files = find_weights(path / part, WEIGHT_STEMS[part])
    return Part(part, tuple(files), read_tensor_infos(files), config, config_file)


def _check_tokenizer(folder: Path) -> None:
    files = [folder / name for name in ("tokenizer.json", "vocab.json") if (folder / name).is_file()]
    for file in files:
        with file.open("rb") as stream:
            if stream.read(len(LFS_MARK)) == LFS_MARK:
                raise lfs_pointer(file)
    if not files:
        raise ModelError(
            "checkpoint.file_missing",
            f"The tokenizer in {folder} is missing.",
            "Finish the download.",
            file=str(folder),
        )
    if folder / "tokenizer.json" not in files and not (folder / "merges.txt").is_file():
        raise ModelError(
            "checkpoint.file_missing",
            f"The tokenizer in {folder} has a vocab.json, but no merges.txt.",
            "Download merges.txt, or tokenizer.json, of the checkpoint.",
            file=str(folder / "merges.txt"),
        )
