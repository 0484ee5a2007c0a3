"""``adstudio cutout``: what is written is what was cut out, and one bad photo does not stop the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """A red and a blue square on grey, and a photo of nothing."""
    made = []
    for name, colour in (("red", (200, 30, 40)), ("blue", (30, 60, 200)), ("bare", (190, 190, 190))):
        pixels = np.full((160, 200, 3), 190, np.uint8)
        pixels[50:120, 60:130] = colour
        made.append(tmp_path / f"{name}.png")
        Image.fromarray(pixels).save(made[-1])
    return made


def saved_mask(folder: Path, *, inverted: bool = False) -> Path:
    mask = np.zeros((160, 200), np.uint8)
    mask[60:100, 70:110] = 255
    path = folder / "mask.png"
    Image.fromarray(255 - mask if inverted else mask).save(path)
    return path


def test_one_photo_goes_to_one_file(adstudio: Any, photos: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "cut.png"
    said = adstudio("cutout", photos[0], "--method", "geodesic", "-o", out, "--json", "--quiet")
    assert said.code == 0 and said.err == ""
    (entry,) = said.envelope["cutouts"]
    assert entry["path"] == str(out) and entry["method"] == "geodesic" and entry["photo_size"] == [200, 160]
    picture = Image.open(out)
    assert picture.mode == "RGBA"
    left, top, width, height = entry["box"]
    assert picture.size == (width, height)
    assert abs(left - 60) <= 2 and abs(top - 50) <= 2 and abs(width - 70) <= 4 and abs(height - 70) <= 4
    assert np.asarray(picture)[height // 2, width // 2].tolist() == [200, 30, 40, 255]
    assert [path.name for path in out.parent.iterdir()] == ["cut.png"]


def test_kept_frame_is_the_photos(adstudio: Any, photos: list[Path], tmp_path: Path) -> None:
    said = adstudio("cutout", photos[0], "--keep-frame", "-o", tmp_path / "cut.png", "--method", "geodesic")
    assert said.code == 0 and said.out.strip() == str(tmp_path / "cut.png")
    pixels = np.asarray(Image.open(tmp_path / "cut.png"))
    assert pixels.shape == (160, 200, 4) and pixels[85, 95, 3] == 255 and pixels[10, 10, 3] == 0


def test_bad_photo_does_not_stop_the_others(adstudio: Any, photos: list[Path], tmp_path: Path) -> None:
    photos[2].write_bytes(b"no picture")
    order = [photos[2], photos[0], photos[1]]
    said = adstudio("cutout", *order, "--method", "geodesic", "-o", tmp_path / "cuts", "--json", "--quiet")
    assert said.code == 1 and said.envelope["ok"] is False
    bad, *good = said.envelope["cutouts"]
    assert bad["error"]["code"] == "photo.not_an_image" and "bare.png" in said.err
    assert [Path(entry["path"]).name for entry in good] == ["red.png", "blue.png"]
    assert sorted(path.name for path in (tmp_path / "cuts").iterdir()) == ["blue.png", "red.png"]


def test_photos_of_one_name_do_not_overwrite_each_other(adstudio: Any, photos: list[Path], tmp_path: Path) -> None:
    twin = tmp_path / "other" / "red.png"
    twin.parent.mkdir()
    twin.write_bytes(photos[1].read_bytes())
    said = adstudio("cutout", photos[0], twin, "-o", tmp_path / "cuts", "--method", "geodesic", "--quiet")
    assert said.code == 0
    assert sorted(path.name for path in (tmp_path / "cuts").iterdir()) == ["red-2.png", "red.png"]


@pytest.mark.parametrize("inverted", [False, True])
def test_mask_is_followed(adstudio: Any, photos: list[Path], tmp_path: Path, inverted: bool) -> None:
    mask = saved_mask(tmp_path, inverted=inverted)
    turned = ["--invert-mask"] if inverted else []
    said = adstudio("cutout", photos[0], "--mask", mask, *turned, "-o", tmp_path / "cut.png", "--json", "--quiet")
    (entry,) = said.envelope["cutouts"]
    assert entry["method"] == "mask"
    assert entry["box"][0] in range(67, 71) and entry["box"][2] in range(40, 46)


def test_methods_are_listed_with_their_licences(adstudio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADSTUDIO_ALLOW_NON_COMMERCIAL", raising=False)
    listed = {entry["method"]: entry for entry in adstudio("cutout", "--list", "--json").envelope["methods"]}
    assert listed["rembg:u2net"]["licence"] == "Apache-2.0" and listed["rembg:u2net"]["commercial"]
    assert "rembg:bria-rmbg" not in listed
    said = adstudio("cutout", "--list", "--allow-non-commercial")
    lines = said.out.splitlines()
    assert next(line for line in lines if "bria" in line).count("NOT for business") == 1
    assert all("free for business" in line for line in lines if "bria" not in line)
    assert next(line for line in lines if "rembg:u2net " in line).endswith(("176 MB", "on this machine"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["{red}"], "cutout.no_photo"),
        (["-o", "{folder}/cut.png"], "cutout.no_photo"),
        (["{red}", "-o", "{folder}/cut.jpg"], "cutout.not_png"),
        (["{red}", "{blue}", "-o", "{folder}/cut.png"], "cutout.one_file"),
        (["{red}", "-o", "{red}"], "cutout.over_the_photo"),
        (["{red}", "-o", "{folder}"], "cutout.over_the_photo"),
        (["{folder}/elsewhere/red.png", "{red}", "-o", "{folder}"], "cutout.over_the_photo"),
        (["{red}", "{blue}", "{bare}", "-o", "{folder}/c", "--mask", "{red}", "--mask", "{red}"], "cutout.mask_count"),
        (["{red}", "-o", "{folder}/cut.png", "--mask", "{folder}/none.png"], "photo.not_found"),
        (["{folder}/none.png", "-o", "{folder}/cut.png"], "photo.not_found"),
        (["{red}", "-o", "{folder}/cut.png", "--method", "magic"], "cutout.unknown_method"),
        (["{red}", "-o", "{folder}/cut.png", "--method", "rembg:bria-rmbg"], "cutout.non_commercial"),
    ],
)
def test_mistakes_are_named(
    adstudio: Any, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: str
) -> None:
    monkeypatch.delenv("ADSTUDIO_ALLOW_NON_COMMERCIAL", raising=False)
    names = {"red": photos[0], "blue": photos[1], "bare": photos[2], "folder": tmp_path}
    said = adstudio("cutout", *(part.format(**names) for part in arguments), "--json")
    assert said.code == 1
    assert json.loads(said.out)["error"]["code"] == code
    assert said.err.startswith("error:")
