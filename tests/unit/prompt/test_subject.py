"""The English name of what the picture shows."""

from __future__ import annotations

import pytest

from adstudio.prompt.reading.noun_phrases import describe, wrap
from adstudio.prompt.reading.scan import scan
from adstudio.prompt.reading.subject import industry_votes, name_subject


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("딸기라떼", "a glass of strawberry latte"),
        ("수제 딸기 케이크", "a handmade strawberry cake"),
        ("아이스 아메리카노", "a cup of iced americano"),
        ("옥수수술빵", "steamed corn bread"),
        ("간장떡볶이", "a plate of soy tteokbokki"),
        ("빨간 장미 꽃다발", "a red rose flower bouquet"),
        ("복숭아가 들어간 케이크", "a peach cake"),
        ("마카롱 선물세트", "a gift set of colourful macarons"),
        ("아메리카노와 크루아상", "a cup of americano and a butter croissant"),
        ("치즈가 쭉 늘어나는 피자", "a freshly baked pizza"),
        ("도마 위에 소금빵", "salt bread rolls"),
        ("라벤더색 배경의 핸드크림", "a tube of hand cream"),
        ("포도는 싫고 복숭아로", "ripe peaches"),
        ("커피 말고 녹차", "a cup of green tea"),
        ("얼그레이 초록케이크", "a green Earl Grey cake"),
        ("iced latte 신메뉴", "iced latte"),
        ("ACME sale fresh bread on a table", "fresh bread"),
        ("poster with text HELLO", ""),
        ("ZARA 세일", ""),
        ("그냥 예쁘게", ""),
        ("딸기 듬뿍 올린 케이크", "a strawberry cake"),
        ("벌꿀 유리병", "a jar of honey"),
        ("카푸치노, 우드톤 테이블", "a cup of cappuccino"),
    ],
)
def test_subjects(text: str, english: str) -> None:
    assert name_subject(text, scan(text)).english == english


def test_the_copy_says_the_whole_word_whose_end_alone_is_known() -> None:
    subject = name_subject("새로 나온 쿠르릉떡", scan("새로 나온 쿠르릉떡"))
    assert (subject.english, subject.korean) == ("Korean rice cakes", "쿠르릉떡")


@pytest.mark.parametrize(
    ("text", "industry"),
    [
        ("숯불 민물장어 소금구이", "seafood"),  # how it is sold says less than what is sold
        ("캠핑 무쇠팬", "kitchen"),
        ("취미미술 물감 팔레트 붓 색연필", "academy"),  # a long list of things does not outvote the service
        ("뿌리염색 샴푸", "hair"),
    ],
)
def test_what_is_sold_and_what_is_done_weigh_against_each_other(text: str, industry: str) -> None:
    votes = industry_votes(text, scan(text))
    assert max(votes, key=lambda name: votes[name]) == industry


def test_a_subject_stays_short() -> None:
    text = "유기농 수제 딸기 바나나 블루베리 초콜릿 케이크 선물세트와 바닐라 라떼와 아메리카노"
    assert 1 <= len(name_subject(text, scan(text)).english.split()) <= 8


@pytest.mark.parametrize(
    ("head", "word", "phrase"),
    [
        ("a cup of latte", "iced", "a cup of iced latte"),
        ("a cake", "orange", "an orange cake"),
        ("an orange", "ripe", "a ripe orange"),
        ("a ~cake", "egg", "an egg ~cake"),
        ("a pair of shoes", "red", "a pair of red shoes"),
        ("roasted coffee beans", "coffee", "roasted coffee beans"),
    ],
)
def test_adjectives_go_before_the_noun(head: str, word: str, phrase: str) -> None:
    assert describe(head, word) == phrase


def test_wrapping_drops_the_article() -> None:
    assert wrap("a cake", "a gift set of {}") == "a gift set of cake"
