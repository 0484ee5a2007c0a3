"""ComfyUI's folders: what lies in them by name, where downloads belong, and where a user's own things are."""

from __future__ import annotations

from pathlib import Path

import folder_paths

from ..adstudio import config
from ..adstudio.engine.download.hub import folder_for
from ..adstudio.engine.forms.layouts import may_be_zimage
from ..adstudio.engine.forms.model_files import AUTO, KINDS, files_holding
from ..adstudio.errors import InputError


def checkpoint_names() -> list[str]:
    """The embedded checkpoint, every Z-Image folder in ``models/diffusers``, also one level deeper, and every file.

    Files are those of a Z-Image transformer, or of a whole checkpoint, where ComfyUI's own loaders read them. Other
    models are left out by what they hold; a folder whose configuration is broken is named, so that choosing it tells
    what is wrong.
    """
    names = set()
    for folder in folders("diffusers"):
        for path in [*folder.glob("*/"), *folder.glob("*/*/")]:
            if not path.name.startswith(".") and may_be_zimage(path):  # a hidden one is under way
                names.add(path.relative_to(folder).as_posix())
    return [config.EMBEDDED_NAME, *sorted(names), *part_names("transformer")[1:]]


def part_names(part: str) -> list[str]:
    """``auto``, then the files that hold ``part`` (``transformer``, ``text_encoder``, ``vae``) in ComfyUI's folders."""
    return [AUTO, *sorted({name for kind in KINDS[part] for name in files_holding(part, folders(kind))})]


def download_folder(hub_id: str) -> Path:
    """Where the checkpoint of that id on a model hub belongs: ``models/diffusers/<organisation>/<model>``.

    Of several folders of models the one that has it is taken, else ComfyUI's first.
    """
    places = [folder_for(root, hub_id) for root in _named_folders("diffusers")]
    return next(filter(Path.is_dir, places), places[0])


def weights_folder(kind: str) -> Path:
    """Where downloaded weights of ``kind`` belong: ComfyUI's first folder of that kind, which need not exist yet."""
    return _named_folders(kind)[0]


def lora_names() -> list[str]:
    """The adapter files in ``models/loras``."""
    return [name for name in folder_paths.get_filename_list("loras") if name.endswith(".safetensors")]


def font_folders() -> list[Path]:
    """ComfyUI's folders of fonts, ``models/fonts`` unless another pack or the user has named others."""
    if "fonts" not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path("fonts", str(Path(folder_paths.models_dir) / "fonts"))
    return _named_folders("fonts")


def _named_folders(kind: str) -> list[Path]:
    known = folder_paths.folder_names_and_paths.get(kind)
    return [Path(path) for path in known[0]] if known and known[0] else [Path(folder_paths.models_dir) / kind]


def folders(kind: str) -> list[Path]:
    """Those of ComfyUI's folders of ``kind`` that are there, links resolved."""
    return [path.resolve() for path in _named_folders(kind) if path.is_dir()]


def user_folder() -> Path:
    """Where a user's words, settings and keys are: ``user/__adstudio``, which ComfyUI's HTTP side never serves."""
    return Path(folder_paths.get_user_directory()) / "__adstudio"


def input_folder() -> Path:
    """ComfyUI's input folder."""
    return Path(folder_paths.get_input_directory())


def output_folder() -> Path:
    """ComfyUI's output folder."""
    return Path(folder_paths.get_output_directory())


def shown_file(path: Path) -> dict[str, str]:
    """Name a file of the output folder as the page asks for it."""
    subfolder = path.parent.relative_to(output_folder()).as_posix()
    return {"filename": path.name, "subfolder": "" if subfolder == "." else subfolder, "type": "output"}


def find_shown(filename: str, subfolder: str, kind: str) -> Path:
    """The file of a picture as the page names it: ``kind`` is ``input``, ``output`` or ``temp``.

    Raises:
        InputError: ``photo.not_found``, also for whatever leads out of that folder.
    """
    folder = folder_paths.get_directory_by_type(kind) if kind in ("input", "output", "temp") else None
    name = f"{subfolder}/{filename}" if subfolder else filename
    if folder is not None and (named := config.name_inside(Path(folder), name)) is not None:
        path = named.resolve()
        if path.is_relative_to(Path(folder).resolve()) and path.is_file():
            return path
    told = f"{filename:.80}"
    raise InputError("photo.not_found", f"The server has no picture named '{told}'.", "Run the graph again.", file=told)
