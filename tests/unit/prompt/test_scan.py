"""Finding words in Korean text: particles, spacing, look-alikes, denials."""

from __future__ import annotations

import pytest

from adstudio.prompt.reading.scan import scan


def found(text: str, *kinds: str, denied: bool = False) -> list[str]:
    return [e.value or m.text for m in scan(text) if m.denied == denied for e in m.entries if e.kind in kinds]


@pytest.mark.parametrize(
    "text",
    ["딸기라떼", "딸기 라떼", "딸기라떼를", "딸기라떼에서는요", "수제딸기라떼", "우리가게딸기라떼신메뉴", "딸기\n라떼"],
)
def test_spacing_and_particles_do_not_matter(text: str) -> None:
    assert "딸기라떼" in {"".join(m.text.split()) for m in scan(text) if m.of("product")}


@pytest.mark.parametrize(
    ("text", "kind", "absent"),
    [
        ("바삭하게 바로 배송", "industry", "bar"),
        ("자주 찾는 추천 메뉴", "colour", "purple"),
        ("햇살이 비치는 자리", "place", "seaside"),
        ("갈릭브레드", "colour", "red"),
        ("블루베리 잼", "colour", "blue"),
        ("그림을 그린다", "colour", "green"),
        ("마블링 좋은 한우", "place", "marble"),
        ("한국 수제 사진 주문", "industry", "jewelry"),
        ("이 불 켜진 자리", "industry", "furniture"),
        ("설탕 반죽", "industry", "korean_food"),
        ("커피 하시라면서요", "industry", "snack"),
        ("도전하는 하루", "industry", "korean_food"),
    ],
)
def test_a_word_inside_another_is_no_word(text: str, kind: str, absent: str) -> None:
    assert absent not in found(text, kind, "product")


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("빨강 말고 파랑", {"red"}),
        ("빨간색은 빼고 파란색으로", {"red"}),
        ("빨강이나 분홍은 말고 파랑", {"red", "pink"}),
        ("보라, 초록 말고 파랑", {"purple", "green"}),
        ("바다 느낌은 아니고 파랑", {"seaside", "blue"}),
        ("너무 어둡지 않게 파랑", {"luxury"}),
        ("안 매운 파랑", {"매운"}),
        ("핑크 배경 금지 파랑", {"pink"}),
    ],
)
def test_denied_words_are_marked_and_the_others_kept(text: str, denied: set[str]) -> None:
    kinds = ("colour", "place", "mood", "modifier")
    assert set(found(text, *kinds, denied=True)) == denied
    assert "blue" in found(text, *kinds)


def test_a_denial_after_a_comma_spares_the_product_before_it() -> None:
    assert found("딸기라떼, 빨강 말고 파랑", "product") == ["cafe"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("분홍 리본", "colour", "pink"),
        ("나무 쟁반에", "place", "wood"),
        ("따뜻한 조명", "mood", "cosy"),
        ("벚꽃 네일", "season", "cherry_blossom"),
    ],
)
def test_a_longer_word_keeps_what_its_beginning_says(text: str, kind: str, value: str) -> None:
    assert value in found(text, kind)


def test_a_word_does_not_begin_in_the_end_of_another() -> None:
    assert [m.text for m in scan("포근한 겨울") if m.of("season")] == ["겨울"]


def test_english_words_are_found_whole_only() -> None:
    assert found("on a marble table", "place") == ["marble"]
    assert found("marbled beef", "place") == []
