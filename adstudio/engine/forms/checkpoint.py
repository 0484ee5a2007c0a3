"""A checkpoint on disk: find it, check that it is whole, and describe what it can do. No weights are read here."""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ... import config
from ...errors import ModelError
from ...ports import Host
from ...types import Note
from ..doctor import mend
from ..download.hub import cache_folder
from ..tensors.byte_size import byte_size
from ..tensors.quantization import check_storage
from ..tensors.readable import reading, unreadable
from .diffusers_folder import read_folder
from .fingerprint import family, holdings
from .layouts import cached_folder, checkpoint_in, name_of
from .model_files import AUTO, KINDS, WORDS
from .parts import Part, Sources
from .split_files import read_split, replaced_part, why_apart
from .storage_notes import storage_notes, with_dtypes

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
    def summary(self) -> Note:
        """One line on what is taken from where."""
        name, size, sources = self.name, byte_size(self.weights_bytes), self.sources
        if self.path == config.EMBEDDED_CHECKPOINT:
            name = config.EMBEDDED_NAME
        encoder, vae = (
            "" if part.config_file is not None or part.files == sources.transformer.files else part.files[0].name
            for part in (sources.text_encoder, sources.vae)
        )
        if encoder and vae:
            said = "{name} with text encoder {encoder}, VAE {vae}: {size}"
            return Note("receipt.with_both", said, name=name, encoder=encoder, vae=vae, size=size)
        if encoder:
            said = "{name} with text encoder {encoder}: {size}"
            return Note("receipt.with_encoder", said, name=name, encoder=encoder, size=size)
        if vae:
            return Note("receipt.with_vae", "{name} with VAE {vae}: {size}", name=name, vae=vae, size=size)
        return Note("receipt.loaded", "{checkpoint}: {size}", checkpoint=name, size=size)

    @property
    def key(self) -> tuple[Path, ...]:
        """What tells this checkpoint from others: the files of all its components."""
        return tuple(file.resolve() for part in self.sources.parts for file in part.files)


def find_checkpoint(name: str | Path, host: Host) -> Path:
    """Find a checkpoint by path, by the embedded one's name, or among the host's models.

    That is a folder in ``diffusers``, or the file of a transformer in ``diffusion_models`` or ``checkpoints``. A name
    such as ``Z-Image-Turbo`` or ``org/model`` is looked up at the host first, so that a folder which happens to lie
    where the program was started does not take its place; ``./model``, ``~/model`` or a ``Path`` is a path first.
    ``org/model`` that is in none of these is taken from the cache of the hub's own tools, where it is there.

    Returns:
        The absolute folder or file, links not resolved: its last part is the name that the user knows.

    Raises:
        ModelError: there is no such thing, or this user may not look at it.
    """
    text = str(name).strip()
    if text in (config.EMBEDDED_NAME, config.EMBEDDED, ""):
        return config.EMBEDDED_CHECKPOINT
    path = Path(text)
    is_path = isinstance(name, Path) or path.is_absolute() or text.startswith((".", "~"))
    with suppress(RuntimeError):  # there is no such ~user
        path = path.expanduser()
    by_host = [(host.model_file(kind, text), stat.S_ISREG) for kind in KINDS["transformer"]]
    hosted = [(host.model_file("diffusers", text), stat.S_ISDIR), *by_host]
    own = [(path, stat.S_ISDIR), (path, stat.S_ISREG)]
    for found, is_right in [*own, *hosted] if is_path else [*hosted, *own]:
        if found is not None and is_right(_mode(found)):
            return found.absolute()
    if text.count("/") == 1 and (cached := cached_folder(cache_folder(), text)):
        return cached
    raise ModelError(
        "checkpoint.missing",
        f"The checkpoint '{text if len(text) <= 120 else f'{text[:119]}…'}' was not found.",
        "Put its folder into models/diffusers or its file into models/diffusion_models, give its path, or choose "
        f"'{config.EMBEDDED_NAME}'.",
        name=text[:120],
    )


