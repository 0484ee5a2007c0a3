"""What is made of a picture that AI drew says so as well: lettering it, or laying it out anew, loses no mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adstudio.output.disclosure import TYPES, Disclosure, read_source_type
from adstudio.output.save import save_picture

PLAN = {"texts": [{"role": "headline", "text": "봄", "box": {"x0": 0.1, "y0": 0.1, "x1": 0.9, "y1": 0.4}}]}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture as Ad Studio saves one that a model drew."""
    picture = np.full((400, 400, 3), 0.6, np.float32)
    return save_picture(picture, tmp_path_factory.mktemp("ads"), disclosure=Disclosure("generated")).path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return path


def part_of(path: Path) -> str:
    kind = read_source_type(path).rpartition("/")[2]
    return next((source for source, name in TYPES.items() if name == kind), "")


@pytest.mark.parametrize("more", [(), ("--channel", "instagram_feed:1x1", "--override")])
def test_a_lettered_picture_keeps_its_mark(drawn: Path, plan: Path, tmp_path: Path, adstudio: Any, more: Any) -> None:
    out = tmp_path / ("ad.jpg" if more else "ad.png")
    assert adstudio("letter", drawn, "--plan", plan, "-o", out, *more).code == 0
    assert part_of(out) == "generated"


def test_every_channels_file_keeps_it(drawn: Path, plan: Path, tmp_path: Path, adstudio: Any) -> None:
    said = adstudio(
        "reflow", drawn, "--plan", plan, "--channels", "instagram_story,kakao_native:2x1", "-o", tmp_path / "out",
        "--override", "--json",
    )  # fmt: skip
    paths = [Path(entry["path"]) for entry in said.envelope["pictures"]]
    assert [part_of(path) for path in paths] == ["generated", "generated"]


def test_a_photo_on_a_drawn_backdrop_makes_it_a_composite(
    drawn: Path, box: Path, tmp_path: Path, adstudio: Any
) -> None:
    assert adstudio("place", drawn, box, "-o", tmp_path / "placed.png").code == 0
    assert part_of(tmp_path / "placed.png") == "composite"


@pytest.fixture
def drawn_cut(drawn: Path, tmp_path: Path, adstudio: Any) -> Path:
    """A product that a model drew, cut out."""
    mask, cut = tmp_path / "mask.png", tmp_path / "cut.png"
    Image.fromarray(np.pad(np.full((200, 200), 255, np.uint8), 100)).save(mask)
    assert adstudio("cutout", drawn, "--mask", mask, "-o", cut).code == 0
    return cut


def test_a_cut_out_keeps_its_mark(drawn_cut: Path) -> None:
    assert part_of(drawn_cut) == "generated"


def test_what_a_model_drew_makes_a_photo_that_it_stands_on_a_composite(
    coffee: Path, drawn_cut: Path, box: Path, tmp_path: Path, adstudio: Any
) -> None:
    out, layers, plate = tmp_path / "placed.png", tmp_path / "layers", tmp_path / "plate.png"
    more = ("--layers", layers, "--plate", plate, "--reflection", 0.5)
    assert adstudio("place", coffee, drawn_cut, "-o", out, *more).code == 0
    assert (part_of(out), part_of(plate)) == ("composite", "generated")
    entries = json.loads((layers / "layers.json").read_text())["layers"]
    marks = {entry["name"]: part_of(layers / entry["file"]) for entry in entries}
    assert (marks["backdrop"], marks["product 1"], marks["reflection 1"]) == ("", "generated", "generated")
    assert adstudio("place", coffee, box, drawn_cut, "-o", out, "--plate", plate).code == 0
    assert part_of(plate) == "composite"


def test_the_picture_among_the_layers_of_lettering_keeps_its_mark(
    drawn: Path, plan: Path, tmp_path: Path, adstudio: Any
) -> None:
    out, layers = tmp_path / "ad.png", tmp_path / "layers"
    said = adstudio("letter", drawn, "--plan", plan, "-o", out, "--layers", layers, "--json")
    picture, *lettering = [part_of(layers / entry["file"]) for entry in said.envelope["layers"]]
    assert picture == "generated"
    assert lettering and not any(lettering)


def test_the_backdrop_among_the_layers_keeps_its_mark(drawn: Path, box: Path, tmp_path: Path, adstudio: Any) -> None:
    said = adstudio("place", drawn, box, "-o", tmp_path / "placed.png", "--layers", tmp_path / "layers", "--json")
    marks = {layer["name"]: part_of(tmp_path / "layers" / layer["file"]) for layer in said.envelope["layers"]}
    assert marks.pop("backdrop") == "generated"
    assert set(marks.values()) == {""}


def test_a_photo_gets_no_mark(coffee: Path, plan: Path, tmp_path: Path, adstudio: Any) -> None:
    assert adstudio("letter", coffee, "--plan", plan, "-o", tmp_path / "ad.png").code == 0
    assert read_source_type(tmp_path / "ad.png") == ""
