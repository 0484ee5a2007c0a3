"""``adstudio layout``: a plan on stdout, reasons on stderr, the user's own values first, every mistake named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adstudio.layout.picture.score import score
from adstudio.layout.plan.digest import digest_of
from adstudio.layout.plan.reading import from_json
from adstudio.layout.plan.schema import read_plan

COPY = {
    "headline": "가을 신메뉴",
    "sub": "고구마 라떼",
    "price": "6,800원",
    "old_price": "8,000원",
    "badge": "신메뉴",
    "call_to_action": "메뉴 보기",
    "link": "https://a.kr",
}


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wall") / "wall.png"
    Image.new("RGB", (640, 640), (180, 170, 150)).save(path)
    return path


def written(folder: Path, name: str, data: object) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return written(tmp_path, "copy.json", COPY)


def test_plan_comes_on_stdout_and_reasons_on_stderr(adstudio: Any, wall: Path, copy: Path) -> None:
    said = adstudio("layout", wall, "--copy", copy)
    plan = from_json(said.out)
    assert said.code == 0 and {block.role for block in plan.texts} == {"headline", "sub", "price", "badge", "cta"}
    assert plan.marks[0].content == COPY["link"]
    assert "점수" in said.err and "구성" in said.err


def test_envelope_has_the_plan_bound_to_its_picture(adstudio: Any, wall: Path, copy: Path) -> None:
    said = adstudio("layout", wall, "--copy", copy, "--provider", "local", "--json", "--quiet")
    assert said.code == 0 and said.err == ""
    plan = read_plan(said.envelope["plan"])
    assert plan.size_px == (640, 640)
    assert plan.picture == digest_of((np.asarray(Image.open(wall)) / 255).astype(np.float32))


def test_all_compositions_can_be_seen(adstudio: Any, wall: Path, copy: Path) -> None:
    said = adstudio("layout", wall, "--copy", copy, "--json", "--all", "--quiet")
    plans = [read_plan(plan) for plan in said.envelope["proposals"]]
    assert len(plans) >= 4 and read_plan(said.envelope["plan"]) == plans[0]


def test_plan_and_preview_are_written(adstudio: Any, wall: Path, copy: Path, tmp_path: Path) -> None:
    plan, preview = tmp_path / "new" / "plan.json", tmp_path / "preview.png"
    said = adstudio("layout", wall, "--copy", copy, "-o", plan, "--preview", preview)
    assert said.code == 0 and said.out == ""
    box = from_json(plan.read_text("utf-8")).texts[0].box
    pixels = np.asarray(Image.open(preview)).astype(int)
    assert pixels.shape == (640, 640, 3)
    left, top, right, _ = box.pixels(640, 640)
    assert np.abs(pixels[top, left:right] - (180, 170, 150)).max() > 50, "a rim along the upper edge"


def test_own_values_win_and_the_rest_flows_around_them(adstudio: Any, wall: Path, copy: Path, tmp_path: Path) -> None:
    own = {
        "texts": [
            {"role": "headline", "box": [0.1, 0.4, 0.7, 0.6], "color": "#ff0000"},
            {"role": "price", "align": "right"},
        ],
        "marks": [{"kind": "qr", "box": [0.05, 0.05, 0.25, 0.25]}],
    }
    said = adstudio("layout", wall, "--copy", copy, "--override", written(tmp_path, "own.json", own), "--json")
    plan = read_plan(said.envelope["plan"])
    texts = {block.role: block for block in plan.texts}
    assert len(texts) == len(plan.texts) == 5 and len(plan.marks) == 1
    assert (texts["headline"].text, texts["headline"].color) == (COPY["headline"], "#ff0000")
    assert texts["headline"].box.pixels(100, 100) == (10, 40, 70, 60)
    assert texts["price"].align == "right" and texts["price"].was == COPY["old_price"]
    assert plan.marks[0].box.pixels(100, 100) == (5, 5, 25, 25) and plan.marks[0].content == COPY["link"]
    picture = (np.asarray(Image.open(wall)) / 255).astype(np.float32)
    assert plan.score == score(picture, plan)


def test_locked_parts_of_an_earlier_plan_stay(adstudio: Any, wall: Path, copy: Path, tmp_path: Path) -> None:
    held = {"texts": [{"role": "headline", "text": "고정", "box": [0.2, 0.7, 0.8, 0.9], "locked": True}]}
    said = adstudio("layout", wall, "--copy", copy, "--previous", written(tmp_path, "old.json", held), "--json")
    plan = read_plan(said.envelope["plan"])
    assert [block.text for block in plan.texts if block.role == "headline"] == ["고정"]


def test_mask_is_kept_clear(adstudio: Any, wall: Path, copy: Path, tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 32:] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(mask).save(path)
    said = adstudio("layout", wall, "--copy", copy, "--keep-clear", path, "--json", "--quiet")
    plan = read_plan(said.envelope["plan"])
    assert all(part.box.x1 <= 0.51 for part in (*plan.texts, *plan.marks))


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("copy", {"headlines": "세일"}, "layout.bad_copy"),
        ("copy", {"headline": 3}, "layout.bad_copy"),
        ("copy", "[1]", "layout.bad_copy"),
        ("copy", "{", "layout.bad_copy"),
        ("copy", {}, "layout.no_copy"),
        ("copy", {"headline": "세일", "old_price": "9"}, "layout.old_price_alone"),
        ("override", {"texts": 3}, "layout.bad_value"),
        ("override", {"texts": [{"role": "legal", "align": "left"}]}, "layout.no_such_part"),
        ("override", {"texts": [{"role": "sub", "colour": "#fff"}]}, "layout.unknown_name"),
        ("override", {"texts": [{"role": "sub", "box": [0, 0, 2, 1]}]}, "layout.bad_box"),
        ("override", {"products": [{"x": 0.5}]}, "layout.no_such_part"),
        ("previous", {"texts": [{"text": "a", "box": [0, 0, 1]}]}, "layout.bad_value"),
    ],
)
def test_mistakes_are_named(adstudio: Any, wall: Path, copy: Path, tmp_path: Path, name: str, data: object, code: str):
    files = {"copy": copy} | {name: written(tmp_path, "wrong.json", data)}
    said = adstudio("layout", wall, *(part for key, path in files.items() for part in (f"--{key}", path)), "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == code


@pytest.mark.parametrize(
    ("option", "value", "code"), [("--min-px", "0", "text.bad_min_px"), ("--preview", "boxes.jpg", "layout.not_png")]
)
def test_options_that_cannot_be_meant_are_refused(
    adstudio: Any, wall: Path, copy: Path, option: str, value: str, code: str
) -> None:
    said = adstudio("layout", wall, "--copy", copy, option, value, "--json", "--quiet")
    assert said.code == 1 and said.envelope["error"]["code"] == code


def test_what_the_copy_command_prints_is_read(adstudio: Any, wall: Path, tmp_path: Path) -> None:
    copy = adstudio("copy", "딸기 라떼 신메뉴", "--provider", "rules", "--json")
    said = adstudio("layout", wall, "--copy", written(tmp_path, "copy.json", copy.envelope), "--json", "--quiet")
    assert said.code == 0 and said.envelope["plan"]["texts"]


def test_missing_file_is_named(adstudio: Any, wall: Path, tmp_path: Path) -> None:
    said = adstudio("layout", wall, "--copy", tmp_path / "no.json", "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == "layout.unreadable"