def open_checkpoint(path: Path, host: Host | None = None, *, text_encoder: str = AUTO, vae: str = AUTO) -> Checkpoint:
    """Describe the checkpoint in the folder or file ``path``.

    Args:
        host: where the other components of a single file are looked for, beside its own surroundings.
        text_encoder: a file to read prompts with, by name or path; ``auto`` takes the checkpoint's own, or finds it.
        vae: the same for the VAE.

    Raises:
        ModelError: files are missing, not readable or half downloaded, or hold another kind of model.
    """
    with reading(path):
        found = checkpoint_in(path)
        if found.is_file():
            sources = read_split(found, host, text_encoder=text_encoder, vae=vae)
        else:
            sources = _with_choices(read_folder(found), found, host, text_encoder=text_encoder, vae=vae)
        return _describe(found, name_of(path), sources)


def _with_choices(sources: Sources, owner: Path, host: Host | None, **choices: str) -> Sources:
    chosen = {
        part: replaced_part(part, choice, owner, sources.transformer, host)
        for part, choice in choices.items()
        if choice != AUTO
    }
    return replace(sources, **chosen)


def _describe(path: Path, name: str, sources: Sources) -> Checkpoint:
    _check_kinds(sources)
    for part in sources.parts:
        check_storage(part)
    sources, findings = mend(with_dtypes(sources))
    vae, transformer = sources.vae, sources.transformer
    if not vae.config.get("block_out_channels"):
        raise _bad_config(vae, "block_out_channels")
    grid = 2 ** (len(vae.config["block_out_channels"]) - 1) * min(transformer.config.get("all_patch_size", [2]))
    adapters = path / "loras"
    return Checkpoint(
        path=path,
        name=name,
        grid_px=grid,
        base_px=_base_px(vae.config, grid),
        prompt_tokens=_prompt_tokens(transformer),
        weights_bytes=sum(part.bytes for part in sources.parts),
        dtype=transformer.dtype,
        adapters=adapters if adapters.is_dir() else None,
        stamp=_stamp(path, sources),
        sources=sources,
        notes=(
            *(finding.note() for finding in findings),
            *(note for part in sources.parts for note in storage_notes(part)),
        ),
    )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (OSError, ValueError):  # absent, a name that is too long, a null character
        return 0


def _check_kinds(sources: Sources) -> None:
    # By the tensors and not by `_class_name`: community repacks write a wrong or no class into the config.
    transformer = sources.transformer.shapes()
    for part in sources.parts:
        is_right = any(holding.part == part.name for holding in holdings(part.tensors))
        if not is_right:
            raise ModelError(
                "checkpoint.wrong_class",
                f"The {WORDS[part.name]} in {part.place} is {family(part.tensors)}, not Z-Image's.",
                "Choose a Z-Image checkpoint.",
                file=str(part.place),
            )
        if why := why_apart(part.name, part.shapes(), transformer):
            raise ModelError(
                "checkpoint.wrong_class",
                f"The {WORDS[part.name]} in {part.place} does not fit the transformer: {why}.",
                "Take all components from the same checkpoint.",
                file=str(part.place),
            )


def _bad_config(part: Part, key: str) -> ModelError:
    file = str(part.config_file or part.place)
    return ModelError(
        "checkpoint.bad_config", f"{file} does not say '{key}' as it should.", "Download this file again.", file=file
    )


def _base_px(vae: dict[str, Any], grid: int) -> int:
    side = vae.get("sample_size", 0)
    # 32 is what AutoencoderKL writes when nobody set it: it says nothing about the model
    return side // grid * grid if isinstance(side, int) and side >= 2 * grid and side != 32 else _COMMON_BASE_PX


def _prompt_tokens(transformer: Part) -> int:
    # Positions run along the first axis: the padded caption, then one more for the picture itself.
    lengths = transformer.config.get("axes_lens", [1024])
    longest = lengths[0] if isinstance(lengths, list | tuple) and lengths else None
    if not isinstance(longest, int) or longest < _CAPTION_MULTIPLE + 2:
        raise _bad_config(transformer, "axes_lens")
    return min(_PROMPT_TOKENS, (longest - 2) // _CAPTION_MULTIPLE * _CAPTION_MULTIPLE)


def _stamp(path: Path, sources: Sources) -> tuple[tuple[str, int, int], ...]:
    files = {file for part in sources.parts for file in (*part.files, part.config_file) if file is not None}
    if path.is_dir():
        files |= {*path.glob("*/*.json"), *path.glob("tokenizer/*")}
    stats = ((file.relative_to(path) if file.is_relative_to(path) else file, file.stat()) for file in sorted(files))
    return tuple((str(name), stat.st_size, stat.st_mtime_ns) for name, stat in stats)
