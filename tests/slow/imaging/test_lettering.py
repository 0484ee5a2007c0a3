"""Lettering drawn on real and drawn scenes, and scenes that only look like it. Slow: it takes many pictures."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_image

from adstudio.errors import InputError
from adstudio.imaging.letters import detection as lettering
from adstudio.imaging.letters.detection import Lettering, find_lettering, rows_of
from adstudio.imaging.letters.glyphs import find_glyphs, local_statistics
from adstudio.imaging.letters.lines import FEATURES
from adstudio.text.faces.fonts import find_font, open_font
from adstudio.types import Array, Box
from tools.lettering_model.backgrounds import Background, draw_background
from tools.lettering_model.signs import draw_sample


def write(picture: Array, text: str, share: float, colour: tuple[int, int, int], at=(0.5, 0.4)) -> tuple[Array, Box]:
    """Write on a picture; ``share`` is the height of the letters. Returns: the picture, and where the words are."""
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    font = open_font(find_font(), share * image.height * 1.35, 700)
    pen = ImageDraw.Draw(image)
    place = (at[0] * image.width, at[1] * image.height)
    pen.text(place, text, fill=colour, font=font, anchor="mm")
    x0, y0, x1, y1 = pen.textbbox(place, text, font=font, anchor="mm")
    box = Box(x0 / image.width, y0 / image.height, x1 / image.width, y1 / image.height)
    return np.asarray(image, np.float32) / np.float32(255), box


def wall(height: int = 512, width: int = 512) -> Array:
    """A plain wall, lit from the left."""
    light = np.linspace(0.75, 0.6, width, dtype=np.float32)[None, :, None]
    return np.ones((height, width, 3), np.float32) * light * np.array([1.0, 0.94, 0.86], np.float32)


def photo(name: str) -> Array:
    pixels = load_sample_image(name) if name.endswith(".jpg") else getattr(skimage.data, name)()
    pixels = np.asarray(pixels)
    pixels = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    return pixels[..., :3].astype(np.float32) / np.float32(255)


def overlap(one: Box, other: Box) -> float:
    across = max(min(one.x1, other.x1) - max(one.x0, other.x0), 0.0)
    down = max(min(one.y1, other.y1) - max(one.y0, other.y0), 0.0)
    shared = across * down
    return shared / (one.width * one.height + other.width * other.height - shared)


@pytest.mark.parametrize("text", ["오늘의 커피", "GRAND OPEN", "아메리카노 4,500", "Fresh bread"])
@pytest.mark.parametrize("share", [0.025, 0.05, 0.1])
def test_words_on_a_wall_are_found_where_they_stand(text: str, share: float):
    picture, box = write(wall(448, 640), text, share, (40, 30, 30))
    found = find_lettering(picture)
    assert found.is_present, found.score
    assert max(overlap(box, each) for each in found.boxes) > 0.5


@pytest.mark.parametrize("name", ["coffee", "chelsea", "flower.jpg"])
def test_words_on_a_photo_are_found(name: str):
    height, width = photo(name).shape[:2]
    picture = photo(name)
    plate = (slice(int(0.1 * height), int(0.3 * height)), slice(int(0.2 * width), int(0.8 * width)))
    picture[plate] = (0.9, 0.88, 0.8)
    picture, box = write(picture, "수제 케이크", 0.09, (60, 30, 20), at=(0.5, 0.2))
    found = find_lettering(picture)
    assert found.is_present, found.score
    middle = found.boxes[0].x0 + found.boxes[0].width / 2, found.boxes[0].y0 + found.boxes[0].height / 2
    assert box.x0 <= middle[0] <= box.x1
    assert box.y0 <= middle[1] <= box.y1


def test_a_photographed_page_is_found():
    assert find_lettering(photo("page")).is_present


@pytest.mark.parametrize("name", ["coffee", "chelsea", "flower.jpg", "grass", "gravel", "brick", "hubble_deep_field"])
def test_photos_without_words_are_left_alone(name: str):
    found = find_lettering(photo(name))
    assert not found.is_present, (found.score, found.boxes)


@pytest.mark.parametrize(
    "texture", ["grain", "leaves", "bars", "bricks", "weave", "beans", "bokeh", "sesame", "tiles", "stripes"]
)
def test_false_friends_are_left_alone(texture: str, tmp_path: Path):
    shown = [
        find_lettering(
            draw_background(Background("texture", texture, is_held_out=True), random.Random(seed), 512, 512, tmp_path)
        ).is_present
        for seed in range(5)
    ]
    assert sum(shown) <= 1, shown


@pytest.mark.parametrize("scene", ["cafe_window-beige", "leaf_shadow-green", "night_bokeh-red"])
def test_backdrops_of_the_embedded_model_are_left_alone_until_written_on(scene: str, tmp_path: Path):
    place = Background("demo", scene, is_held_out=False)
    backdrop = np.asarray(draw_background(place, random.Random(0), 512, 512, tmp_path), np.float32)
    assert not find_lettering(backdrop).is_present
    written, _ = write(
        backdrop, "오늘의 커피", 0.08, (255, 255, 255) if backdrop[150:250].mean() < 0.5 else (20, 20, 20)
    )
    assert find_lettering(written).is_present


def test_light_words_count_as_dark_ones_do():
    dark, _ = write(wall(), "국내산 한우", 0.08, (30, 30, 30))
    light, _ = write(wall() * 0.4, "국내산 한우", 0.08, (240, 240, 235))
    assert find_lettering(dark).is_present
    assert find_lettering(light).is_present


def test_more_contrast_makes_words_no_less_likely():
    scores = []
    for step in (0, 6, 20, 45, 90, 140):
        ground = np.full((512, 512, 3), 170 / 255, np.float32)
        picture, _ = write(ground, "딸기 케이크", 0.08, (170 - step,) * 3)
        scores.append(find_lettering(picture).score)
    assert scores[0] < 0.1
    assert all(after >= before - 0.02 for before, after in itertools.pairwise(scores)), scores
    assert scores[-1] > 0.9


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (5, 5), (23, 500), (24, 24), (64, 2048)])
def test_any_size_is_looked_at(size: tuple[int, int]):
    found = find_lettering(np.random.default_rng(0).random((*size, 3)).astype(np.float32))
    assert 0.0 <= found.score <= 1.0


def test_a_flat_picture_shows_nothing():
    for value in (0.0, 0.5, 1.0):
        assert find_lettering(np.full((400, 300, 3), value, np.float32)) == Lettering(
            0.0, find_lettering(np.zeros((2, 2, 3), np.float32)).threshold
        )


def test_what_is_no_number_is_taken_for_black():
    picture, _ = write(wall(), "오늘의 커피", 0.08, (30, 30, 30))
    picture[:40] = np.nan
    found = find_lettering(picture)
    assert found.is_present
    assert np.isfinite(found.score)


@pytest.mark.parametrize("shape", [(40, 40), (40, 40, 1), (0, 4, 3), (2, 40, 40, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]):
    with pytest.raises(InputError, match="Expected a picture"):
        find_lettering(np.zeros(shape, np.float32))


def test_the_same_picture_gives_the_same_answer():
    picture = photo("coffee")
    before = picture.copy()
    assert find_lettering(picture) == find_lettering(picture)
    assert (picture == before).all()


def test_boxes_lie_in_the_picture_and_do_not_repeat_each_other():
    picture, _ = write(wall(700, 1000), "커피 한 잔의 여유", 0.1, (20, 20, 20))
    found = find_lettering(picture)
    assert found.boxes
    for box in found.boxes:
        assert 0 <= box.x0 < box.x1 <= 1
        assert 0 <= box.y0 < box.y1 <= 1
    pairs = [(a, b) for index, a in enumerate(found.boxes) for b in found.boxes[index + 1 :]]
    assert all(overlap(a, b) < 0.5 for a, b in pairs)


def test_holes_and_strokes_are_counted():
    grey = np.full((60, 120), 0.9, np.float32)
    grey[10:40, 10:13] = grey[10:40, 27:30] = grey[10:13, 10:30] = grey[37:40, 10:30] = 0.1  # a frame: one hole
    grey[10:40, 60:64] = 0.1  # a bar
    table = find_glyphs(grey, *local_statistics(grey), -1)
    assert table["holes"].tolist() == [1, 0]
    assert table["area"].tolist() == [30 * 20 - 24 * 14, 30 * 4]
    assert table["runs_x"].tolist() == [24 * 2 + 6, 30]
    assert table["contrast"] == pytest.approx([0.8, 0.8], abs=1e-5)
    assert (table["x0"].tolist(), table["y1"].tolist()) == ([10, 60], [40, 40])


def test_the_scorer_ships_small_and_readable():
    text = lettering.SCORER.read_text(encoding="utf-8")
    assert len(text) < 100_000
    branches = [node for tree in json.loads(text)["trees"] for node in tree if isinstance(node, list)]
    assert {name for name, *_ in branches} <= set(FEATURES)


def test_a_tree_sends_a_row_down_the_right_branch():
    tree = [["count", 1.5, 1, 2], -3.0, ["length", 0.0, 3, 4], 1.0, 2.0]
    scorer = lettering.read_scorer({"threshold": 0.5, "bias": 0.0, "depth": 2, "trees": [tree, [0.5]]})
    rows = np.zeros((3, len(FEATURES)), np.float32)
    rows[:, FEATURES.index("count")] = (1.0, 2.0, 2.0)
    rows[:, FEATURES.index("length")] = (9.0, 0.0, 0.1)
    assert scorer.score(rows) == pytest.approx(1 / (1 + np.exp([2.5, -1.5, -2.5])))


def test_drawn_samples_know_where_their_words_are(tmp_path: Path):
    sample = draw_sample(3, held_out=True, with_signs=True, cache_dir=tmp_path)
    again = draw_sample(3, held_out=True, with_signs=True, cache_dir=tmp_path)
    assert (sample.picture == again.picture).all()
    assert sample.background.is_held_out
    for _, features, _ in rows_of(sample.picture):
        assert np.isfinite(features).all()
