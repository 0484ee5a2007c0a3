"""Fonts: found by any of their names, opened at the right weight, honest about what they cannot draw."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from adstudio.errors import InputError
from adstudio.text.faces import fonts
from adstudio.text.faces.coverage import font_for, missing_glyphs, require_glyphs
from adstudio.text.faces.fontfile import read_faces
from adstudio.text.faces.fontfolders import own_folders, search_in
from adstudio.text.faces.typeface import Typeface
from adstudio.text.lines.characters import normalise

SYLLABLES = "".join(map(chr, range(0xAC00, 0xD7A4)))
NANUM = Path("/usr/share/fonts/truetype/nanum")
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
needs_noto = pytest.mark.skipif(
    not NOTO.is_file(), reason="fonts-noto-cjk is not installed (apt install fonts-noto-cjk)"
)
SYMBOL_FONTS = [Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), Path(r"C:\Windows\Fonts\seguisym.ttf")]
needs_nanum = pytest.mark.skipif(not NANUM.is_dir(), reason="fonts-nanum is not installed (apt install fonts-nanum)")


def test_bundled_font_draws_all_11172_syllables():
    assert len(SYLLABLES) == 11_172
    assert missing_glyphs(SYLLABLES, fonts.find_font()) == []


def test_bundled_font_draws_the_signs_of_korean_ads():
    assert missing_glyphs("₩9,900 50% 1+1 ★♥→·…“”‘’「」①℃㎖™®©½×~ㅋㅠ※✓", fonts.find_font()) == []


def test_bundled_font_comes_first_and_with_its_licence():
    assert fonts.font_names()[0] == "Pretendard"
    licence = fonts.find_font().path.with_name("PretendardVariable-OFL.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in licence and "Reserved Font Name Pretendard" in licence


def test_kakaos_font_comes_along_with_its_licence_and_draws_the_words_of_ads():
    for weight, style in ((700, "Bold"), (400, "Regular")):
        face = fonts.find_font("Spoqa Han Sans", weight)
        common = "".join(bytes([row, cell]).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF))
        assert len(common) == 2350 and face.style == style and "스포카 한 산스" in face.aliases
        assert missing_glyphs(common + "₩9,900 -20% 1+1 ~·…“”‘’", face) == []
        assert missing_glyphs("뷁漢–", face) == ["漢", "–"], "a dash is no hyphen, though the font draws one for it"
        licence = face.path.with_name("SpoqaHanSans-OFL.txt").read_text(encoding="utf-8")
        assert "SIL Open Font License" in licence and "Reserved Font Name Spoqa Han Sans" in licence


def test_a_whole_font_of_the_user_goes_before_the_one_that_comes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path / "SpoqaHanSansBold.woff2"
    shutil.copy(fonts.find_font("Spoqa Han Sans", 700).path, own)
    monkeypatch.setenv("ADSTUDIO_FONTS", str(tmp_path))
    assert fonts.find_font("Spoqa Han Sans", 700).path == own
    assert [name for name in fonts.font_names() if "poqa" in name] == ["SpoqaHanSans"]


def test_missing_characters_are_named_and_not_drawn():
    with pytest.raises(InputError) as error:
        require_glyphs("커피 ☕ 漢 ☕", fonts.find_font())
    assert error.value.code == "text.missing_glyph"
    assert "'☕' (U+2615), '漢' (U+6F22)" in error.value.message
    assert error.value.message.count("☕") == 1


@needs_nanum
def test_missing_characters_come_with_a_font_that_has_them():
    with pytest.raises(InputError, match="name the font Nanum"):
        require_glyphs("漢", fonts.find_font())


def test_spaces_and_newlines_need_no_glyph():
    require_glyphs("가 나\n다\u00a0라", fonts.find_font())


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


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's on a machine without other fonts."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    monkeypatch.setenv("ADSTUDIO_FONTS", str(folder))
    for name in ("XDG_DATA_DIRS", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    return folder


def test_font_of_the_user_is_seen_as_soon_as_it_is_there(own: Path):
    (own / "broken.ttf").write_bytes(b"no font")
    assert fonts.font_names() == ["Pretendard", "Spoqa Han Sans"]
    shutil.copy(fonts.find_font().path, own / "mine.woff2")
    assert fonts.font_names() == ["Pretendard", "Pretendard Variable", "Spoqa Han Sans"]
    (own / "mine.woff2").unlink()
    assert fonts.font_names() == ["Pretendard", "Spoqa Han Sans"]
    latin_font(own / "broken.ttf")  # the copy that was under way is done
    assert fonts.font_names() == ["Pretendard", "Aileron", "Spoqa Han Sans"]


def test_further_folders_come_after_those_that_are_named(own: Path, tmp_path: Path):
    search_in([tmp_path / "models", own, tmp_path / "models"])
    assert own_folders() == [own, tmp_path / "models"]
    before = fonts.fonts_stamp()
    latin_font(tmp_path / "models" / "Aileron.ttf")
    assert fonts.font_names() == ["Pretendard", "Aileron", "Spoqa Han Sans"] and fonts.fonts_stamp() != before


def test_latin_font_of_the_user_can_be_chosen_by_family_or_file(own: Path):
    latin_font(own / "deep" / "Aileron.ttf")
    assert fonts.font_names() == ["Pretendard", "Aileron", "Spoqa Han Sans"]
    assert fonts.find_font("aileron") == fonts.find_font("Aileron.TTF")
    assert not fonts.find_font("Aileron").hangul


def test_compressed_font_of_the_user_is_read_through_freetype(own: Path):
    latin_font(own / "Aileron.ttf")
    (own / "web.woff").write_bytes(woff((own / "Aileron.ttf").read_bytes()))
    (own / "Aileron.ttf").unlink()
    found = fonts.find_font("Aileron", 700)
    assert (found.path.name, found.weights, found.hangul) == ("web.woff", (400, 400), False)
    assert _ink(fonts.open_font(found, 60), "ab") > 0


def test_font_of_pictures_is_refused_and_left_out(own: Path):
    latin_font(own / "outlines.ttf")
    pictures = own / "pictures.ttf"
    pictures.write_bytes((own / "outlines.ttf").read_bytes().replace(b"glyf", b"CBDT", 1))
    (own / "outlines.ttf").unlink()
    assert fonts.font_names() == ["Pretendard", "Spoqa Han Sans"]
    with pytest.raises(InputError, match="pictures instead of outlines"):
        fonts.find_font(str(pictures))


def test_each_character_is_drawn_by_the_first_font_of_the_chain_that_has_it(own: Path):
    latin_font(own / "Aileron.ttf")
    chain = fonts.find_fonts("Aileron", ("Pretendard", "Aileron"))
    assert [file.family for file in chain] == ["Aileron", "Pretendard"]
    drawn = {part: file.family for part in "aZ가9" if (file := font_for(part, chain))}
    assert drawn == {"a": "Aileron", "Z": "Aileron", "가": "Pretendard", "9": "Aileron"}
    with pytest.raises(InputError, match=r"None of the fonts Aileron, Pretendard has a drawing for '漢' \(U\+6F22\)"):
        require_glyphs("가a漢", *chain)


def test_fonts_of_a_chain_stand_on_one_baseline(own: Path):
    latin_font(own / "Aileron.ttf")
    mixed, alone = (Typeface(fonts.find_fonts(*names), 400) for names in [("Aileron", ["Pretendard"]), ("Pretendard",)])
    assert mixed.glyph("H").bottom == alone.glyph("H").bottom == 0
    assert mixed.glyph("한") == alone.glyph("한")
    assert mixed.measure("H한") == pytest.approx(
        mixed.glyph("H").advance - mixed.glyph("H").left + mixed.glyph("한").right, abs=1e-6
    )


@needs_nanum
def test_collection_gives_every_face_by_its_own_number(own: Path):
    collection([NANUM / "NanumGothic.ttf", NANUM / "NanumGothicBold.ttf"], own / "both.ttc")
    assert [face.weights[0] for face in fonts.families_by_name()["NanumGothic"]] == [400, 600]
    bold = fonts.find_font("나눔고딕", 700)
    assert (bold.path.name, bold.index) == ("both.ttc", 1)
    assert _ink(fonts.open_font(bold, 80)) > 1.2 * _ink(fonts.open_font(fonts.find_font("나눔고딕", 400), 80))


@needs_noto
def test_noto_is_the_korean_face_of_its_collection():
    names = [name for name in fonts.font_names() if name.startswith("Noto Sans CJK")]
    assert names == ["Noto Sans CJK KR"]
    assert fonts.find_font("Noto Sans CJK KR", 700).index == 1
    assert fonts.find_font("Noto Sans CJK JP").family == "Noto Sans CJK JP"


@needs_noto
def test_old_hangul_is_refused_by_a_font_that_has_its_letters():
    noto = fonts.find_font("Noto Sans CJK KR")
    assert missing_glyphs("\u1112 \u119e", noto) == []
    assert missing_glyphs("\u1112\u119e", noto) == ["\u1112\u119e"]


def test_letters_of_the_keyboard_are_drawn():
    consonants_and_vowels = "".join(map(chr, range(0x3131, 0x3164)))
    usual = [
        ch
        for ch in consonants_and_vowels
        if ch in "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
    ]
    assert len(usual) == 40 and missing_glyphs("".join(usual), fonts.find_font()) == []


def test_no_syllable_is_drawn_blank_or_like_another():
    font = fonts.open_font(fonts.find_font(), 20, 700)
    shapes = {bytes(font.getmask(ch)) for ch in SYLLABLES}  # pyright: ignore
    assert len(shapes) > 11_100  # at 20 px a few of the rarest look the same


def test_emoji_is_drawn_where_a_font_of_the_chain_has_an_outline_for_it(own: Path):
    symbols = next((path for path in SYMBOL_FONTS if path.is_file()), None)
    if symbols is None:
        pytest.skip("no font with outlines of emoji is installed (apt install fonts-dejavu-core)")
    chain = (fonts.find_font(), fonts.find_font(str(symbols)))
    assert missing_glyphs("☎☕", chain[0]) == ["☎", "☕"]
    assert missing_glyphs("☎☕", *chain) == []


@pytest.mark.parametrize("joined", ["👨‍👩‍👧", "👍🏽", "🇰🇷", "ᄒᆞᆫ"])
def test_what_a_font_would_have_to_join_is_refused_whole(joined: str):
    with pytest.raises(InputError) as error:
        require_glyphs(normalise(f"가 {joined} 나"), fonts.find_font())
    assert f"'{joined}' (U+{ord(joined[0]):04X} U+" in error.value.message
    assert "joined of several" in error.value.hint


@needs_nanum
def test_face_tells_weight_and_hangul_without_being_opened():
    (face,) = read_faces(NANUM / "NanumSquareB.ttf")
    assert (face.family, face.weights, face.hangul, face.italic) == ("NanumSquare", (700, 700), True, False)


def latin_font(path: Path) -> None:
    """The font without Hangul that Pillow carries."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ImageFont.load_default(20).path.getvalue())  # pyright: ignore


