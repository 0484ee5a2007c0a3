"""Fonts of ComfyUI's own folder: in the menu as soon as they lie there, wherever another pack has put that folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import ImageFont

MENU = """
import asyncio, os, folder_paths
os.environ.pop("ADSTUDIO_FONTS", None)
folder_paths.models_dir = {models!r}
{before}
asyncio.run(asyncio.run(pack.comfy_entrypoint()).on_load())
from pack.nodes.text import TextOverlay
menu = lambda: next(field.options for field in TextOverlay.define_schema().inputs if field.id == "font")
without, stamp = menu(), TextOverlay.fingerprint_inputs()
os.rename({font!r}, {place!r})
answer = [sorted(set(menu()) - set(without)), without[0], stamp == TextOverlay.fingerprint_inputs(),
          folder_paths.get_folder_paths("fonts")]
"""


@pytest.mark.parametrize("is_known", [False, True])
def test_font_of_the_models_folder_is_in_the_menu(inside: Any, tmp_path: Path, is_known: bool):
    folder = tmp_path / ("theirs" if is_known else "fonts")
    folder.mkdir()
    font = tmp_path / "latin.ttf"
    font.write_bytes(ImageFont.load_default(20).path.getvalue())  # pyright: ignore
    before = f'folder_paths.add_model_folder_path("fonts", {str(folder)!r})' if is_known else ""
    code = MENU.format(models=str(tmp_path), before=before, font=str(font), place=str(folder / "latin.ttf"))
    added, first, is_same, folders = inside(code)
    assert (added, first, is_same) == (["Aileron"], "Pretendard", False)
    assert folders == [str(folder)]
