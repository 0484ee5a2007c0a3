"""Names from elsewhere stay in their folder, and what leads out of it is told without a look there.

On Windows ``//host/share`` is a folder of another machine, which gets a login with the first look.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from adstudio import InputError, config
from adstudio.run.batch.photo_paths import PhotoFolder
from adstudio.run.commands.show import read_saved
from adstudio.run.rest.pictures import read_input

OUT = ["//host/share/cup.png", "/host/share/cup.png", "../cup.png", "a/../../cup.png"]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that the disk is asked for, in this test."""
    seen: list[str] = []

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def ask(path: object, *more: object, **named: object) -> object:
            seen.append(os.path.normpath(str(path)))
            return real(path, *more, **named)

        return ask

    for name in ("stat", "lstat", "readlink"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    monkeypatch.setattr(os.path, "realpath", watched(os.path.realpath))
    return seen


def outside(looked_at: list[str], folder: Path) -> list[str]:
    return [name for name in looked_at if "host" in name or name == str(folder.parent / "cup.png")]


@pytest.mark.parametrize("name", [*OUT, "a\0b"])
def test_a_name_that_leads_out_is_none(name: str, tmp_path: Path) -> None:
    assert config.name_inside(tmp_path / "input", name) is None
    assert config.name_inside(tmp_path / "input", "a/../봄.png") == tmp_path / "input" / "봄.png"


@pytest.mark.parametrize("name", OUT)
def test_what_leads_out_is_never_looked_at(name: str, tmp_path: Path, looked_at: list[str]) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "cup.png")
    finders: list[Callable[[str], object]] = [PhotoFolder(folder).find, lambda name: read_input(folder, name)]
    for find in finders:
        with pytest.raises(InputError):
            find(name)
        assert find("cup.png")
    assert config.find_inside((folder,), name) is None
    assert not outside(looked_at, folder)


def test_a_photo_may_be_named_by_a_link_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "real" / "cup.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert PhotoFolder(tmp_path / "link").find(str(tmp_path / "link" / "cup.png")) == str(tmp_path / "real" / "cup.png")


@pytest.mark.parametrize("name", ["//host/share/cup.png", "../../cup.png"])
def test_a_saved_file_cannot_have_its_reader_look_elsewhere(name: str, tmp_path: Path, looked_at: list[str]) -> None:
    path = tmp_path / "ads" / "ab" / "ad.png"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(path)
    path.with_suffix(".json").write_text(json.dumps({"adstudio": {"origin": {"path": name}}}))
    assert read_saved(path)["origin"] is None
    assert not outside(looked_at, tmp_path / "ads")
