"""Copy in four tones over all industries: sound, varied, repeatable, within limits, and nothing made up."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstudio import errors
from adstudio.particles import PAIRS
from adstudio.prompt import processor
from adstudio.prompt.copy.contact_facts import read_contact
from adstudio.prompt.copy.facts import find_inventions
from adstudio.prompt.copy.lines import TONES, copy_lines, fill, find_tone
from adstudio.prompt.copy_limits import channel_choices, find_excess, get_limits
from adstudio.prompt.industries import industries
from adstudio.prompt.seasons import seasons

TIGHT = ("kakao_search_recommended", "kakao_search_custom", "kakao_message_wide", "instagram_feed")
KINDS = ("headline", "alone", "sub", "hook")
PRODUCTS = ("라떼", "소금빵", "flat white", "비건 밤 타르트", "MZ 세트", "쿠키 1+1", "다육이들", "")
BRIEFS = (
    "성수동 카페, 아인슈페너 신메뉴 5,500원 7월 10일부터",
    "동네 미용실 여름 염색 예약 010-1234-5678",
    "꽃집 오픈 이벤트",
    "추석 한과 선물세트 3만원부터",
    "갓 구운 소금빵",
    "강남역 3번 출구 정형외과 도수치료 평일 9:00~18:00",
    "flat white 사진",
    "캠핑 의자",
)


def parts(copy) -> list[str]:
    return [copy.headline, copy.sub, copy.call_to_action, copy.caption]


def test_every_industry_and_season_has_lines_in_every_tone() -> None:
    lines = copy_lines()
    missing = [
        (name, tone, kind)
        for table, names in ((lines.shops, industries()), (lines.seasons, seasons()))
        for name in names
        for tone in TONES
        for kind in KINDS
        if name not in table or not table[name].of(tone, kind)
    ]
    assert not missing
    assert all(row.of(tone, kind) for row in lines.actions for tone in TONES for kind in ("button", "line"))
    assert all(row.of(tone, kind) for row in lines.intents for tone in TONES for kind in ("headline", "sub", "what"))


def test_lines_are_written_once_and_promise_nothing() -> None:
    lines = copy_lines()
    for row in (*lines.shops.values(), *lines.seasons.values(), *lines.intents, *lines.actions):
        for (_, kind), rows in row.lines.items():
            assert len(set(rows)) == len(rows), (row.name, kind)
            for line in rows:
                text = line.replace("{w}", row.words[0] if row.words else "")
                assert not find_inventions(text, " ".join(row.words)), (row.name, line)
                assert line == line.strip()
                assert not re.search(r" [,.!?]|  |\.\.", line), line


def test_the_tones_sound_as_they_should() -> None:
    polite, friendly = re.compile(r"(니다|니까|시오|시길 바랍니다)[.!?]?$"), re.compile(r"(요|죠|손)[.!?]?$")
    for row in copy_lines().shops.values():
        assert all(polite.search(line) for line in (*row.of("polite", "sub"), *row.of("polite", "hook"))), row.name
        assert all(friendly.search(line) for line in row.of("friendly", "hook")), row.name
        for kind in KINDS:
            assert not [line for line in row.of("bold", kind) if re.search(r"(요|(?<!아)니다)[.!?]?$", line)], row.name


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("brief", BRIEFS)
def test_copy_is_whole_and_tells_only_what_the_brief_tells(brief: str, tone) -> None:
    copy = processor.write_copy(brief, tone=tone)
    assert all(parts(copy))
    assert not re.search(r"\{|\[", "".join(parts(copy)))
    assert len(set(parts(copy))) == 4
    lines = copy.caption.split("\n")
    assert 2 <= len(lines) <= 5
    assert len(set(lines)) == len(lines)
    assert lines[0] not in (copy.headline, copy.sub)
    assert 5 <= len(copy.hashtags) <= 15
    assert not [item for part in parts(copy) for item in find_inventions(part, brief)]
    assert copy == processor.write_copy(brief, tone=tone)


def test_tones_and_seeds_and_briefs_differ() -> None:
    for brief in BRIEFS:
        assert len({"|".join(parts(processor.write_copy(brief, tone=tone))) for tone in TONES}) == 4
        seeds = [processor.write_copy(brief, seed=seed) for seed in range(6)]
        assert len({copy.headline for copy in seeds}) >= 3, brief
        assert all("|".join(parts(a)) != "|".join(parts(b)) for a, b in pairwise(seeds))
    sames = {processor.write_copy(f"{place} 카페 라떼").caption for place in ("성수동", "연남동", "합정동", "망원동")}
    assert len(sames) == 4


def test_a_tone_may_be_named_in_korean_and_an_unknown_one_is_told() -> None:
    assert [find_tone(name) for name in ("정중", "친근", "감성", "강렬")] == list(TONES)
    with pytest.raises(errors.InputError, match="no tone 'angry'"):
        processor.write_copy("라떼", tone="angry")


@pytest.mark.parametrize(
    ("brief", "button"),
    [
        ("미용실 염색 예약", "예약|날짜"),
        ("반찬 배달 주문받아요", "주문|담아"),
        ("카센터 전화 주세요 02-123-4567", "전화"),
        ("네일 카톡 문의", "메시지|문의|톡"),
        ("수학 학원 수강생 모집", "신청|함께|등록"),
        ("빵집 오픈 놀러 오세요", "가기|매장|가게"),
    ],
)
def test_the_call_to_action_is_what_the_brief_asks_for(brief: str, button: str) -> None:
    for seed in range(3):
        assert re.search(button, processor.write_copy(brief, seed=seed).call_to_action)


def test_the_caption_repeats_the_facts_as_given() -> None:
    brief = "성수동 카페 라떼 5,500원 7월 10일부터, 11:00~21:00 월요일 휴무, 연무장길 12, 02-123-4567"
    caption = processor.write_copy(brief).caption
    for fact in ("라떼 5,500원", "7월 10일부터", "11:00~21:00", "월요일 휴무", "연무장길 12", "02-123-4567"):
        assert fact in caption


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("제주 감귤 5kg", ""),
        ("제주 카페 라떼", "제주"),
        ("강남역 3번 출구 앞 치과", "강남역 3번 출구 앞"),
        ("연무장길 12 2층 카페", "연무장길 12 2층"),
        ("오늘 특가로 9900원", ""),
        ("선착순으로 100명", ""),
    ],
)
def test_a_place_is_where_the_shop_is(body: str, place: str) -> None:
    assert read_contact(body).place == place


def test_hashtags_name_product_shop_and_place() -> None:
    tags = processor.write_copy("성수동 카페 딸기라떼 여름 신메뉴").hashtags
    assert {"#딸기라떼", "#성수동카페", "#여름", "#카페"} <= set(tags)
    assert len(processor.write_copy("성수동 카페 딸기라떼", channel="instagram_feed").hashtags) == 5


def test_every_line_takes_every_kind_of_name() -> None:
    wrong = re.compile(r"[가-힣A-Za-z0-9]\[|\{n\}|라떼은|라떼을|라떼이 |라떼과|소금빵는|소금빵를|소금빵가 |소금빵와")
    for row in copy_lines().shops.values():
        for (_, kind), rows in row.lines.items():
            for line in rows:
                for name in PRODUCTS[:-1]:
                    assert not wrong.search(fill(line, name)), (row.name, kind, line)


_WORDS = st.sampled_from(
    [
        *("카페", "라떼", "소금빵", "미용실", "염색", "오픈", "할인", "1+1", "9,900원", "50%", "7월 10일까지", "예약"),
        *("선물", "추석", "벚꽃", "성수동", "flat white", "“여름의 맛”", "010-1234-5678", "없이", "말고", "🍓"),
        *("3만원 이상", "한우", "꽃다발"),
    ]
)


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(
    brief=st.lists(_WORDS, min_size=1, max_size=9).map(" ".join),
    tone=st.sampled_from(TONES),
    channel=st.one_of(st.sampled_from(TIGHT), st.sampled_from(["", *sorted({*channel_choices()} - {"auto"})])),
    seed=st.integers(0, 2**31 - 1),
)
def test_any_brief_keeps_limits_facts_and_particles(brief: str, tone, channel: str, seed: int) -> None:
    try:
        copy = processor.write_copy(brief, tone=tone, channel=channel, seed=seed)
    except errors.InputError as error:
        assert error.code == "prompt.empty_brief"
        return
    if "“" not in brief:
        assert not find_excess(copy, get_limits(channel))
        assert not copy.notes
    assert copy.headline
    assert len(copy.hashtags) <= get_limits(channel).most("hashtags")
    known = re.findall(r"\d+", brief)
    assert all(figure in known for part in parts(copy) for figure in re.findall(r"\d+", part))
    assert not re.search(rf"\[(?:{'|'.join(PAIRS)})\]|\{{[nw]\}}", "".join(parts(copy)))
    assert not re.search(r"라떼(은|을|과) |소금빵(는|를|와) ", "".join(parts(copy)))
    assert copy == processor.write_copy(brief, tone=tone, channel=channel, seed=seed)


def test_lines_settle_their_particles() -> None:
    assert fill("새로 나온 {n}[을/를] 만나요", "소금빵") == "새로 나온 소금빵을 만나요"
    assert fill("{n}[과/와] {n}[이/가]", "커피") == "커피와 커피가"
