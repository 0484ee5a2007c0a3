"""Files of weights that stand alone, as ComfyUI keeps them: what each holds, and which ones belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from ... import config
from ...errors import ModelError
from ...ports import Host
from ..tensors.gguf_header import is_gguf, read_gguf_header
from ..tensors.safetensors_header import TensorInfo, read_header
from .fingerprint import Holding, family, holdings

SUFFIXES = (".safetensors", ".sft", ".gguf")
AUTO = "auto"
# Where ComfyUI keeps them, by its own names and its older ones.
KINDS = {
    "transformer": ("diffusion_models", "unet", "checkpoints"),
    "text_encoder": ("text_encoders", "clip"),
    "vae": ("vae",),
}
WORDS = {"transformer": "transformer", "text_encoder": "text encoder", "vae": "VAE"}


def read_model_file(path: Path, *, whole: bool = True) -> dict[str, TensorInfo]:
    """The tensors of a file, from its header.

    Args:
        whole: refuse a file that is shorter than its header says.

    Raises:
        ModelError: the file is not whole, not readable, or of a kind that is not read.
    """
    if is_gguf(path):
        return {name: info for name, (info, _) in read_gguf_header(path, whole=whole).items()}
    if path.suffix.lower() in SUFFIXES:
        return read_header(path, whole=whole).tensors
    raise ModelError(
        "checkpoint.not_safetensors",
        f"{path} is not a safetensors or GGUF file; other files of weights can run code when they are read.",
        "Choose the safetensors edition of this model.",
        file=str(path),
    )


def holdings_at_a_glance(path: Path) -> tuple[Holding, ...]:
    """The components of Z-Image in a file, also in one that is not whole; none where its header cannot be read."""
    try:
        stat = path.stat()
        return _glance(path, stat.st_size, stat.st_mtime_ns)[0]
    except OSError:
        return ()


def files_holding(part: str, folders: Iterable[Path], *, deep: bool = True) -> dict[str, Path]:
    """The files with a ``part`` in these folders, by their names there; ``deep`` looks into their folders too."""
    found: dict[str, Path] = {}
    for folder in folders:
        inside = folder.rglob("*") if deep else folder.glob("*")
        for path in sorted(path for path in inside if path.suffix.lower() in SUFFIXES and config.is_file(path)):
            held = [holding.part for holding in holdings_at_a_glance(path)]
            # A whole checkpoint is chosen as a whole, not for one of its components.
            if part in held and (part == "transformer" or "transformer" not in held):
                found.setdefault(path.relative_to(folder).as_posix(), path)
    return found


def find_part(part: str, choice: str, owner: Path, host: Host | None, fits: Callable[[Path], str]) -> Path:
    """Find the file of ``part`` that belongs to the transformer in ``owner``.

    ``auto`` looks beside ``owner`` and in the folders next to its own first, then in the host's.

    Args:
        choice: ``auto``, a name in the host's folders, or a path.
        fits: says in words why a file does not fit; empty when it does.

    Raises:
        ModelError: none fits, or several do.
    """
    if choice != AUTO:
        return _find_chosen(part, choice, owner, host, fits)
    unfit: dict[Path, str] = {}
    for folders in _rings(part, owner, host):
        fitting: dict[Path, Path] = {}
        # Beside the file only: it may lie in a folder of everything.
        flat = (owner.parent, owner.resolve().parent)
        found = [files_holding(part, [folder], deep=folder not in flat) for folder in folders]
        for path in (path for files in found for path in files.values()):
            why = fits(path)
            if why:
                unfit[path] = why
            else:
                fitting.setdefault(path.resolve(), path)
        if len(fitting) > 1:
            names = ", ".join(sorted(str(path) for path in fitting.values()))
            raise ModelError(
                "checkpoint.ambiguous",
                f"{len(fitting)} files can be the {WORDS[part]} of {owner.name}: {names}.",
                f"Choose one as '{part}'.",
                names=names,
            )
        if fitting:
            return next(iter(fitting.values()))
    raise _none_found(part, owner, host, unfit)


def _find_chosen(part: str, choice: str, owner: Path, host: Host | None, fits: Callable[[Path], str]) -> Path:
    places = [host.model_file(kind, choice) for kind in KINDS[part]] if host else []
    places += [owner.parent / choice, Path(choice).expanduser()]
    found = next((path for path in places if path is not None and path.is_file()), None)
    if found is None:
        raise ModelError(
            "checkpoint.file_missing",
            f"The {WORDS[part]} '{choice}' was not found.",
            f"Put it into models/{KINDS[part][0]}, give its path, or choose '{AUTO}'.",
            file=choice,
        )
    if part not in {holding.part for holding in holdings(read_model_file(found))}:
        raise ModelError(
            "checkpoint.wrong_class",
            f"{found} holds {family(read_model_file(found))}, not a {WORDS[part]} of Z-Image.",
            f"Choose another file as '{part}', or '{AUTO}'.",
            file=str(found),
        )
    if why := fits(found):
        raise ModelError(
            "checkpoint.wrong_class",
            f"{found} does not fit {owner.name}: {why}.",
            f"Choose another file as '{part}'.",
            file=str(found),
        )
    return found


def _rings(part: str, owner: Path, host: Host | None) -> list[list[Path]]:
    real = owner.resolve()  # beside the link first, then beside what it leads to
    homes = dict.fromkeys((owner.parent, real.parent))
    beside = [*homes, *(home.parent / kind for home in homes for kind in KINDS[part])]
    hosted = [folder for kind in KINDS[part] for folder in host.model_folders(kind)] if host else []
    return [[folder for folder in beside if folder.is_dir()], hosted]


def _none_found(part: str, owner: Path, host: Host | None, unfit: dict[Path, str]) -> ModelError:
    broken = {
        path: why
        for folders in _rings(part, owner, host)
        for folder in folders
        if folder != owner.parent
        for path in folder.glob("*")
        if path.suffix.lower() in SUFFIXES and config.is_file(path) and (why := _why_unreadable(path))
    }
    seen = [f"{path.name}: {why}" for path, why in {**unfit, **broken}.items()]
    searched = f"beside it or in models/{KINDS[part][0]}"
    return ModelError(
        "checkpoint.file_missing",
        f"No {WORDS[part]} for {owner.name} was found {searched}" + (f" ({'; '.join(seen[:3])})." if seen else "."),
        f"Put {'qwen_3_4b.safetensors' if part == 'text_encoder' else 'ae.safetensors'} into "
        f"models/{KINDS[part][0]}, or choose a file as '{part}'.",
        file="qwen_3_4b.safetensors" if part == "text_encoder" else "ae.safetensors",
    )


def _why_unreadable(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError as error:
        return error.strerror or "cannot be read"
    return _glance(path, stat.st_size, stat.st_mtime_ns)[1]


@lru_cache(maxsize=4096)
def _glance(path: Path, size: int, modified_ns: int) -> tuple[tuple[Holding, ...], str]:
    """What a file holds, or why its header cannot be read. Size and time are the cache's key."""
    try:
        return holdings(read_model_file(path, whole=False)), ""
    except ModelError as error:
        return (), error.message.removeprefix(str(path)).strip(" .")
