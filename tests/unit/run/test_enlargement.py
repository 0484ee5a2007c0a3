"""A product of too few pixels is refused before its backdrop is drawn, wherever that is certain by then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose
from adstudio.run.enlargement import asked_places, check_enlargement
from adstudio.run.request import AdRequest
from adstudio.types import CutOut, Placement

CODE = "composite.product_too_small"


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[int], Path]:
    """A product of so many pixels in a square, cut out, on a photo that is large enough to be read."""

    def photo(side: int) -> Path:
        rgba = np.zeros((64, 64, 4), np.uint8)
        rgba[8 : 8 + side, 8 : 8 + side] = (200, 40, 60, 255)
        path = tmp_path / f"{side}.png"
        Image.fromarray(rgba).save(path)
        return path

    return photo


def composed(adstudio: Any, tmp_path: Path, *arguments: object) -> tuple[str, list[str]]:
    """The code of the error that ended a composite with the demo model, and the steps of its report."""
    common = ("--background", "나무 탁자", "--provider", "rules", "--steps", 1, "--seed", 1, "--no-text", "--json")
    said = adstudio("composite", *arguments, *common, "--checkpoint", "demo", "--quiet", "--out", tmp_path / "ads")
    assert said.code == 1, said.err
    return said.envelope["error"]["code"], [step["name"] for step in said.envelope["report"]["steps"]]


@pytest.mark.parametrize("where", ["--no-auto-layout", "--layout", "found"])
def test_the_command_line_draws_no_backdrop_for_it(
    adstudio: Any, photo: Callable[[int], Path], tmp_path: Path, where: str
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"products": [{"x": 0.5, "base_y": 0.9, "height": 0.5}]}')
    more = {"--no-auto-layout": [where], "--layout": [where, plan], "found": ["--channel", "instagram_story"]}[where]
    assert composed(adstudio, tmp_path, photo(10), *more) == (CODE, ["check", "cutout"])
    assert not (tmp_path / "ads").exists()


def test_where_it_depends_on_the_backdrop_it_is_refused_after(
    adstudio: Any, photo: Callable[[int], Path], tmp_path: Path
) -> None:
    code, steps = composed(adstudio, tmp_path, photo(10))
    assert code == CODE and steps[-3:] == ["generate", "place", "compose"]
    (kept,) = (tmp_path / "ads").rglob("*.png")
    assert kept.parent.parent == tmp_path / "ads" / "origin" and Image.open(kept).size == (512, 512)


def test_a_channels_size_counts_and_not_the_drawn_one(
    adstudio: Any, photo: Callable[[int], Path], tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_text('{"products": [{"x": 0.5, "base_y": 0.9, "height": 0.4}]}')
    placed = (photo(40), "--layout", tmp_path / "plan.json")  # 205 of 512 pixels, but 768 of a story's 1920
    assert composed(adstudio, tmp_path, *placed, "--channel", "instagram_story") == (CODE, ["check", "cutout"])


@pytest.mark.parametrize("channel", ["coupang", "kakao_bizboard"])
def test_a_template_refuses_it_before_the_words_are_written(
    adstudio: Any, photo: Callable[[int], Path], tmp_path: Path, channel: str
) -> None:
    words = ("--headline", "아침을 여는 첫 모금") if channel == "kakao_bizboard" else ("--no-text",)
    said = adstudio(
        "composite", photo(10), "--background", "나무", *words, "--channel", channel, "--quiet", "--json",
        "--out", tmp_path / "ads",
    )  # fmt: skip
    assert said.envelope["error"]["code"] == "template.product_too_small", said.err
    assert [step["name"] for step in said.envelope["report"]["steps"]] == ["check", "cutout"]


@pytest.mark.parametrize("rotation", [0.0, 30.0])
@pytest.mark.parametrize("size", [(512, 512), (300, 700), (1300, 400)])
def test_places_that_are_known_are_refused_exactly_as_the_composite_does(
    rotation: float, size: tuple[int, int]
) -> None:
    width, height = size
    scene = np.full((height, width, 3), 0.6, np.float32)
    place = Placement(0.4, 0.9, 0.45, rotation=rotation)
    request = AdRequest(task="composite", brief="탁자", products=("a.png",), placements=(place,))
    ends = set()
    for side in range(12, 72, 4):
        cut = CutOut(np.ones((side, side * 2 // 3, 4), np.float32), "mask")
        early, late = (
            refused(check_enlargement, request, [cut], None, lambda: size),
            refused(compose, scene, [cut], asked_places(request, 1), shadow=0.0, harmonize=0.0),
        )
        assert early == late
        ends.add(early is None)
    assert ends == {True, False}


def refused(work: Callable[..., object], *given: Any, **more: Any) -> str | None:
    try:
        work(*given, **more)
    except InputError as error:
        assert error.code == CODE
        return error.message
    return None


def test_as_many_pixels_as_the_early_refusal_asks_for_are_enough_on_open_ground() -> None:
    request = AdRequest(task="composite", brief="탁자", products=("a.png",))
    with pytest.raises(InputError) as caught:
        check_enlargement(request, [CutOut(np.ones((9, 9, 4), np.float32), "mask")], None, lambda: (1024, 1024))
    least = caught.value.figures["least"]
    assert isinstance(least, int)
    from adstudio.layout.saliency import LocalAnalyzer

    scene = np.full((1024, 1024, 3), 0.6, np.float32)
    cut = CutOut(np.ones((least, least, 4), np.float32), "mask")
    compose(scene, [cut], LocalAnalyzer().place_products(scene, [1.0]).products, shadow=0.0, harmonize=0.0)
