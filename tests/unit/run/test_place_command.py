"""``adstudio place``: what a plan says is drawn, and every mistake in it is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

PLAN = {"products": [{"x": 0.4, "base_y": 0.8, "height": 0.4}]}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.new("RGB", (200, 200), (180, 170, 150)).save(path)
    return path


def saved(folder: Path, plan: object) -> Path:
    path = folder / "plan.json"
    path.write_text(plan if isinstance(plan, str) else json.dumps(plan), encoding="utf-8")
    return path


def test_plan_is_drawn_and_told(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.png"
    plan = saved(tmp_path, PLAN)
    said = adstudio("place", scene, box, "--layout", plan, "-o", out, "--harmonize", 0, "--json", "--quiet")
    assert said.code == 0 and said.err == ""
    (picture,) = said.envelope["pictures"]
    assert picture["path"] == str(out) and picture["receipt"]["max_delta_e"] == 0
    pixels = np.asarray(Image.open(out))
    assert pixels[150, 80].tolist() == [200, 40, 60] and pixels[60, 80].tolist() == [180, 170, 150]
    assert pixels[159, 80].mean() < 140  # its shadow
    assert [path.name for path in out.parent.iterdir()] == ["out.png"]


def test_person_gets_the_path(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    said = adstudio("place", scene, box, box, "-o", tmp_path / "out.png")
    assert said.code == 0 and said.out.strip() == str(tmp_path / "out.png")
    assert "delta E" in said.err


def test_each_product_alone(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    plan = saved(tmp_path, PLAN)
    said = adstudio("place", scene, box, box, "--each", "--layout", plan, "-o", tmp_path / "out.png", "--json")
    assert [Path(entry["path"]).name for entry in said.envelope["pictures"]] == ["out-1.png", "out-2.png"]
    assert (tmp_path / "out-1.png").read_bytes() == (tmp_path / "out-2.png").read_bytes()


def test_plate_and_layers(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    said = adstudio(
        "place", scene, box, "-o", tmp_path / "out.png", "--plate", tmp_path / "plate.png", "--layers", tmp_path / "l",
        "--json",
    )  # fmt: skip
    assert said.code == 0
    assert Image.open(tmp_path / "plate.png").mode == "RGBA"
    document = json.loads((tmp_path / "l" / "layers.json").read_text())
    assert document["canvas"] == [200, 200]
    assert [entry["name"] for entry in document["layers"]] == ["backdrop", "shadow", "product 1"]
    assert all((tmp_path / "l" / entry["file"]).is_file() for entry in document["layers"])


def test_stance_is_read_told_and_can_be_set(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    """Without a plan the command reads it as the node does; a plan's own one stays, and the option beats both."""
    table = tmp_path / "table.png"
    noise = np.random.default_rng(0).normal(150, 25, (200, 200, 1)).clip(0, 255)
    Image.fromarray((noise * np.array([1.0, 0.8, 0.6])).astype(np.uint8)).save(table)
    plan = saved(tmp_path, {"products": [PLAN["products"][0] | {"stance": "hanging"}]})

    def drawn(*arguments: object) -> tuple[list[str], bytes]:
        out = tmp_path / "out.png"
        said = adstudio("place", *arguments, "-o", out, "--json", "--quiet")
        assert said.code == 0, said.err
        return said.envelope["pictures"][0]["notes"], out.read_bytes()

    found, lying = drawn(table, box)
    assert any(note.startswith("Product 1: flat_lay, for one surface fills") for note in found)
    told, same = drawn(table, box, "--stance", "flat_lay")
    assert same == lying and not any(note.startswith("Product 1: ") for note in told)
    assert drawn(table, box, "--stance", "standing")[1] != lying
    assert any(note.startswith("Product 1: standing") for note in drawn(scene, box)[0])
    by_plan, hanging = drawn(scene, box, "--layout", plan)
    assert not any(note.startswith("Product 1: ") for note in by_plan)
    assert drawn(scene, box, "--layout", plan, "--stance", "hanging")[1] == hanging
    assert drawn(scene, box, "--layout", plan, "--stance", "standing")[1] != hanging
    each = adstudio("place", table, box, box, "--each", "-o", tmp_path / "out.png", "--json", "--quiet")
    notes = [[note for note in entry["notes"] if "flat_lay" in note] for entry in each.envelope["pictures"]]
    assert [len(said) for said in notes] == [1, 1]


