"""The account of a brief's words: understood, copy, without a picture, unknown; and nothing claimed that is not so."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstudio.prompt import processor
from adstudio.prompt.reading.brief import read_brief
from adstudio.prompt.reading.directions import read_directions
from adstudio.prompt.reading.entries import entries
from adstudio.prompt.reading.keywords import Keywords, Unknown, read_keywords
from adstudio.prompt.reading.scan import scan
from adstudio.prompt.reading.words import read_words


def account(text: str) -> Keywords:
    brief = read_brief(text)
    return read_keywords(brief.body, scan(brief.body), brief.quotes)


def meanings(text: str) -> dict[str, tuple[str, str]]:
    return {word.korean: (word.axis, word.english) for word in account(text).understood}


@pytest.mark.parametrize(
    ("text", "word", "axis", "english"),
    [
        ("딸기라떼를 창가에", "딸기라떼", "product", "a glass of strawberry latte"),
        ("딸기라떼를 창가에", "창가", "place", "a wooden café table by a bright window"),
        ("벚꽃 시즌", "벚꽃", "season", "cherry blossom petals"),
        ("보라빛으로", "보라빛", "colour", "purple"),
        ("차분하게", "차분", "mood", "calm and gentle mood"),
        ("미용실 예약", "미용실", "industry", "hair"),
        ("뿌리염색 할인", "뿌리염색", "industry", "hair"),
        ("스웨이드 부츠", "스웨이드", "material", "soft suede"),
        ("역광으로", "역광으로", "light", "backlight"),
        ("클로즈업이요", "클로즈업", "camera", "close-up"),
        ("조개껍데기랑", "조개껍데기", "prop", "sea shells"),
        ("부모님께", "부모님", "audience", "parents"),
        ("crusty loaf", "crusty", "english", "crusty"),
    ],
)
def test_a_word_is_reported_with_what_it_became(text: str, word: str, axis: str, english: str) -> None:
    assert meanings(text)[word] == (axis, english)


def test_a_denied_word_is_understood_as_denied() -> None:
    assert {word.korean: word.denied for word in account("빨강 말고 파랑").understood} == {"빨강": True, "파랑": False}


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("라떼 4,500원", ["4,500원"]),
        ("라떼 만이천원", ["만이천원"]),
        ("매일 오전 11시부터", ["오전 11시부터"]),
        ("6월 30일까지 세일", ["6월", "30일까지"]),
        ("문의 010-1234-5678", ["010-1234-5678"]),
        ("예약 1588-0000", ["1588-0000"]),
        ("500ml 3병", ["500ml", "3병"]),
        ("20인치 캐리어", ["20인치"]),
        ("두마리 치킨", ["두마리"]),
        ("라떼 20% 할인", ["20%"]),
        ("빵집 since 1987", ["since 1987"]),
        ("@onggi_cafe 라떼", ["@onggi_cafe"]),
        ("www.onggi.kr 라떼", ["www.onggi.kr"]),
        ("#맞팔해요요 라떼", ["맞팔해요요"]),
        ("연남동 라떼", ["연남동"]),
        ("라떼 “봄을 마셔요”", ["봄을 마셔요"]),
    ],
)
def test_figures_addresses_and_quotes_are_copy(text: str, copy: list[str]) -> None:
    told = account(text)
    assert list(told.copy) == copy
    assert not told.unknown


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("카페 온기입니다", "온기"),
        ("꽃집 봄날의온도 튤립", "봄날의온도"),
        ("미용실 헤어모먼트 홍대점", "헤어모먼트"),
        ("폰닥터 강남점 액정수리", "폰닥터"),
        ("부산 칠암횟집 모듬회", "칠암횟집"),
        ("무무상회 캔들", "무무상회"),
        ("하얀치과 임플란트", "하얀치과"),
        ("행복공인중개사 아파트", "행복공인중개사"),
        ("LUNA 네일샵 예약", "LUNA"),
    ],
)
def test_names_of_shops_are_copy(text: str, name: str) -> None:
    told = account(text)
    assert told.names == (name,)
    assert name in told.copy
    assert name not in {word.korean for word in told.understood}


@pytest.mark.parametrize(
    "text",
    [
        "동네빵집",
        "카페 라떼",
        "카페 사진입니다",
        "카페 창가에서",
        "수제버거집",
        "우리동네 정육점",
        "운동화 빨래방",
        "맥주 전문점",
    ],
)
def test_ordinary_words_beside_a_shop_are_no_names(text: str) -> None:
    assert account(text).names == ()


def test_a_name_does_not_steer_the_scene() -> None:
    assert processor.write("빵집 온기입니다, 럭셔리하게").scene.mood == "luxury"
    plain = processor.write("꽃집 봄날의온도, 튤립")
    assert "spring" not in plain.positive
    assert plain.industry == "flowers"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("쿠르릉떡 신제품", [("쿠르릉떡", "kureureungtteok")]),  # 떡 is known, 쿠르릉떡 is not
        ("뾰로롱을 창가에", [("뾰로롱", "ppyororong")]),
        ("딸기뿅뿅 광고", [("딸기뿅뿅", "ttalgippyongppyong")]),
        ("딸기밥심", [("딸기밥심", "ttalgibapsim")]),
        ("컵라면용기", [("컵라면용기", "keomnamyeonyonggi")]),  # a look-alike is no known word
        ("zzyzx 라떼", [("zzyzx", "zzyzx")]),
    ],
)
def test_unknown_words_are_reported_as_they_sound(text: str, unknown: list[tuple[str, str]]) -> None:
    told = account(text)
    assert [(word.korean, word.latin) for word in told.unknown] == unknown
    for korean, _ in unknown:
        assert not any(word.korean in korean for word in told.understood)


def test_the_note_names_each_unknown_word_once() -> None:
    assert account("뾰로롱 그리고 뾰로롱은").note == "모르는 낱말: 뾰로롱 (ppyororong)"
    assert account("딸기라떼").note is None


def test_coverage_counts_content_words_alone() -> None:
    assert account("딸기라떼 뾰로롱 5,000원 주세요").coverage == 0.5
    assert account("광고 만들어 주세요").coverage == 1.0
    assert Keywords(unknown=(Unknown("가", "ga"),)).coverage == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "광고 사진 만들어 주세요",
        "예쁜 느낌으로 부탁드려요 ㅎㅎ",
        "맛있당께",
        "억수로 맛있습니더",
        "겁나 좋아유",
        "혼저옵서예",
        "허벌나게 좋쥬",
        "와보이소",
        "추천해용",
        "드셔보셔유",
        "무료배송 이벤트중 ㅋㅋㅋ",
        "마카다 오이소",
    ],
)
def test_requests_selling_and_dialect_show_nothing(text: str) -> None:
    told = account(text)
    assert not told.unknown
    assert {word.axis for word in told.understood} <= {"modifier"}
    assert told.function


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("달콤하고", "달콤하고"),
        ("시원한게", "시원한"),
        ("고급지게", "고급지게"),
        ("이쁘게", "이쁘게"),
        ("뽀짝한", "뽀짝한"),
        ("싱싱하다", "싱싱"),
        ("아늑했어요", "아늑"),
        ("포근해유", "포근"),
        ("차분합니더", "차분"),
    ],
)
def test_endings_hide_no_adjective(text: str, stem: str) -> None:
    told = account(text)
    assert not told.unknown
    assert [word.korean[:2] for word in told.understood] == [stem[:2]]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("떡뽁이", "떡볶이"),
        ("카푸치노", "카푸치노"),
        ("카프치노", "카푸치노"),
        ("아메리까노", "아메리카노"),
        ("육계장", "육개장"),
        ("김치찌게", "김치찌개"),
        ("돈까쓰", "돈가스"),
        ("케익", "케이크"),
        ("케잌", "케이크"),
        ("셰이크", "쉐이크"),
        ("모짜랠라", "모짜렐라"),
        ("샤인머스캗", "샤인머스캣"),
    ],
)
def test_frequent_typos_mean_the_word_that_they_sound_like(typed: str, meant: str) -> None:
    of_typed, of_meant = account(typed).understood, account(meant).understood
    assert [word.english for word in of_typed] == [word.english for word in of_meant] != []


@pytest.mark.parametrize("text", ["아메리칸", "김치찌", "육계", "가나다라마"])
def test_what_only_begins_alike_is_no_typo(text: str) -> None:
    assert not any(word.english.startswith(("a cup of americano", "a bowl")) for word in account(text).understood)


def test_no_word_stands_in_two_lists() -> None:
    """A word that can be drawn must not also be excused as showing nothing."""
    by_kind = {kind: {word for e in entries() if e.kind == kind for word in e.words} for kind in ("function", "plain")}
    drawn = {
        word for e in entries() if e.kind in ("product", "place", "colour", "material", "season") for word in e.words
    }
    assert not by_kind["function"] & drawn
    assert not by_kind["function"] & by_kind["plain"]


_WORDS = sorted({word for entry in entries() for word in entry.words})


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_WORDS), min_size=1, max_size=8).map(" ".join)))
def test_every_word_of_any_body_is_in_the_account(text: str) -> None:
    matches = scan(text)
    told = read_keywords(text, matches)
    assert 0 <= told.coverage <= 1
    assert not any(re.search("[가-힣]", word.latin) for word in told.unknown)
    understood = "".join(word.korean for word in told.understood).replace(" ", "")
    rest = "".join([*told.copy, *told.function, *(word.korean for word in told.unknown)])
    for word in read_words(text, matches):
        parts = [m.text.replace(" ", "") for m in word.matches]
        everywhere = understood + rest
        assert word.text in everywhere or word.stem in everywhere or any(part in everywhere for part in parts), word


def test_words_that_tell_a_side_are_understood() -> None:
    body = "왼쪽에서 드는 빛, 커피"
    assert [word.korean for word in read_keywords(body, scan(body)).unknown] == ["빛"]
    account = read_keywords(body, scan(body), directions=read_directions(body))
    assert not account.unknown
    assert ("빛", "light") in [(word.korean, word.axis) for word in account.understood]
    assert "모르는 낱말" not in " ".join(processor.write(body, provider="rules").notes)


@pytest.mark.parametrize(
    "brief",
    ["즐거운 추석 되세요 한과 선물세트", "대박나세요 개업 화환", "부자되세요 돼지고기", "좋은 시간 보내세요 와인바"],
)
def test_a_wish_is_no_unknown_word(brief: str) -> None:
    assert not read_keywords(brief, scan(brief)).unknown
