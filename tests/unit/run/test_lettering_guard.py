"""Drawing again while a picture shows lettering: a scripted painter, and once the real detector."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from adstudio.errors import InputError
from adstudio.imaging.lettering import Lettering
from adstudio.ports import Cancelled
from adstudio.run.lettering_guard import draw_without_lettering
from adstudio.text.fonts import find_font
from adstudio.types import Array


class Painter:
    """Draws what its script says: one row per attempt, one lettering score per picture."""

    def __init__(self, *script: tuple[float, ...]) -> None:
        self.script = script
        self.calls: list[tuple[str, int]] = []

    def draw(self, words: str, attempt: int) -> list[Array]:
        self.calls.append((words, attempt))
        return [np.full((2, 2, 3), score, np.float32) for score in self.script[attempt]]


def check(picture: Array) -> Lettering:
    return Lettering(score=float(picture[0, 0, 0]), threshold=0.5)


def reword(attempt: int) -> str:
    return f"other words {attempt}"


def test_a_clean_first_picture_is_drawn_once():
    painter = Painter((0.1,), (0.0,))
    made = draw_without_lettering(painter.draw, "a cup", reword, retries=2, check=check)
    assert painter.calls == [("a cup", 0)]
    assert (made.redraws, made.notes, made.attempts, made.is_clean) == (0, (), (0,), True)


def test_lettering_is_drawn_again_in_other_words():
    painter = Painter((0.9,), (0.1,), (0.0,))
    made = draw_without_lettering(painter.draw, "a cup", reword, retries=2, check=check)
    assert painter.calls == [("a cup", 0), ("other words 1", 1)]
    assert made.scores == pytest.approx((0.1,))
    assert (made.kept[0].words, made.attempts, made.redraws) == ("other words 1", (1,), 1)
    assert made.notes == ("그림에 글자처럼 보이는 부분이 있어 다른 말로 다시 그렸어요 (1회).",)


def test_without_retries_it_only_reports():
    painter = Painter((0.1, 0.9))
    made = draw_without_lettering(painter.draw, "a cup", reword, retries=0, check=check)
    assert len(painter.calls) == 1
    assert not made.is_clean
    assert made.notes == ("그림에 글자처럼 보이는 부분이 있어요 (2번째 그림).",)


def test_where_all_attempts_show_some_the_least_is_kept_picture_by_picture():
    painter = Painter((0.9, 0.6), (0.7, 0.8), (0.8, 0.95))
    made = draw_without_lettering(painter.draw, "a cup", reword, retries=2, check=check)
    assert made.attempts == (1, 0)
    assert made.scores == pytest.approx((0.7, 0.6))
    assert [float(picture[0, 0, 0]) for picture in made.pictures] == pytest.approx([0.7, 0.6])
    assert (made.redraws, len(made.notes)) == (2, 2)
    assert "1, 2번째" in made.notes[1]


def test_a_picture_that_was_clean_is_kept_and_drawing_stops_when_all_were():
    painter = Painter((0.2, 0.9), (0.1, 0.1), (0.0, 0.0))
    made = draw_without_lettering(painter.draw, "a cup", reword, retries=2, check=check)
    assert made.attempts == (0, 1)
    assert [each.words for each in made.kept] == ["a cup", "other words 1"]
    assert made.is_clean
    assert len(painter.calls) == 2


def test_a_cancel_passes_through():
    def draw(words: str, attempt: int) -> list[Array]:
        if attempt == 1:
            raise Cancelled()
        return [np.full((2, 2, 3), 0.9, np.float32)]

    with pytest.raises(Cancelled):
        draw_without_lettering(draw, "a cup", reword, retries=3, check=check)


@pytest.mark.parametrize("retries", [-1, 6])
def test_a_number_of_retries_beyond_reason_is_refused(retries: int):
    with pytest.raises(InputError, match="drawn again"):
        draw_without_lettering(Painter((0.1,)).draw, "a cup", reword, retries=retries, check=check)


def test_the_real_detector_sends_a_lettered_picture_back():
    def draw(words: str, attempt: int) -> list[Array]:
        image = Image.new("RGB", (512, 512), (196, 170, 140))
        if attempt == 0:
            face = find_font()
            font = ImageFont.truetype(str(face.path), 56, index=face.index)
            ImageDraw.Draw(image).text((120, 200), "오늘의 커피", fill=(60, 40, 30), font=font)
        return [np.asarray(image, np.float32) / np.float32(255)]

    made = draw_without_lettering(draw, "a cup", reword, retries=1)
    assert made.attempts == (1,)
    assert made.is_clean
