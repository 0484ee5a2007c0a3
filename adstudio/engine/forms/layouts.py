"""What a place on the disk stands for: a hub's cache has a folder per commit, ComfyUI's files a folder per component.

Both are folders that people name when they mean the checkpoint inside.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import ModelError
from ..tensors.readable import read_json
from .diffusers_folder import is_folder_form
from .model_files import KINDS, SUFFIXES, files_holding

_CACHED = "models--"  # of ``models--org--name/snapshots/<commit>``, as the hub's own tools keep what they load
_SPLIT = "split_files"  # of the repositories that ComfyUI's templates load their files from


def checkpoint_in(place: Path) -> Path:
    """The folder in diffusers layout, or the file with the transformer, that ``place`` stands for.

    A link to a file keeps its name: in a hub's cache it leads to one that no ending tells the kind of.

    Raises:
        ModelError: several could be meant.
    """
    if not place.is_dir():
        named = Path(os.path.normpath(place.absolute()))
        return named if named.suffix.lower() in SUFFIXES else named.resolve()
    folder = _snapshot_in(place.resolve())
    return folder if is_folder_form(folder) else _transformer_in(folder) or folder


def may_be_zimage(place: Path) -> bool:
    """Whether a folder is worth offering as a checkpoint: small files are read, however large the model.

    A transformer of another model says so in its configuration (FLUX and its like) and is left out. One whose
    configuration is broken or empty stays in: choosing it tells what is wrong with it, leaving it out tells nothing.
    """
    try:
        path = checkpoint_in(place)
        if not is_folder_form(path):
            return path.is_file()
        transformer = read_json(path / "transformer" / "config.json")
    except OSError:  # a folder that this user may not enter
        return False
    except ModelError:
        return True
    # The class is missing or wrong in some repacks. 'cap_feat_dim' alone would also let Lumina 2 in.
    named = str(transformer.get("_class_name", "")).startswith("ZImage")
    return named or not transformer or {"cap_feat_dim", "all_patch_size"} <= transformer.keys()


def name_of(place: Path) -> str:
    """What the user calls the checkpoint in ``place``; a folder of a hub's cache is called by the model's id."""
    cached = next((folder.name for folder in (place, *place.parents) if folder.name.startswith(_CACHED)), None)
    if cached and place.is_dir():
        return cached.removeprefix(_CACHED).replace("--", "/")
    return place.resolve().name if place.name in ("", "..") else place.name


def cached_folder(cache: Path, repo_id: str) -> Path | None:
    """The folder that a hub's cache keeps a model in, where it is there."""
    folder = cache / f"{_CACHED}{repo_id.replace('/', '--')}"
    return folder if (folder / "snapshots").is_dir() else None


def _snapshot_in(folder: Path) -> Path:
    snapshots = folder / "snapshots"
    if not (folder.name.startswith(_CACHED) and snapshots.is_dir()):
        return folder
    main, found = folder / "refs" / "main", sorted(snapshots.glob("*/"))
    named = main.read_bytes().strip() if main.is_file() else b""  # no path is made of what stands there
    return _the_only([each for each in found if os.fsencode(each.name) == named] or found, folder) or folder


def _transformer_in(folder: Path) -> Path | None:
    roots = [folder / _SPLIT, folder]
    places = [root / kind for root in roots for kind in KINDS["transformer"] if (root / kind).is_dir()]
    return _the_only(list(files_holding("transformer", places).values()), folder)


def _the_only(found: list[Path], folder: Path) -> Path | None:
    if len(found) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in found)
        raise ModelError(
            "checkpoint.ambiguous", f"{folder} holds {len(found)} checkpoints: {names}.", "Name one.", names=names
        )
    return found[0] if found else None
