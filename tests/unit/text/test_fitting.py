"""Fitting: the largest letters of a box, never beyond it, held to any of its nine points."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.text.faces.fonts import find_fonts
from adstudio.text.faces.typeface import Typeface
from adstudio.text.lines.fitting import Setting, fit
from adstudio.types import Array, Box, TextBlock

FACE = Typeface(find_fonts("Pretendard"), 700, -0.02, 0.06)
PICTURE = (320, 240)
words = st.lists(
    st.text(alphabet=st.sampled_from("가나다각힣한글ㅋ맛Aygj15809%,.!“”(~원"), min_size=1, max_size=5),
    min_size=1,
    max_size=6,
)
boxes = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.25, 0.5), st.floats(0.2, 0.5)).map(
    lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
aligns, anchors = st.sampled_from(["left", "center", "right"]), st.sampled_from(["top", "middle", "bottom"])


def painted(setting: Setting, picture: tuple[int, int] = PICTURE) -> Array:
    """Coverage of the whole picture, with a rim of 40 px for what would leave it."""
    out = np.zeros((picture[1] + 80, picture[0] + 80), np.float32)
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        if line:
            x, y = int(np.floor(start)), int(np.floor(baseline))
            cover, left, base = setting.face.draw_line(line, setting.size, (start - x, baseline - y))
            row, column = y - base + 40, x - left + 40
            cover = cover[max(0, -row) :, max(0, -column) :]
            part = out[max(0, row) :, max(0, column) :][: cover.shape[0], : cover.shape[1]]
            np.maximum(part, cover[: part.shape[0], : part.shape[1]], out=part)
    return out


def ink(setting: Setting, picture: tuple[int, int] = PICTURE) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(painted(setting, picture) > 0.3)
    return columns.min() - 40, rows.min() - 40, columns.max() - 39, rows.max() - 39


@settings(max_examples=60)
@given(words, boxes, aligns, anchors, st.booleans())
def test_block_stays_inside_its_box_and_fills_it(parts: list[str], box: Box, align, anchor, vertical: bool):
    block = TextBlock("headline", " ".join(parts), box, align, anchor=anchor, vertical=vertical)
    try:
        setting = fit(block, block.text, FACE, PICTURE, min_px=8, leading=1.25)
    except InputError as error:
        assume(error.code != "text.does_not_fit")
        raise
    edges = np.array([box.x0 * PICTURE[0], box.y0 * PICTURE[1], box.x1 * PICTURE[0], box.y1 * PICTURE[1]])
    left, top, right, bottom = ink(setting)
    assert left >= edges[0] - 1 and top >= edges[1] - 1 and right <= edges[2] + 1 and bottom <= edges[3] + 1
    assert setting.ink[0] >= edges[0] - 1e-3 and setting.ink[3] <= edges[3] + 1e-3
    assert left >= setting.ink[0] - 1 and right <= setting.ink[2] + 1
    assert top >= setting.ink[1] - 1 and bottom <= setting.ink[3] + 1
    fills = np.array(setting.ink[2:]) - setting.ink[:2] >= 0.99 * (edges[2:] - edges[:2])
    fills[1] |= anchor != "middle" and setting.ink[3] - setting.ink[1] + 0.5 * setting.size >= edges[3] - edges[1]
    hangs = align == "center" and any(line.strip(".,“”") != line for line in setting.broken)
    assert fills.any() or hangs
    assert "".join(setting.broken).replace(" ", "") == "".join(parts)


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize("align", ["left", "center", "right"])
@pytest.mark.parametrize("anchor", ["top", "middle", "bottom"])
def test_nine_points_hold_the_ink(align, anchor, vertical: bool):
    block = TextBlock("headline", "봄 소풍", Box(0.1, 0.1, 0.9, 0.9), align, anchor=anchor, vertical=vertical)
    setting = fit(block, block.text, FACE, PICTURE, min_px=8, max_px=40)
    left, top, right, bottom = ink(setting)
    across = {"left": left - 32, "center": (left + right) / 2 - 160, "right": right - 288}[align]
    tail = 0 if vertical else 40 * (FACE.bottom("") - FACE.fall("봄 소풍"))
    down = {"top": top - 24, "middle": (top + bottom) / 2 - 120, "bottom": bottom + tail - 216}[anchor]
    assert setting.size == 40
    assert abs(across) <= 1.5 and abs(down) <= 1.5


def test_baselines_at_an_edge_do_not_depend_on_the_words():
    block = TextBlock("headline", "", Box(0.1, 0.1, 0.9, 0.9), anchor="bottom")
    baselines = {fit(block, text, FACE, PICTURE, min_px=8, max_px=40).baselines[-1] for text in ("봄", "gypsy", "1+1")}
    assert len(baselines) == 1


def test_figures_without_depth_stand_in_the_middle_of_their_box():
    block = TextBlock("price", "9,900", Box(0.1, 0.1, 0.9, 0.9))
    for text in ("1+1", "50%"):
        _, top, _, bottom = ink(fit(block, text, FACE, PICTURE, min_px=8, max_px=60))
        assert abs((top + bottom) / 2 - 120) <= 1


def test_light_marks_do_not_push_a_centred_line_aside():
    block = TextBlock("headline", "", Box(0.0, 0.0, 1.0, 1.0))
    lines = fit(block, "맛있는 하루.\n“맛있는 하루", FACE, PICTURE, min_px=8, max_px=30)
    plain = fit(block, "맛있는 하루", FACE, PICTURE, min_px=8, max_px=30)
    assert lines.starts[0] == pytest.approx(plain.starts[0], abs=0.1)
    opening = (FACE.measure("“맛있는 하루") - FACE.measure("맛있는 하루")) * 30
    assert lines.starts[1] == pytest.approx(plain.starts[0] - opening, abs=0.1)


def test_a_short_word_is_not_left_alone_above_a_long_line():
    wide = TextBlock("headline", "", Box(0.0, 0.0, 1.0, 1.0))
    for width, height in [(1.0, 0.2), (1.0, 0.3), (1.0, 0.4), (1.0, 0.6), (1.0, 1.0), (0.45, 0.6)]:
        block = replace(wide, box=Box(0.0, 0.0, width, height))
        assert fit(block, "새로 만나는 커피", FACE, PICTURE, min_px=8, leading=1.22).broken[0] != "새로"


def test_a_price_is_not_torn_for_somewhat_larger_letters():
    block = TextBlock("price", "3개 묶음 9,900 원 특가", Box(0.0, 0.0, 0.4, 0.6))
    assert fit(block, block.text, FACE, PICTURE, min_px=8, leading=1.22).broken == ("3개 묶음", "9,900 원 특가")


@pytest.mark.parametrize("role", ["sub", "legal"])
def test_long_copy_takes_the_size_that_trying_every_line_count_finds(role: Literal["sub", "legal"]):
    text = "행사 기간은 3월 1일부터 3월 31일까지이며 매장 사정에 따라 조기 종료될 수 있습니다. " * 3
    block = TextBlock(role, text.strip(), Box(0.05, 0.05, 0.95, 0.5), "left")
    setting = fit(block, block.text, FACE, (1024, 1024), min_px=8, leading=1.4)
    others = [
        fit(block, "\n".join(lines), FACE, (1024, 1024), min_px=8, leading=1.4).size
        for lines in _every_count(block.text)
    ]
    assert setting.size == pytest.approx(max(others), rel=0.05)


def _every_count(text: str) -> list[tuple[str, ...]]:
    from adstudio.text.lines.linebreak import arrange

    return [way.lines for way in arrange(text, FACE.measure, 20)]


def test_space_between_hangul_and_latin_is_added_once_where_there_is_none():
    spaced, plain = FACE, replace(FACE, mixed=0.0)
    assert spaced.measure("봄sale") - plain.measure("봄sale") == pytest.approx(0.06)
    assert spaced.measure("봄9") - plain.measure("봄9") == pytest.approx(0.06)
    assert 0 < spaced.measure("9,900원") - plain.measure("9,900원") < 0.03
    assert spaced.measure("봄 sale") == plain.measure("봄 sale")
    assert spaced.measure("봄봄") == plain.measure("봄봄")
