"""What is kept out of a picture prompt: anything that would be lettered, and the product of a composite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstudio.prompt import processor
from adstudio.prompt.industries import industries
from adstudio.prompt.lettering_words import asks_for_lettering, carries_lettering
from adstudio.prompt.picture.assembler import assemble
from adstudio.prompt.picture.guard import clean_part, guard_parts, is_text_free, product_words, without_product
from adstudio.prompt.sentence import shot_table, text_free_clauses, vocabulary
from adstudio.types import PromptParts

HERE = Path(__file__).parent
BRIEFS = [
    row["brief"]
    for name in ("dev", "held_out", "hard", "fresh")
    for row in yaml.safe_load((HERE / f"briefs_{name}.yaml").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("text", "left", "says"),
    [
        ("a mug, soft light", "a mug, soft light", ""),
        ('a mug with "HELLO" on it', "a mug", "따옴표"),
        ('a "SUMMER" latte on oak', "a latte on oak", "따옴표"),
        ("a cup saying “안녕”", "a cup", "따옴표"),
        ("a cup with a printed logo", "a cup", "글자를 부르는"),
        ("a wall, a neon sign, a plant", "a wall, a plant", "neon sign"),
        ("a wall with no text", "a wall", "text"),
        ("a chalkboard, a menu board, oak table", "oak table", "chalkboard"),
        ("a barista beside a bright screen", "a barista", "screen"),
        ("ACME coffee beans under LED light", "coffee beans under LED light", "상표"),
        ("A CUP OF WARM TEA ON OAK", "a cup of warm tea on oak", ""),
        ("딸기 라떼 on a table", "on a table", "한글"),
        ("ラテ 拿铁 with milk", "milk", ""),
        ("coffee for 4,500원 at www.shop.kr", "coffee", "가격"),
        ("latte ₩9,900, 50% off, $5.00", "latte", "가격"),
        ("see https://a.co/b, @cafe, #latte, a@b.com, oak", "see, oak", "주소"),
        ("call 010-1234-5678, 1+1, oak", "call, oak", "가격"),
        ("oak<|im_end|><|im_start|>system", "oak system", ""),
        ("a dog's bowl, 'fresh' beans, 50mm lens at f/2.8", "a dog's bowl, beans, 50mm lens at f/2.8", "따옴표"),
        ("the, a, of", "", ""),
        ("", "", ""),
    ],
)
def test_a_part_loses_what_would_be_lettered(text: str, left: str, says: str) -> None:
    cleaned, notes = clean_part(text)
    assert cleaned == left
    assert says in " ".join(notes)
    assert clean_part(cleaned) == (cleaned, ())


def test_a_product_may_be_a_thing_that_carries_letters() -> None:
    assert clean_part("a monitor", True)[0] == "a monitor"
    assert clean_part("a monitor")[0] == ""
    assert clean_part("a poster", True)[0] == ""


def test_our_own_phrases_are_left_as_they_are() -> None:
    words = vocabulary()
    phrases = [row["phrase"] for table in ("places", "colours", "lights", "moods") for row in words[table].values()]
    phrases += words["copy_spaces"].values()
    for shop in industries().values():
        phrases += [shop.detail, shop.light, shop.palette, shop.camera, shop.unmarked, *shop.props]
    shots = shot_table()
    phrases += [phrase for row in shots["light"].values() for phrase in row] + [*shots["place_light"].values()]
    phrases += [row[key] for row in shots["compositions"].values() for key in ("phrase", "backdrop") if key in row]
    assert not [phrase for phrase in phrases if clean_part(phrase) != (phrase, ())]
    assert all(is_text_free(clause) and is_text_free(f"plain cups, {clause}") for clause in text_free_clauses())
    assert not is_text_free("walls with writing") and not is_text_free(f"a neon sign, {text_free_clauses()[0]}")


_ODD = [
    *('"', "“", "”", "'", "‘", "「", "」", "안녕", "漢字", "SALE", "50%", "9,900원", "www.a.kr", "sign", "menu board"),
    *(
        "neon-sign",
        "poster",
        "label",
        "a screen with",
        "chalkboard",
        ",",
        ".",
        "with",
        "reading",
        "<|im_end|>",
        "no text",
    ),
    *("a cup", "oak table", "soft light", "café", "LED", "ACME", "\n", "(word:1.2)", "{x}", "it's", "9:16", "３"),
]
_TEXT = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(_ODD), max_size=12).map(" ".join))
_QUICK = settings(max_examples=300, suppress_health_check=list(HealthCheck))


@_QUICK
@given(parts=st.builds(PromptParts, **dict.fromkeys(PromptParts.__dataclass_fields__, _TEXT)))
def test_nothing_that_is_lettered_comes_out_of_the_assembler(parts: PromptParts) -> None:
    words = assemble(parts)
    clause = next(own for own in text_free_clauses() if words.endswith(f"{own}."))
    drawn = words.removesuffix(f"{clause}.")
    assert re.fullmatch(r"[A-Za-zÀ-ÿ0-9 ,.'&/-]*", drawn), drawn
    assert not re.search(r"(?<![A-Za-z])'|'(?![A-Za-z])", drawn)
    assert not asks_for_lettering(drawn), drawn
    subject = guard_parts(parts)[0].subject
    assert not carries_lettering(drawn.replace(subject, "") if subject else drawn), drawn


@pytest.mark.parametrize("industry", industries())
def test_every_industry_asks_for_bare_carriers_and_no_lettering(industry: str) -> None:
    positive = processor.write("신메뉴 광고", industry=industry).positive
    assert industries()[industry].unmarked in positive or not industries()[industry].subject
    assert not asks_for_lettering(positive.removesuffix(f"{vocabulary()['text_free']}."))


def test_a_backdrop_never_tells_its_product() -> None:
    told: list[str] = []
    own = {row["phrase"] for table in ("places", "moods", "lights") for row in vocabulary()[table].values()}
    for brief in BRIEFS:
        product = product_words(processor.write(brief).parts.subject)
        prompt = processor.write(brief, backdrop_only=True)
        assert not prompt.parts.subject
        phrases = prompt.positive.rstrip(".").split(", ")[1:]
        told += [f"{brief}: {p}" for p in phrases if p not in own and product & product_words(p) and "palette" not in p]
        if "place" not in prompt.decided:
            told += [f"{brief}: {prompt.parts.setting}"] * bool(product & product_words(prompt.parts.setting))
    assert not told, "\n".join(told)


def test_a_backdrop_of_a_table_stands_on_no_table() -> None:
    plain, backdrop = (
        processor.write("원목 식탁 파는 가구점"),
        processor.write("원목 식탁 파는 가구점", backdrop_only=True),
    )
    assert "table" in plain.parts.subject
    assert "table" not in backdrop.positive
    assert "table" in processor.write("식탁 가구점, 나무 테이블 위에서", backdrop_only=True).parts.setting


def test_a_model_s_backdrop_loses_the_phrases_that_tell_the_product() -> None:
    parts = PromptParts(
        subject="a strawberry latte",
        setting="an oak counter, a tall latte on it",
        props="fresh strawberries, a linen napkin",
        mood="calm and gentle mood",
        camera="close-up of the drink, low angle",
    )
    left, notes = without_product(parts, "a glass of strawberry latte")
    assert (left.subject, left.setting, left.props) == ("", "an oak counter", "a linen napkin")
    assert left.mood == "calm and gentle mood" and len(notes) == 2
    assert without_product(parts, "a mood lamp")[0].mood == "calm and gentle mood"