def woff(font: bytes) -> bytes:
    """Pack a font file as WOFF."""
    count = int.from_bytes(font[4:6], "big")
    entries, data, at = b"", b"", 44 + 20 * count
    for i in range(count):
        tag, checksum, start, length = struct.unpack(">4s3I", font[12 + 16 * i : 28 + 16 * i])
        packed = min(zlib.compress(font[start : start + length]), font[start : start + length], key=len)
        entries += struct.pack(">4s4I", tag, at + len(data), len(packed), length, checksum)
        data += packed + bytes(-len(packed) % 4)
    total = at + len(data)
    return struct.pack(">4s4sIHHIHH5I", b"wOFF", font[:4], total, count, 0, len(font), 1, 0, *[0] * 5) + entries + data


def collection(parts: list[Path], path: Path) -> None:
    """Join font files as a collection, each with tables of its own."""
    blobs, at = [], 12 + 4 * len(parts)
    offsets = []
    for part in parts:
        blob = bytearray(part.read_bytes())
        for i in range(int.from_bytes(blob[4:6], "big")):
            place = slice(12 + 16 * i + 8, 12 + 16 * i + 12)
            blob[place] = (int.from_bytes(blob[place], "big") + at).to_bytes(4, "big")
        blob += bytes(-len(blob) % 4)
        offsets.append(at)
        blobs.append(blob)
        at += len(blob)
    header = b"ttcf\0\1\0\0" + len(parts).to_bytes(4, "big") + b"".join(n.to_bytes(4, "big") for n in offsets)
    path.write_bytes(header + b"".join(blobs))


def _ink(font: object, text: str = "한글") -> int:
    canvas = Image.new("L", (200, 120))
    ImageDraw.Draw(canvas).text((10, 100), text, fill=255, font=font, anchor="ls")  # pyright: ignore
    return sum(i * n for i, n in enumerate(canvas.histogram()))


@pytest.mark.parametrize("words", ["خصم 50%", "מבצע קיץ", "봄 عرض"])
def test_what_runs_from_right_to_left_is_refused_and_never_drawn_backwards(words: str):
    """Also where a font has the letters: without bidirectional layout they would stand in the wrong order, unjoined."""
    with_the_letters = [fonts.find_font(str(path)) for path in SYMBOL_FONTS if path.is_file()]
    with pytest.raises(InputError) as caught:
        require_glyphs(words, fonts.find_font(), *with_the_letters)
    assert caught.value.code == "text.right_to_left"
