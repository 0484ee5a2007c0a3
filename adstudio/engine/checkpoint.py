"""A checkpoint on disk: find it, check that it is whole, and describe what it can do. No weights are read here."""

from __future__ import annotations

import stat
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import config
from ..errors import ModelError
from ..ports import Host
from .weights import TensorInfo, find_weights, read_json, read_tensor_infos, reading, unreadable

# diffusers names the weights of its classes one way, transformers those of its own another
WEIGHT_STEMS = {"transformer": "diffusion_pytorch_model", "text_encoder": "model", "vae": "diffusion_pytorch_model"}
_DTYPES = {"BF16": "bfloat16", "F32": "float32"}
_CAPTION_MULTIPLE = 32
_PROMPT_TOKENS = 512
_COMMON_BASE_PX = 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint is and what it dictates.

    ``path`` is where the files really lie, ``name`` what the user calls the folder, also where that is a link.

    Units: ``grid_px`` = every picture side is a multiple of it; ``base_px`` = side of the square it was made for.
    """

    path: Path
    name: str
    grid_px: int
    base_px: int
    prompt_tokens: int
    weights_bytes: int
    dtype: str
    files: tuple[tuple[str, tuple[Path, ...]], ...]
    adapters: Path | None
    stamp: tuple[tuple[str, int, int], ...]

    def weight_files(self, component: str) -> list[Path]:
        """The safetensors files of ``transformer``, ``text_encoder`` or ``vae``."""
        return list(dict(self.files)[component])


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
    if not path.is_dir():
        raise ModelError(
            "checkpoint.missing", f"The checkpoint folder {path} does not exist.", "Choose another checkpoint."
        )
    transformer, vae = _read_configs(path)
    files = {part: find_weights(path / part, stem) for part, stem in WEIGHT_STEMS.items()}
    tensors = {part: read_tensor_infos(found) for part, found in files.items()}
    _check_kind(path, tensors["transformer"])
    scale = 2 ** (len(vae["block_out_channels"]) - 1)
    patch = min(transformer.get("all_patch_size", [2]))
    every = [info for infos in tensors.values() for info in infos.values()]
    return Checkpoint(
        path=path,
        name=name,
        grid_px=scale * patch,
        base_px=_base_px(vae, scale * patch),
        prompt_tokens=_prompt_tokens(transformer),
        weights_bytes=sum(info.bytes for info in every),
        dtype=_dtype(path, every),
        files=tuple((part, tuple(found)) for part, found in files.items()),
        adapters=path / "loras" if (path / "loras").is_dir() else None,
        stamp=_stamp(path, [file for found in files.values() for file in found]),
    )


def is_checkpoint(path: Path) -> bool:
    """Whether a folder looks like a checkpoint in diffusers layout, at a glance."""
    return (path / "transformer" / "config.json").is_file() and (path / "vae" / "config.json").is_file()


def may_be_zimage(path: Path) -> bool:
    """Whether a checkpoint folder is worth offering: one small file is read, however large the model.

    A transformer of another model says so in its configuration (FLUX and its like) and is left out. One whose
    configuration is broken or empty stays in: choosing it tells what is wrong with it, leaving it out tells nothing.
    """
    try:
        if not is_checkpoint(path):
            return False
        transformer = read_json(path / "transformer" / "config.json")
    except OSError:  # a folder that this user may not enter
        return False
    except ModelError:
        return True
    # The class is missing or wrong in some repacks. 'cap_feat_dim' alone would also let Lumina 2 in.
    named = str(transformer.get("_class_name", "")).startswith("ZImage")
    return named or not transformer or {"cap_feat_dim", "all_patch_size"} <= transformer.keys()


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (OSError, ValueError):  # absent, a name that is too long, a null character
        return False


def _read_configs(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not is_checkpoint(path):
        raise ModelError(
            "checkpoint.not_diffusers",
            f"{path} is not a checkpoint folder: it needs the subfolders transformer, text_encoder, tokenizer, vae "
            "and scheduler, each with its configuration.",
            "Choose the folder that holds model_index.json, and finish its download.",
        )
    transformer, vae = read_json(path / "transformer" / "config.json"), read_json(path / "vae" / "config.json")
    read_json(path / "scheduler" / "scheduler_config.json")
    kind = read_json(path / "text_encoder" / "config.json").get("model_type", "qwen3")
    if kind != "qwen3":
        raise ModelError(
            "checkpoint.wrong_class",
            f"The text encoder of {path} is of the kind '{kind}', but Z-Image reads prompts with qwen3.",
            "Choose a Z-Image checkpoint.",
        )
    tokenizer = path / "tokenizer"
    if not any((tokenizer / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        raise ModelError("checkpoint.file_missing", f"The tokenizer in {tokenizer} is missing.", "Finish the download.")
    if not vae.get("block_out_channels"):
        raise ModelError(
            "checkpoint.bad_config",
            f"{path / 'vae' / 'config.json'} does not say 'block_out_channels'.",
            "Download this file again.",
        )
    return transformer, vae


def _check_kind(path: Path, tensors: dict[str, TensorInfo]) -> None:
    # By the tensors' names and not by `_class_name`: community repacks write a wrong or no class into the config.
    if "layers.0.adaLN_modulation.0.weight" in tensors and any(name.startswith("cap_embedder.") for name in tensors):
        return
    raise ModelError(
        "checkpoint.wrong_class",
        f"The transformer in {path} is not a Z-Image transformer in diffusers layout.",
        "Choose a Z-Image checkpoint; single files for ComfyUI's own loaders have another layout.",
    )


def _dtype(path: Path, tensors: list[TensorInfo]) -> str:
    kinds = Counter(info.dtype for info in tensors)
    strange = sorted(set(kinds) - set(_DTYPES))
    if strange:
        raise ModelError(
            "checkpoint.unsupported_dtype",
            f"The weights in {path} are stored as {', '.join(strange)}; bfloat16 or float32 is needed.",
            "Choose the bf16 edition of this checkpoint.",
        )
    sizes = Counter[str]()
    for info in tensors:
        sizes[info.dtype] += info.bytes
    return _DTYPES[sizes.most_common(1)[0][0]]


def _base_px(vae: dict[str, Any], grid: int) -> int:
    side = vae.get("sample_size", 0)
    # 32 is what AutoencoderKL writes when nobody set it: it says nothing about the model
    return side // grid * grid if isinstance(side, int) and side >= 2 * grid and side != 32 else _COMMON_BASE_PX


def _prompt_tokens(transformer: dict[str, Any]) -> int:
    # Positions run along the first axis: the padded caption, then one more for the picture itself.
    longest = int(transformer.get("axes_lens", [1024])[0])
    return min(_PROMPT_TOKENS, (longest - 2) // _CAPTION_MULTIPLE * _CAPTION_MULTIPLE)


def _stamp(path: Path, weights: list[Path]) -> tuple[tuple[str, int, int], ...]:
    files = [*weights, *path.glob("*/*.json"), *path.glob("tokenizer/*")]
    stats = ((str(file.relative_to(path)), file.stat()) for file in sorted(set(files)) if file.is_file())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
