"""A user's own word lists: they add and replace; a broken one is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.industries import get_industry, industry_choices
from adstudio.prompt.styles import get_style, style_choices


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_own_words_are_understood_at_once(user_folder: Path) -> None:
    assert "truffle fries" not in processor.write("송로버섯감튀 신메뉴").positive
    put(user_folder, "lexicon/own.yaml", "pizza:\n  송로버섯감튀: {en: truffle fries, colour: yellow}\n")
    prompt = processor.write("송로버섯감튀 신메뉴")
    assert "of truffle fries on" in prompt.positive
    assert (prompt.industry, prompt.scene.colour) == ("pizza", "yellow")


def test_own_words_replace_ours(user_folder: Path) -> None:
    put(user_folder, "lexicon/own.yaml", "cafe:\n  딸기라떼: {en: a bottle of strawberry latte, colour: red}\n")
    prompt = processor.write("딸기라떼")
    assert "a bottle of strawberry latte" in prompt.positive
    assert prompt.scene.colour == "red"


def test_own_industries_and_styles_join_the_menus(user_folder: Path) -> None:
    put(
        user_folder,
        "industries.yaml",
        "surf:\n  korean: 서핑샵\n  words: [서핑샵]\n  places: [seaside]\n  subject: a surfboard\n",
    )
    put(user_folder, "styles.yaml", "pastel:\n  phrase: soft pastel drawing\n  lora: my-pastel\n  weight: 0.8\n")
    assert "surf" in industry_choices()
    assert "pastel" in style_choices()
    prompt = processor.write("서핑샵 오픈", style="pastel")
    assert (prompt.industry, prompt.scene.place) == ("surf", "seaside")
    assert "a surfboard" in prompt.positive
    assert "soft pastel drawing" in prompt.positive


def test_a_folder_of_own_industries_replaces_ours_too(user_folder: Path) -> None:
    put(user_folder, "industries/food.yaml", "cafe: {korean: 우리 카페, words: [카페], subject: a teapot}\n")
    put(
        user_folder,
        "industries.yaml",
        "surf: {korean: 서핑샵, words: [서핑샵], subject: a surfboard, light: bright sea light}\n",
    )
    assert get_industry("카페").subject == "a teapot"
    assert {"surf", "bakery"} <= set(industry_choices())
    assert "bright sea light" in processor.write("서핑샵 오픈, 산뜻한 스튜디오").positive


def test_own_copy_lines(user_folder: Path) -> None:
    put(user_folder, "copy.yaml", 'shops:\n  cafe: {headline: ["{n}[이라면/라면] 우리 집"]}\n')
    copy = processor.write_copy("아메리카노")
    assert copy.headline == "아메리카노라면 우리 집"
    assert copy.sub  # ours stay where the user gives none


def test_an_own_style_brings_its_adapter_and_its_names(user_folder: Path) -> None:
    put(
        user_folder,
        "styles.yaml",
        "pastel:\n  korean: 파스텔 톤\n  aliases: [파스텔화, soft crayon]\n  phrase: soft pastel drawing\n"
        "  negative: photograph\n  lora: my-pastel\n  weight: 0.8\n  triggers: [pstl style, zx]\n",
    )
    style = get_style("pastel")
    assert (style.lora, style.weight, style.triggers) == ("my-pastel", 0.8, ("pstl style", "zx"))
    assert all(get_style(name) == style for name in ("파스텔 톤", "파스텔톤", "파스텔화", "Soft Crayon", "softcrayon"))
    # The words of an adapter go with the adapter: whether there is one is not known here.
    assert "pstl" not in processor.write("카페 오픈", style="pastel").positive


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: {phrase: soft}\nb:\n  phrase: soft\n  weight: heavy\n", 4),
        ("a: {phrase: soft}\n\nb:\n  phrase: soft\n  tirggers: [x]\n", 5),
        ("# mine\na:\n  korean: 가\n", 2),
        ("a:\n  phrase: soft\n  lora: x\n  weight: 9\n", 4),
        ("a:\n  phrase: soft\n  triggers: [zx]\n", 3),
        ("a:\n  phrase: soft\n  lora: x\n  triggers: zx\n", 4),
        (f"a:\n  phrase: soft\n  lora: x\n  triggers: [{'z' * 99}]\n", 4),
        ("a:\n  phrase: a neon sign\n", 2),
        ("a:\n  phrase: soft\n  opening: A poster of\n", 3),
        ("a:\n  phrase: soft\n  lens: sometimes\n", 3),
        ("a:\n  phrase: soft\n b: [\n", 3),
    ],
)
def test_a_broken_style_is_told_with_its_line(user_folder: Path, text: str, line: int) -> None:
    put(user_folder, "styles.yaml", text)
    with pytest.raises(errors.InputError) as caught:
        get_style("a")
    assert f"styles.yaml: line {line}: " in caught.value.message


def test_a_broken_word_is_told_with_its_line(user_folder: Path) -> None:
    put(user_folder, "lexicon/own.yaml", "cafe:\n  낱말: {en: a thing}\n  다른말: {en: a thing, color: red}\n")
    with pytest.raises(errors.InputError, match="line 3: '다른말' has the unknown field 'color'"):
        processor.write("카페 광고")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("lexicon/own.yaml", "cafe:\n  낱말: [", "line 3: this is not valid YAML"),
        ("lexicon/own.yaml", "- a\n- b\n", "named entries"),
        ("lexicon/own.yaml", "nowhere:\n  낱말: a thing\n", "'nowhere' is no industry"),
        ("lexicon/own.yaml", "cafe:\n  낱말: {en: a thing, color: red}\n", "did you mean 'colour'"),
        ("lexicon/own.yaml", "cafe:\n  낱말: {en: a thing, colour: mauve}\n", "pink, red"),
        ("lexicon/own.yaml", "cafe:\n  낱말: 딸기\n", "English"),
        ("lexicon/own.yaml", "cafe:\n  낱말: a neon sign\n", "lettering"),
        ("lexicon/own.yaml", "cafe:\n  낱말: 3\n", "fields"),
        ("industries.yaml", "surf: {words: [서핑]}\n", "lacks the field 'korean'"),
        ("industries.yaml", "surf: {korean: 서핑, places: [moon]}\n", "moon"),
        ("industries.yaml", "surf: {korean: 서핑, detail: one two three four five six seven}\n", "at most 6"),
        ("industries.yaml", "surf:\n  korean: 서핑\n  camera: a close-up of the sign\n", "line 3: 'surf' asks"),
        (
            "industries.yaml",
            "surf:\n  korean: 서핑\n  props:\n    - wax\n    - 왁스\n",
            "line 3: 'surf' should be described",
        ),
        ("industries.yaml", "surf:\n  korean: 서핑\n  taboos: no minors\n", "line 3: 'surf.taboos' should be a list"),
        (
            "industries.yaml",
            "surf:\n  korean: 서핑\n  channels: [nowhere at all]\n",
            "line 3: 'surf.channels' has 'nowhere at all'",
        ),
        ("industries/mine.yaml", "surf: {korean: 서핑, cameras: low}\n", "did you mean 'camera'"),
        ("styles.yaml", "pastel: {korean: 파스텔}\n", "lacks the field 'phrase'"),
        ("styles.yaml", "pastel: {phrase: soft, weight: heavy}\n", "number"),
        ("seasons.yaml", "monsoon: {korean: 장마, words: [장맛비], colour: mud}\n", "monsoon.colour"),
    ],
)
def test_a_broken_table_is_told_in_one_sentence(user_folder: Path, name: str, text: str, says: str) -> None:
    put(user_folder, name, text)
    with pytest.raises(errors.InputError) as caught:
        processor.write("카페 광고")
    assert caught.value.code == "prompt.bad_table"
    assert name in caught.value.message
    assert says in caught.value.message
    assert "\n" not in str(caught.value)


def test_a_broken_copy_table_is_told(user_folder: Path) -> None:
    put(user_folder, "copy.yaml", 'shops:\n  cafe: {headline: ["{n}[로/으로] 가자"]}\n')
    with pytest.raises(errors.InputError, match="particle"):
        processor.write_copy("아메리카노")


def test_bytes_that_are_no_utf8_are_told(user_folder: Path) -> None:
    (user_folder / "industries.yaml").write_bytes("카페: {}".encode("cp949"))
    with pytest.raises(errors.InputError, match="UTF-8"):
        processor.write("카페 광고")


def test_menus_survive_a_broken_table(user_folder: Path) -> None:
    put(user_folder, "industries.yaml", "cafe: [")
    put(user_folder, "styles.yaml", "\tanime: x")
    assert {"auto", "cafe"} <= set(industry_choices())
    assert "anime" in style_choices()


def test_a_mended_table_works_without_a_restart(user_folder: Path) -> None:
    put(user_folder, "lexicon/own.yaml", "cafe: [")
    with pytest.raises(errors.InputError):
        processor.write("카페 광고")
    put(user_folder, "lexicon/own.yaml", "cafe:\n  낱말차: a cup of word tea\n".replace("word", "leaf"))
    assert "leaf tea" in processor.write("낱말차").positive


def test_own_copy_lines_of_one_tone(user_folder: Path) -> None:
    put(user_folder, "copy.yaml", 'shops:\n  cafe: {bold: {headline: ["{n}, 출동"]}}\n')
    assert processor.write_copy("아메리카노", tone="bold").headline == "아메리카노, 출동"
    assert "출동" not in processor.write_copy("아메리카노").headline


def test_a_broken_tone_is_told(user_folder: Path) -> None:
    put(user_folder, "copy.yaml", 'shops:\n  cafe: {bold: {headlines: ["{n}, 출동"]}}\n')
    with pytest.raises(errors.InputError, match="unknown field 'headlines'"):
        processor.write_copy("아메리카노")