def test_nothing_that_came_is_written_over(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    kept = scene.read_bytes(), box.read_bytes()
    out = tmp_path / "out.png"
    for target, plate, code in (
        (scene, None, "place.over_an_input"), (box, None, "place.over_an_input"), (out, box, "place.over_an_input"),
        (out, out, "place.one_name"),
    ):  # fmt: skip
        said = adstudio("place", scene, box, "-o", target, *(["--plate", plate] if plate else []), "--json")
        assert (said.code, said.envelope["error"]["code"]) == (1, code)
    assert (scene.read_bytes(), box.read_bytes()) == kept and not out.exists()


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("{", "layout.bad_json"),
        ({}, "layout.no_products"),
        ({"products": [{"x": 0.4, "base_y": 0.8}]}, "layout.bad_value"),
        ({"products": [{"x": 0.4, "base_y": 0.8, "height": "tall"}]}, "layout.bad_value"),
        ({"products": [{"x": 4, "base_y": 0.8, "height": 0.4}]}, "layout.bad_placement"),
        ({"products": [{"x": 0.4, "base_y": 0.8, "height": 0.4, "scale": 2}]}, "layout.unknown_name"),
        ({"products": [{"x": 0.4, "base_y": 0.8, "height": 0.4, "stance": "flying"}]}, "layout.bad_value"),
        ({"product": []}, "layout.unknown_name"),
        ({"products": PLAN["products"] * 2}, "place.count"),
    ],
)
def test_mistakes_in_a_plan_are_named(
    adstudio: Any, scene: Path, box: Path, tmp_path: Path, plan: object, code: str
) -> None:
    out = tmp_path / "out.png"
    said = adstudio("place", scene, box, "--layout", saved(tmp_path, plan), "-o", out, "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == code and said.envelope["error"]["hint"]
    assert not out.exists()


def test_other_mistakes_are_named(adstudio: Any, scene: Path, box: Path, coffee: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    cases = {
        "place.not_cut_out": (scene, coffee, "-o", out),
        "place.not_png": (scene, box, "-o", tmp_path / "out.jpg"),
        "place.one_picture": (scene, box, "-o", out, "--each", "--plate", out),
        "layout.unreadable": (scene, box, "-o", out, "--layout", tmp_path / "none.json"),
        "photo.not_found": (tmp_path / "none.png", box, "-o", out),
        "composite.fidelity": (scene, box, "-o", out, "--harmonize", 1, "--fidelity-limit", 0.01),
        "composite.light": (scene, box, "-o", out, "--light", "west"),
        "place.not_written": (scene, box, "-o", box / "out.png"),
    }
    for code, arguments in cases.items():
        said = adstudio("place", *arguments, "--json")
        assert (said.code, said.envelope["error"]["code"]) == (1, code)
    assert list(tmp_path.iterdir()) == []


def test_picture_that_cannot_be_used_is_named(adstudio: Any, scene: Path, box: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(box.read_bytes()[:200])
    said = adstudio("place", scene, box, torn, "-o", tmp_path / "out.png", "--json")
    assert said.envelope["error"]["message"].startswith(f"{torn}: ")


def test_one_picture_for_each_product_is_written_over_none_that_came(
    adstudio: Any, scene: Path, box: Path, tmp_path: Path
) -> None:
    given = tmp_path / "cup-1.png"
    given.write_bytes(box.read_bytes())
    said = adstudio("place", scene, given, "-o", tmp_path / "cup.png", "--each", "--json")
    assert said.code == 1
    assert said.envelope["error"]["code"] == "place.over_an_input"
    assert given.read_bytes() == box.read_bytes()
