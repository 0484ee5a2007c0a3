"""Drawing again while a picture shows lettering: a scripted painter, and once the real detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from adstudio.imaging.letters.detection import Lettering
from adstudio.ports import Cancelled
from adstudio.run.local.lettering_guard import keep_unlettered
from adstudio.text.faces.fonts import find_font
from adstudio.types import Array


@dataclass(eq=False)
class Drawn:
    """A picture that is nothing but its lettering score."""

    score: float

    @property
    def image(self) -> Array:
        return np.full((2, 2, 3), self.score, np.float32)


class Painter:
    """Draws what its script says: one row per picture, one lettering score per attempt."""

    def __init__(self, *script: tuple[float, ...]) -> None:
        self.script = script
        self.calls: list[tuple[int, int]] = []

    @property
    def first(self) -> list[Drawn]:
        return [Drawn(row[0]) for row in self.script]

    def redraw(self, number: int, attempt: int) -> Drawn:
        self.calls.append((number, attempt))
        return Drawn(self.script[number][attempt])


def check(picture: Array) -> Lettering:
    return Lettering(score=float(picture[0, 0, 0]), threshold=0.5)


def test_clean_pictures_are_not_drawn_again():
    painter = Painter((0.1, 0.0), (0.2, 0.0))
    made = keep_unlettered(painter.first, painter.redraw, retries=2, check=check)
    assert not painter.calls
    assert (made.redraws, made.notes, made.attempts) == (0, (), (0, 0))


def test_only_what_is_lettered_is_drawn_again():
    painter = Painter((0.2, 0.0), (0.9, 0.1, 0.0))
    made = keep_unlettered(painter.first, painter.redraw, retries=2, check=check)
    assert painter.calls == [(1, 1)]
    assert made.scores == pytest.approx((0.2, 0.1))
    assert (made.attempts, made.redraws) == ((0, 1), 1)
    assert made.notes == ("그림에 글자처럼 보이는 부분이 있어 다른 말로 다시 그렸어요 (1회).",)


def test_without_retries_it_only_reports():
    painter = Painter((0.1,), (0.9,))
    made = keep_unlettered(painter.first, painter.redraw, retries=0, check=check)
    assert not painter.calls
    assert made.notes == ("그림에 글자처럼 보이는 부분이 있어요 (2번째 그림).",)


def test_where_all_attempts_show_some_the_least_is_kept_picture_by_picture():
    painter = Painter((0.9, 0.7, 0.8), (0.6, 0.8, 0.95))
    made = keep_unlettered(painter.first, painter.redraw, retries=2, check=check)
    assert made.attempts == (1, 0)
    assert made.scores == pytest.approx((0.7, 0.6))
    assert [one.score for one in made.kept] == pytest.approx([0.7, 0.6])
    assert (made.redraws, len(made.notes)) == (4, 2)
    assert "1, 2번째" in made.notes[1]


def test_a_cancel_passes_through():
    def redraw(number: int, attempt: int) -> Drawn:
        raise Cancelled()

    with pytest.raises(Cancelled):
        keep_unlettered([Drawn(0.9)], redraw, retries=3, check=check)


def test_the_real_detector_sends_a_lettered_picture_back():
    def page(text: str) -> Array:
        image = Image.new("RGB", (512, 512), (196, 170, 140))
        face = find_font()
        font = ImageFont.truetype(str(face.path), 56, index=face.index)
        ImageDraw.Draw(image).text((120, 200), text, fill=(60, 40, 30), font=font)
        return np.asarray(image, np.float32) / np.float32(255)

    @dataclass(eq=False)
    class Page:
        image: Array

    made = keep_unlettered([Page(page("오늘의 커피"))], lambda *_: Page(page("")), retries=1)
    assert made.attempts == (1,)
