"""Pictures and their words: what is drawn, drawn again, and kept with which seed and latents."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from adstudio.engine.drawing.sampling import Samples
from adstudio.prompt import processor
from adstudio.run.local.drawing import draw_pictures
from adstudio.text.faces.fonts import find_font
from adstudio.types import Array

TEXT = "a cup of coffee on a table"


def page(text: str) -> Array:
    image = Image.new("RGB", (512, 512), (196, 170, 140))
    face = find_font()
    font = ImageFont.truetype(str(face.path), 56, index=face.index)
    ImageDraw.Draw(image).text((120, 200), text, fill=(60, 40, 30), font=font)
    return np.asarray(image, np.float32) / np.float32(255)


class Engine:
    """Writes on every picture whose words are in ``lettered``."""

    def __init__(self, lettered: tuple[str, ...]) -> None:
        self.lettered = lettered
        self.calls: list[tuple[list[str], int]] = []

    def draw(self, words: list[str], first: int) -> Samples:
        self.calls.append((words, first))
        number = float(len(self.calls))
        images = tuple(page("오늘의 커피" if said in self.lettered else "") for said in words)
        seeds = tuple(7 + first + index for index in range(len(words)))
        return Samples(images, seeds, 8, (512, 512), torch.full((len(words), 1, 2, 2), number), notes=("note",))


def test_without_a_look_everything_is_drawn_once():
    engine = Engine((TEXT,))
    drawn = draw_pictures(engine.draw, [TEXT] * 2)
    assert engine.calls == [([TEXT, TEXT], 0)]
    assert (drawn.words, drawn.seeds, drawn.notes) == ((TEXT, TEXT), (7, 8), ("note",))
    assert torch.cat(drawn.latents).shape == (2, 1, 2, 2)


def test_report_says_what_it_sees_and_draws_nothing_more():
    engine = Engine((TEXT,))
    drawn = draw_pictures(engine.draw, ["a bare table", TEXT], "report")
    assert len(engine.calls) == 1
    assert any("2번째" in note for note in drawn.notes)


def test_redraw_words_only_the_lettered_one_anew_and_keeps_its_seed_and_latents():
    engine = Engine((TEXT,))
    drawn = draw_pictures(engine.draw, ["a bare table", TEXT], "redraw")
    (_, (again, first)) = engine.calls
    assert first == 1
    assert again[0].startswith(TEXT) and again[0] != TEXT
    assert drawn.words == ("a bare table", again[0])
    assert drawn.seeds == (7, 8)
    assert [float(cells.mean()) for cells in drawn.latents] == [1.0, 2.0]
    assert any("다시 그렸어요 (1회)" in note for note in drawn.notes)


def test_a_written_prompt_is_worded_anew_by_its_parts():
    prompt = processor.write("카페 딸기라떼", provider="rules")
    engine = Engine((prompt.positive,))
    drawn = draw_pictures(engine.draw, [prompt], "redraw")
    assert drawn.words[0] != prompt.positive
    assert "strawberry latte" in drawn.words[0]
    assert "그림에 글자" in "".join(drawn.notes)


@pytest.mark.parametrize("attempts", [2])
def test_redrawing_ends(attempts: int):
    class Stubborn(Engine):
        def draw(self, words: list[str], first: int) -> Samples:
            self.lettered = tuple(words)
            return super().draw(words, first)

    engine = Stubborn(())
    drawn = draw_pictures(engine.draw, [TEXT], "redraw")
    assert len(engine.calls) == 1 + attempts
    assert any("남아" in note for note in drawn.notes)
