"""Fonts: found by any of their names, opened at the right weight, honest about what they cannot draw."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from adstudio.errors import InputError
from adstudio.text import fonts
from adstudio.text.fontfile import read_faces

SYLLABLES = "".join(map(chr, range(0xAC00, 0xD7A4)))
NANUM = Path("/usr/share/fonts/truetype/nanum")
needs_nanum = pytest.mark.skipif(not NANUM.is_dir(), reason="fonts-nanum is not installed (apt install fonts-nanum)")


def test_bundled_font_draws_all_11172_syllables():
    assert len(SYLLABLES) == 11_172
    assert fonts.missing_glyphs(SYLLABLES, fonts.find_font()) == []


def test_bundled_font_draws_the_signs_of_korean_ads():
    assert fonts.missing_glyphs("₩9,900 50% 1+1 ★♥→·…“”‘’「」①℃㎖™®©½×~ㅋㅠ※✓", fonts.find_font()) == []


def test_bundled_font_comes_first_and_with_its_licence():
    assert fonts.font_names()[0] == "Pretendard"
    licence = fonts.find_font().path.with_name("PretendardVariable-OFL.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in licence and "Reserved Font Name Pretendard" in licence


def test_missing_characters_are_named_and_not_drawn():
    with pytest.raises(InputError) as error:
        fonts.require_glyphs("커피 ☕ 漢 ☕", fonts.find_font())
    assert error.value.code == "text.missing_glyph"
    assert "'☕' (U+2615), '漢' (U+6F22)" in error.value.message
    assert error.value.message.count("☕") == 1


@needs_nanum
def test_missing_characters_come_with_a_font_that_has_them():
    with pytest.raises(InputError, match="choose the font Nanum"):
        fonts.require_glyphs("漢", fonts.find_font())


def test_spaces_and_newlines_need_no_glyph():
    fonts.require_glyphs("가 나\n다\u00a0라", fonts.find_font())


@pytest.mark.parametrize("name", ["pretendard", "Pretendard Variable", "프리텐다드", " PRETENDARD "])
def test_font_is_found_by_any_of_its_names(name: str):
    assert fonts.find_font(name) == fonts.find_font("Pretendard")


@needs_nanum
def test_system_family_gives_the_face_nearest_to_the_weight():
    assert fonts.find_font("나눔고딕", 800).path.name == "NanumGothicBold.ttf"
    assert fonts.find_font("Nanum Gothic", 300).path.name == "NanumGothic.ttf"


def test_unknown_font_says_what_there_is():
    with pytest.raises(InputError) as error:
        fonts.find_font("없는 글꼴")
    assert error.value.code == "text.unknown_font" and "Pretendard" in error.value.message


def test_heavier_weight_puts_more_ink():
    file = fonts.find_font()
    ink = [_ink(fonts.open_font(file, 80, weight)) for weight in (300, 500, 800)]
    assert ink[0] * 1.1 < ink[1] < ink[2] / 1.1


def test_weight_beyond_the_font_is_held_to_it():
    file = fonts.find_font()
    assert _ink(fonts.open_font(file, 80, 5000)) == _ink(fonts.open_font(file, 80, 930))


def test_layout_does_not_depend_on_the_systems_shaping_library():
    # The raqm engine kerns "AV" closer where libfribidi is installed; the basic one never does.
    font = fonts.open_font(fonts.find_font(), 100, 700)
    assert font.getlength("AV") == font.getlength("A") + font.getlength("V")


def test_font_file_can_be_given_by_its_path(tmp_path: Path):
    copy = tmp_path / "mine.woff2"
    shutil.copy(fonts.find_font().path, copy)
    found = fonts.find_font(str(copy), 700)
    assert found.path == copy and found.weights == (45, 930)


@pytest.mark.parametrize("name", ["broken.ttf", "broken.otf", "broken.woff2"])
def test_broken_font_file_is_an_input_error(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(b"\0\1\0\0" + b"\xff" * 40)
    with pytest.raises(InputError) as error:
        fonts.find_font(str(path))
    assert error.value.code == "text.unreadable_font"


def test_missing_font_file_is_an_input_error(tmp_path: Path):
    with pytest.raises(InputError, match="no font file"):
        fonts.find_font(str(tmp_path / "gone.ttf"))


@needs_nanum
def test_folder_of_the_user_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copy(NANUM / "NanumGothic.ttf", tmp_path / "a.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    monkeypatch.setenv("ADSTUDIO_FONTS", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    fonts._families.cache_clear()
    try:
        assert fonts.font_names() == ["Pretendard", "NanumGothic"]
    finally:
        fonts._families.cache_clear()


@needs_nanum
def test_face_tells_weight_and_hangul_without_being_opened():
    (face,) = read_faces(NANUM / "NanumSquareB.ttf")
    assert (face.family, face.weights, face.hangul, face.italic) == ("NanumSquare", (700, 700), True, False)


def _ink(font: object) -> int:
    canvas = Image.new("L", (200, 120))
    ImageDraw.Draw(canvas).text((10, 100), "한글", fill=255, font=font, anchor="ls")  # pyright: ignore
    return sum(i * n for i, n in enumerate(canvas.histogram()))
