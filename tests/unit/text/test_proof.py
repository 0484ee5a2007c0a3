"""What an editor is told of the lettering is what the drawing does."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import ImageFont

from adstudio.text.faces import fonts, webfont
from adstudio.text.lettering import set_copy
from adstudio.text.proof import set_blocks
from adstudio.types import Box, LayoutPlan, TextBlock, TextStyle

SUB = TextBlock("sub", "가을 한정 메뉴 50% 할인", Box(0.06, 0.4, 0.8, 0.5))
HEADLINE = TextBlock("headline", "따뜻한 커피 한 잔의 여유", Box(0.06, 0.06, 0.8, 0.36), "left")
CROWDED = TextBlock("note", "좁은 곳에 들어가지 않는 긴 문구", Box(0.06, 0.9, 0.1, 0.92))
SQUARE = (1000, 1000)


def test_lines_are_those_of_the_drawing_in_the_order_asked():
    told = set_blocks((SUB, HEADLINE), TextStyle(), SQUARE)
    drawn = {s.block.role: s for s in set_copy(LayoutPlan((SUB, HEADLINE)), TextStyle(), SQUARE)}
    for answer, role in zip(told, ("sub", "headline"), strict=True):
        assert tuple(line.text for line in answer.lines) == drawn[role].lines
        assert tuple((line.x_px, line.y_px) for line in answer.lines) == tuple(
            zip(drawn[role].starts, drawn[role].baselines, strict=True)
        )
        assert answer.size_px == drawn[role].size


@pytest.mark.parametrize("was", ["", "12,900원"])
def test_a_price_set_in_several_sizes_is_told_whole(was: str):
    price = TextBlock("price", "9,900원", Box(0.1, 0.4, 0.9, 0.6), was=was)
    (told,) = set_blocks((price,), TextStyle(), SQUARE)
    drawn = set_copy(LayoutPlan((price,)), TextStyle(), SQUARE)
    assert [line.text for line in told.lines] == [each for setting in drawn for each in setting.lines]
    assert told.ink[0] == min(setting.ink[0] for setting in drawn)
    assert told.ink[2] == max(setting.ink[2] for setting in drawn)
    assert [line.size_px for line in told.lines] == [setting.size for setting in drawn]
    assert told.size_px == max(setting.size for setting in drawn)


def test_what_does_not_fit_leaves_the_rest_set():
    sub, crowded, headline = set_blocks((SUB, CROWDED, HEADLINE), TextStyle(), SQUARE)
    assert crowded.code == "text.does_not_fit" and not crowded.lines
    assert sub.lines and headline.lines
    assert (sub, headline) == set_blocks((SUB, HEADLINE), TextStyle(), SQUARE)


def test_a_block_without_words_has_no_lines():
    assert set_blocks((TextBlock("note", "  ", Box(0, 0, 1, 1)),), TextStyle(), SQUARE)[0].lines == ()


def test_lines_follow_the_users_roles_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    before = set_blocks((SUB, HEADLINE), TextStyle(), SQUARE)
    roles = tmp_path / "roles.yaml"
    roles.write_text("sub: {share: 0.2, weight: light}", encoding="utf-8")
    sub, headline = set_blocks((SUB, HEADLINE), TextStyle(), SQUARE)
    assert sub.weight == 300 and sub.size_px == pytest.approx(0.2 * headline.size_px)
    roles.unlink()
    assert set_blocks((SUB, HEADLINE), TextStyle(), SQUARE) == before


def test_lines_follow_the_users_fonts_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADSTUDIO_FONTS", str(tmp_path))
    bundled = fonts.find_font().path
    style = TextStyle(font=f"own{bundled.suffix}")
    assert set_blocks((SUB,), style, SQUARE)[0].code == "text.unknown_font"
    (tmp_path / style.font).write_bytes(bundled.read_bytes())
    assert set_blocks((SUB,), style, SQUARE)[0].lines


@pytest.mark.parametrize("family", fonts.font_names()[:8])
def test_a_browser_gets_the_face_that_draws(family: str):
    face = webfont.web_face(family, 700)
    assert face is not None
    content, kind = face
    file = fonts.find_font(family, 700)
    alone = ImageFont.truetype(io.BytesIO(content), 64, layout_engine=ImageFont.Layout.BASIC)
    ours = ImageFont.truetype(str(file.path), 64, index=file.index, layout_engine=ImageFont.Layout.BASIC)
    assert alone.getname() == ours.getname()
    assert bytes(alone.getmask("한글 세일")) == bytes(ours.getmask("한글 세일"))
    assert kind.startswith("font/")


@pytest.mark.parametrize("name", ["/etc/passwd", "../PretendardVariable.woff2", "", "없는 글꼴"])
def test_no_file_is_had_by_its_path(name: str):
    assert webfont.web_face(name, 400) is None


def test_the_path_of_a_real_font_is_no_name_either():
    assert webfont.web_face(str(fonts.find_font().path), 400) is None


def test_an_upright_line_is_told_cell_by_cell_as_plain_data():
    (answer,) = set_blocks(
        (TextBlock("headline", "밤라떼", Box(0.8, 0.1, 0.95, 0.9), vertical=True),), TextStyle(), SQUARE
    )
    told = asdict(answer)["lines"]
    assert [line["text"] for line in told] == ["밤", "라", "떼"]
    assert sorted(line["y_px"] for line in told) == [line["y_px"] for line in told]
