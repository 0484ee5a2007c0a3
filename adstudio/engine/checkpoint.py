"""A checkpoint on disk: find it, check that it is whole, and describe what it can do. No weights are read here."""

from __future__ import annotations

import stat
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import config
from ..errors import ModelError
from ..ports import Host
from .folder_form import read_folder
from .parts import Part, Sources
from .weights import reading, unreadable

_DTYPES = {"BF16": "bfloat16", "F32": "float32"}
_CAPTION_MULTIPLE = 32
_PROMPT_TOKENS = 512
_COMMON_BASE_PX = 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint is and what it dictates.

    ``path`` is where the files really lie, ``name`` what the user calls the checkpoint, also where that is a link.
    ``sources`` are the files it is built from, ``notes`` what the user should know about them.

    Units: ``grid_px`` = every picture side is a multiple of it; ``base_px`` = side of the square it was made for.
    """

    path: Path
    name: str
    grid_px: int
    base_px: int
    prompt_tokens: int
    weights_bytes: int
    dtype: str
    adapters: Path | None
    stamp: tuple[tuple[str, int, int], ...]
    sources: Sources = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Path, ...]:
        """What tells this checkpoint from others: the files of all its components."""
        return tuple(file for part in self.sources.parts for file in part.files)


def find_checkpoint(name: str | Path, host: Host) -> Path:
    """Find the folder of a checkpoint by path, by the embedded one's name, or among the host's ``diffusers`` folders.

    A name such as ``Z-Image-Turbo`` or ``org/model`` is looked up at the host first, so that a folder which happens to
    lie where the program was started does not take its place; ``./model``, ``~/model`` or a ``Path`` is a path first.

    Returns:
        The absolute folder, links not resolved: its last part is the name that the user knows.

    Raises:
        ModelError: there is no such folder, or this user may not look at it.
    """
    text = str(name).strip()
    if text in (config.EMBEDDED_NAME, "demo", ""):
        return config.EMBEDDED_CHECKPOINT
    path = Path(text)
    is_path = isinstance(name, Path) or path.is_absolute() or text.startswith((".", "~"))
    with suppress(RuntimeError):  # there is no such ~user
        path = path.expanduser()
    by_host = host.model_file("diffusers", text)
    for found in (path, by_host) if is_path else (by_host, path):
        if found is not None and _is_folder(found):
            return found.absolute()
    raise ModelError(
        "checkpoint.missing",
        f"The checkpoint '{text if len(text) <= 120 else f'{text[:119]}…'}' was not found.",
        f"Put its folder into models/diffusers, give its path, or choose '{config.EMBEDDED_NAME}'.",
    )


def open_checkpoint(path: Path) -> Checkpoint:
    """Describe the checkpoint in ``path``.

    Raises:
        ModelError: files are missing, not readable or half downloaded, or the folder holds another kind of model.
    """
    with reading(path):
        found = path.resolve()
        return _describe(found, found.name if path.name in ("", "..") else path.name)


def _describe(path: Path, name: str) -> Checkpoint:
    sources = read_folder(path)
    _check_kind(sources.transformer)
    vae, transformer = sources.vae, sources.transformer
    if not vae.config.get("block_out_channels"):
        raise ModelError(
            "checkpoint.bad_config",
            f"{vae.config_file or vae.place} does not say 'block_out_channels'.",
            "Download this file again.",
        )
    grid = 2 ** (len(vae.config["block_out_channels"]) - 1) * min(transformer.config.get("all_patch_size", [2]))
    return Checkpoint(
        path=path,
        name=name,
        grid_px=grid,
        base_px=_base_px(vae.config, grid),
        prompt_tokens=_prompt_tokens(transformer.config),
        weights_bytes=sum(part.bytes for part in sources.parts),
        dtype=_dtype(path, sources),
        adapters=path / "loras" if (path / "loras").is_dir() else None,
        stamp=_stamp(path, sources),
        sources=sources,
    )


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (OSError, ValueError):  # absent, a name that is too long, a null character
        return False


def _check_kind(transformer: Part) -> None:
    # By the tensors' names and not by `_class_name`: community repacks write a wrong or no class into the config.
    names = transformer.tensors
    if "layers.0.adaLN_modulation.0.weight" in names and any(name.startswith("cap_embedder.") for name in names):
        return
    raise ModelError(
        "checkpoint.wrong_class",
        f"The transformer in {transformer.place} is not a Z-Image transformer.",
        "Choose a Z-Image checkpoint.",
    )


def _dtype(path: Path, sources: Sources) -> str:
    sizes = Counter[str]()
    for part in sources.parts:
        for info in part.tensors.values():
            sizes[info.dtype] += info.bytes
    strange = sorted(set(sizes) - set(_DTYPES))
    if strange:
        raise ModelError(
            "checkpoint.unsupported_dtype",
            f"The weights in {path} are stored as {', '.join(strange)}; bfloat16 or float32 is needed.",
            "Choose the bf16 edition of this checkpoint.",
        )
    return _DTYPES[sizes.most_common(1)[0][0]]


def _base_px(vae: dict[str, Any], grid: int) -> int:
    side = vae.get("sample_size", 0)
    # 32 is what AutoencoderKL writes when nobody set it: it says nothing about the model
    return side // grid * grid if isinstance(side, int) and side >= 2 * grid and side != 32 else _COMMON_BASE_PX


def _prompt_tokens(transformer: dict[str, Any]) -> int:
    # Positions run along the first axis: the padded caption, then one more for the picture itself.
    longest = int(transformer.get("axes_lens", [1024])[0])
    return min(_PROMPT_TOKENS, (longest - 2) // _CAPTION_MULTIPLE * _CAPTION_MULTIPLE)


def _stamp(path: Path, sources: Sources) -> tuple[tuple[str, int, int], ...]:
    files = {file for part in sources.parts for file in (*part.files, part.config_file) if file is not None}
    files |= {*path.glob("*/*.json"), *path.glob("tokenizer/*")}
    stats = ((file.relative_to(path) if file.is_relative_to(path) else file, file.stat()) for file in sorted(files))
    return tuple((str(name), stat.st_size, stat.st_mtime_ns) for name, stat in stats)
