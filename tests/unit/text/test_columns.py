"""Vertical setting: columns from the right, Hangul upright, words turned, short numbers in one cell."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.text.faces.fonts import find_fonts
from adstudio.text.lines.columns import Cell, ColumnFace, cells
from adstudio.text.lines.fitting import fit
from adstudio.types import Box, TextBlock

FACE = ColumnFace(find_fonts("Pretendard"), 700, -0.02, 0.06)


def ways(text: str) -> list[tuple[str, str]]:
    return [(str(cell), cell.way) for cell in cells(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12월", [("12", "squeezed"), ("월", "upright")]),
        ("2시", [("2", "upright"), ("시", "upright")]),
        ("100%", [("100", "squeezed"), ("%", "upright")]),
        ("1+1", [("1", "upright"), ("+", "upright"), ("1", "upright")]),
        (
            "9,900원",
            [("9", "turned"), (",", "turned"), ("9", "turned"), ("0", "turned"), ("0", "turned"), ("원", "upright")],
        ),
        ("2026년", [*((ch, "turned") for ch in "2026"), ("년", "upright")]),
        ("New 빵", [*((ch, "turned") for ch in "New"), (" ", "upright"), ("빵", "upright")]),
        ("B동", [("B", "upright"), ("동", "upright")]),
        ("(끝.)", [("(", "turned"), ("끝", "upright"), (".", "upright"), (")", "turned")]),
        ("é!", [("é", "upright"), ("!", "upright")]),
        ("가҃나", [("가҃", "upright"), ("나", "upright")]),
        ("Ab᷀", [("A", "turned"), ("b᷀", "turned")]),
    ],
)
def test_letters_stand_as_korean_columns_have_them(text: str, expected: list[tuple[str, str]]):
    assert ways(text) == expected


def test_turned_letter_is_the_letter_turned_clockwise():
    (cell,) = (cell for cell in cells("AB") if cell == "A")
    turned, left, base = FACE.draw_line(cell, 80.0, (0.0, 0.0))
    upright, _, _ = FACE.draw_line("A", 80.0, (0.0, 0.0))
    ink, wanted = _trimmed(turned), _trimmed(np.rot90(upright, -1))
    assert np.abs(np.subtract(ink.shape, wanted.shape)).max() <= 1
    height, width = np.minimum(ink.shape, wanted.shape)
    assert np.abs(ink[:height, :width] - wanted[:height, :width]).mean() < 0.03
    columns, rows = np.nonzero(turned.max(axis=0) > 0.3)[0], np.nonzero(turned.max(axis=1) > 0.3)[0]
    assert abs(columns[0] - left) <= 1 and abs(rows[-1] + 1 - base) <= 1


def test_number_in_one_cell_is_as_wide_as_a_syllable():
    for text in ("25", "100", "888"):
        (cell,) = cells(text)
        cover, left, _ = FACE.draw_line(cell, 100.0, (0.0, 0.0))
        columns = np.nonzero(cover.max(axis=0) > 0.3)[0]
        assert columns[-1] + 1 - left <= 95.5 and abs(columns[0] - left) <= 1
        assert columns[-1] - columns[0] == pytest.approx(100 * FACE.measure(cell), abs=2)


def test_columns_run_from_the_right_and_hold_every_letter():
    block = TextBlock("headline", "매일 아침 갓 구운 빵", Box(0.1, 0.1, 0.5, 0.9), vertical=True)
    setting = fit(block, block.text, FACE, (400, 400), min_px=8, leading=1.25)
    assert "".join(setting.lines) == "매일아침갓구운빵"
    assert [line.replace(" ", "") for line in setting.broken] == ["매일아침", "갓구운빵"]
    axes = [x + FACE.measure(cell) * setting.size / 2 for cell, x in zip(setting.lines, setting.starts, strict=True)]
    assert min(axes[:4]) > max(axes[4:]) + 0.5 * setting.size
    assert all(isinstance(cell, Cell) for cell in setting.lines)
    for column in (slice(0, 4), slice(4, 8)):
        assert np.all(np.diff(setting.baselines[column]) > 0.5 * setting.size)


def test_a_blank_line_keeps_its_column():
    block = TextBlock("headline", "봄\n\n빵", Box(0.0, 0.0, 1.0, 1.0), vertical=True)
    setting = fit(block, block.text, FACE, (400, 400), min_px=8, max_px=40, leading=1.25)
    assert [str(cell) for cell in setting.lines] == ["봄", "빵"]
    assert setting.starts[0] - setting.starts[1] == pytest.approx(2 * 1.25 * setting.size, abs=0.2 * setting.size)


def test_full_stop_stands_in_the_upper_right_of_its_cell():
    block = TextBlock("headline", "끝.", Box(0.0, 0.0, 1.0, 1.0), vertical=True)
    setting = fit(block, block.text, FACE, (300, 600), min_px=8, max_px=200)
    syllable_end = setting.baselines[0] + FACE.glyph("끝").bottom * 200
    dot_top = setting.baselines[1] + FACE.glyph(".").top * 200
    axis = setting.starts[0] + FACE.measure("끝") * 100
    assert 0 < dot_top - syllable_end < 40
    assert setting.starts[1] > axis + 20


def _trimmed(cover: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(cover > 0.3)
    return cover[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
