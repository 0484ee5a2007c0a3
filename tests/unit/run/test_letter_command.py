"""``adstudio letter``: what a plan says is drawn, told and written; every mistake is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image

PLAN = {
    "texts": [
        {"role": "headline", "text": "오늘만 반값", "box": [0.1, 0.1, 0.9, 0.4]},
        {"role": "sub", "text": "따뜻한 라떼 한 잔", "box": [0.1, 0.45, 0.9, 0.6], "color": "#444444"},
    ]
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.new("RGB", (300, 300), (240, 230, 210)).save(path)
    return path


def saved(folder: Path, plan: object) -> Path:
    path = folder / "plan.json"
    path.write_text(plan if isinstance(plan, str) else json.dumps(plan), encoding="utf-8")
    return path


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path), np.float32) / 255


def test_plan_is_drawn_and_told(adstudio: Any, scene: Path, tmp_path: Path) -> None:
    out, plate, layers = tmp_path / "new" / "out.png", tmp_path / "plate.png", tmp_path / "layers"
    said = adstudio(
        "letter", scene, "--plan", saved(tmp_path, PLAN), "-o", out, "--plate", plate, "--layers", layers,
        "--json", "--quiet",
    )  # fmt: skip
    assert said.code == 0 and said.err == ""
    (picture,) = said.envelope["pictures"]
    assert picture["path"] == str(out)
    assert [note.split(":")[0] for note in picture["notes"]] == ["제목", "부제"]
    assert "#444444" in picture["notes"][1] and "대비" in picture["notes"][1]
    before, after, alone = pixels(scene), pixels(out), pixels(plate)
    laid = before * (1 - alone[..., 3:]) + alone[..., :3] * alone[..., 3:]
    assert np.abs(laid - after).max() < 2 / 255 and np.abs(after - before).max() > 0.5
    document = json.loads((layers / "layers.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in document["layers"]] == ["배경 이미지", "제목", "부제"]
    assert document["canvas"] == [300, 300]
    assert all((layers / entry["file"]).is_file() for entry in document["layers"])


def test_person_gets_the_path_and_what_was_chosen(adstudio: Any, scene: Path, tmp_path: Path) -> None:
    said = adstudio("letter", scene, "--plan", saved(tmp_path, PLAN), "-o", tmp_path / "out.png")
    assert said.code == 0 and said.out.strip() == str(tmp_path / "out.png")
    assert "제목: #" in said.err


def test_style_is_the_users(adstudio: Any, scene: Path, tmp_path: Path) -> None:
    plan, results = saved(tmp_path, PLAN), []
    for number, more in enumerate([(), ("--weight", 400), ("--outline",), ("--ground", "always")]):
        out = tmp_path / f"{number}.png"
        assert adstudio("letter", scene, "--plan", plan, "-o", out, *more, "--quiet").code == 0
        results.append(out.read_bytes())
    assert len(set(results)) == 4


def test_logo_and_code_are_drawn(adstudio: Any, scene: Path, tmp_path: Path) -> None:
    box = {"y0": 0.55, "y1": 0.95}
    marks = [
        {"kind": "qr", "box": {"x0": 0.05, "x1": 0.45} | box, "content": "https://naver.me/abc"},
        {"kind": "logo", "box": {"x0": 0.5, "x1": 0.7} | box, "content": "shop"},
        {"kind": "logo", "box": {"x0": 0.75, "x1": 0.95} | box, "content": "partner"},
    ]
    plan, out = saved(tmp_path, {"marks": marks}), tmp_path / "out.png"
    logos = []
    for name, colour in (("shop", (200, 20, 20, 255)), ("partner", (20, 20, 200, 255))):
        Image.new("RGBA", (40, 40), colour).save(tmp_path / f"{name}.png")
        logos += ["--logo", f"{name}={tmp_path / name}.png"]
    assert adstudio("letter", scene, "--plan", plan, "-o", out, *logos, "--json").code == 0
    image = pixels(out)
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(out))] == ["https://naver.me/abc"]
    assert image[225, 180, 0] > 0.7 > 0.2 > image[225, 180, 2] and image[225, 255, 2] > 0.7 > 0.2 > image[225, 255, 0]
    out.unlink()
    alone = adstudio("letter", scene, "--plan", plan, "-o", out, *logos[:2], "--json")
    assert alone.code == 1 and alone.envelope["error"]["code"] == "text.logo_missing" and not out.exists()


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("{", "layout.bad_json"),
        ({}, "text.no_copy"),
        ({"texts": [{"role": "slogan", "text": "세일", "box": [0, 0, 1, 1]}]}, "layout.bad_value"),
        ({"texts": [{"role": "sub", "text": "아주 긴 글이 좁은 곳에", "box": [0, 0, 0.1, 0.1]}]}, "text.does_not_fit"),
        ({"texts": [{"role": "sub", "text": "축하 🎉", "box": [0, 0, 1, 1]}]}, "text.missing_glyph"),
    ],
)
def test_mistakes_in_a_plan_are_named(adstudio: Any, scene: Path, tmp_path: Path, plan: object, code: str) -> None:
    out = tmp_path / "out.png"
    said = adstudio("letter", scene, "--plan", saved(tmp_path, plan), "-o", out, "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == code and said.envelope["error"]["hint"]
    assert not out.exists()


def test_other_mistakes_are_named(adstudio: Any, scene: Path, tmp_path: Path) -> None:
    plan, out = saved(tmp_path, PLAN), tmp_path / "out.png"
    cases = {
        "layout.unreadable": (scene, "--plan", tmp_path / "none.json", "-o", out),
        "letter.not_png": (scene, "--plan", plan, "-o", tmp_path / "out.jpg"),
        "photo.not_found": (tmp_path / "none.png", "--plan", plan, "-o", out),
        "text.unknown_font": (scene, "--plan", plan, "-o", out, "--font", "없는글꼴"),
        "text.bad_min_px": (scene, "--plan", plan, "-o", out, "--min-px", 0),
        "place.not_written": (scene, "--plan", plan, "-o", scene / "out.png"),
    }
    for code, arguments in cases.items():
        said = adstudio("letter", *arguments, "--json")
        assert (said.code, said.envelope["error"]["code"]) == (1, code)
    missing_logo = adstudio("letter", scene, "--plan", plan, "-o", out, "--logo", tmp_path / "none.png", "--json")
    assert missing_logo.envelope["error"]["code"] == "photo.not_found"
    assert list(tmp_path.iterdir()) == [plan]
