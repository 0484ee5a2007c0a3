"""Line breaking: Korean words stay whole, numbers keep their units, lines come out even."""

from __future__ import annotations

import unicodedata
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.text.lines.bonds import belong_together
from adstudio.text.lines.characters import graphemes, is_sequence, normalise
from adstudio.text.lines.linebreak import arrange, split_long_words, wrap


def width(text: str) -> float:
    return sum(0.25 if ch == " " else 0.86 if ord(ch) > 0x1100 else 0.55 for ch in text)


def lines_of(text: str, count: int) -> list[str]:
    return next(list(way.lines) for way in arrange(text, width, count) if len(way.lines) == count)


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("따뜻한 커피 한 잔의 여유", 2, ["따뜻한 커피", "한 잔의 여유"]),
        ("봄 한정 딸기 라떼 50% 할인", 3, ["봄 한정", "딸기 라떼", "50% 할인"]),
        ("신선한 재료로 만든 수제 버거 9,900 원", 3, ["신선한 재료로", "만든 수제 버거", "9,900 원"]),
        ("여름 신메뉴 1 + 1 오늘 하루만", 2, ["여름 신메뉴 1 + 1", "오늘 하루만"]),
        ("누구나 쉽게 만날 수 있는 행복", 2, ["누구나 쉽게", "만날 수 있는 행복"]),
        ("새로 만나는 커피", 2, ["새로 만나는", "커피"]),
        ("매일 아침 갓 구운 빵", 2, ["매일 아침", "갓 구운 빵"]),
        ("2만 원 이상 구매 시 무료 배송", 2, ["2만 원 이상", "구매 시 무료 배송"]),
        ("매일 오후 2시 갓 구운 식빵", 2, ["매일 오후 2시", "갓 구운 식빵"]),
        ("여름 신메뉴 출시 전 메뉴 할인", 2, ["여름 신메뉴 출시", "전 메뉴 할인"]),
        ("커피와 함께 즐기는 케이크 먹어 보세요", 3, ["커피와 함께", "즐기는 케이크", "먹어 보세요"]),
        ("오전 10시 30분 ~ 오후 9시 30분", 2, ["오전 10시 30분 ~", "오후 9시 30분"]),
        ("아메리카노 · 카페라떼 · 바닐라라떼", 2, ["아메리카노 ·", "카페라떼 · 바닐라라떼"]),
        ("매일 오전 8시, 빵이 나옵니다. 전 메뉴 포장 할인", 2, ["매일 오전 8시, 빵이 나옵니다.", "전 메뉴 포장 할인"]),
    ],
)
def test_breaks_where_a_korean_reader_pauses(text: str, count: int, expected: list[str]):
    assert lines_of(text, count) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("50%", "할인"),
        ("1", "+"),
        ("+", "1"),
        ("9,900", "원"),
        ("3", "개입"),
        ("300", "ml"),
        ("50", "%"),
        ("₩", "9,900"),
        ("3", "만"),
        ("다섯", "가지"),
        ("열", "개"),
        ("(02)", "123-4567"),
        ("02)", "123-4567"),
        ("☎", "02-123-4567"),
        ("Tel.", "02-123-4567"),
        ("T.", "02-123-4567"),
        ("No.", "1"),
        ("2026.", "3."),
        ("3.", "1.(일)"),
        ("한", "잔의"),
        ("할", "수"),
        ("수", "있는"),
        ("커피", "!"),
        ("(", "단"),
        ("커피", "와"),
        ("2만", "원"),
        ("이만", "원"),
        ("오후", "2시"),
        ("3개", "묶음"),
        ("9,900원", "특가"),
        ("최대", "50%"),
        ("단돈", "990원"),
        ("3월", "1일부터"),
        ("TEL", "02-123-4567"),
        ("전", "메뉴"),
    ],
)
def test_what_belongs_together_is_known(left: str, right: str):
    assert belong_together(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("따뜻한", "커피"),
        ("나옵니다.", "전"),
        ("오늘", "하루만"),
        ("50%", "커피"),
        ("50%", "도시락"),
        ("인천", "원조"),
        ("·", "라떼"),
    ],
)
def test_ordinary_neighbours_may_part(left: str, right: str):
    assert not belong_together(left, right)


def test_newlines_are_kept():
    assert lines_of("지금 주문하면 무료 배송\n오늘만 특가", 2) == ["지금 주문하면 무료 배송", "오늘만 특가"]
    assert wrap("가나\n\n다라", 10, width) == ["가나", "", "다라"]


def test_last_word_is_not_left_alone_where_it_can_be_helped():
    for way in arrange("오늘 하루만 드리는 특별한 커피 한 잔 더", width, 3)[1:]:
        assert len(way.lines[-1].split()) > 1


def test_lines_are_balanced():
    lines = wrap("갓 구운 빵을 매일 아침 만날 수 있는 동네 작은 빵집", 13.0, width)
    assert len(lines) == 2
    assert max(map(width, lines)) < 1.35 * min(map(width, lines))


def test_only_a_word_wider_than_the_line_is_cut():
    lines = wrap("초특급울트라슈퍼할인대축제 시작합니다", 6, width)
    assert lines[-1] == "시작합니다"
    assert "".join(lines[:-1]) == "초특급울트라슈퍼할인대축제"
    assert all(width(line) <= 6 for line in lines)


words = st.lists(
    st.text(alphabet=st.sampled_from("가나다라마바사아자차한글1250%,+원잔!.ab"), min_size=1, max_size=9),
    min_size=1,
    max_size=10,
)


@settings(max_examples=60)
@given(words, st.floats(1.0, 30.0))
def test_wrapping_loses_nothing_and_never_overflows(parts: list[str], limit: float):
    text = " ".join(parts)
    lines = wrap(text, limit, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= limit for line in lines)
    if max(map(width, parts)) <= limit:
        assert [word for line in lines for word in line.split()] == parts


def test_no_break_space_joins_two_words():
    assert [way.lines for way in arrange("새\u00a0봄 커피", width, 3)] == [("새\u00a0봄 커피",), ("새\u00a0봄", "커피")]


@pytest.mark.parametrize(
    ("word", "limit", "expected"),
    [
        ("아메리카노/카페라떼/바닐라라떼", 6.0, ["아메리카노/", "카페라떼/", "바닐라라떼"]),
        ("신메뉴12,900원특가할인", 5.0, ["신메뉴", "12,900원", "특가할인"]),
        ("“한정판매”입니다", 4.0, ["“한정", "판매”", "입니다"]),
    ],
)
def test_long_word_is_cut_where_it_hurts_least(word: str, limit: float, expected: list[str]):
    assert split_long_words(word, limit, width).split() == expected


plain_words = st.lists(st.text(alphabet="가나다라마바사", min_size=3, max_size=7), min_size=2, max_size=7)


def partitions(parts: list[str], count: int) -> list[list[str]]:
    return [
        [" ".join(parts[i:j]) for i, j in pairwise([0, *cuts, len(parts)])]
        for cuts in combinations(range(1, len(parts)), count - 1)
    ]


@settings(max_examples=40)
@given(words, st.sampled_from([0.0, 1.0]))
def test_every_way_holds_all_words_in_order(parts: list[str], care: float):
    ways = arrange(" ".join(parts), width, 20, care=care)
    assert [len(way.lines) for way in ways] == list(range(1, len(parts) + 1))
    assert all([word for line in way.lines for word in line.split()] == parts for way in ways)
    assert all(way.width == max(map(width, way.lines)) for way in ways)


@settings(max_examples=40)
@given(words)
def test_narrowest_lines_are_the_narrowest_there_are(parts: list[str]):
    for way in arrange(" ".join(parts), width, 5, care=0.0):
        narrowest = min(max(map(width, lines)) for lines in partitions(parts, len(way.lines)))
        assert way.width == pytest.approx(narrowest)


def test_narrowest_lines_may_be_less_even():
    text = " ".join("가" * count for count in (3, 3, 2, 3, 5, 4))
    careful, narrow = (arrange(text, width, 3, care=care)[2].width for care in (1.0, 0.0))
    assert narrow < careful - 0.3


@settings(max_examples=40)
@given(plain_words)
def test_lines_of_words_without_bonds_are_balanced(parts: list[str]):
    for way in arrange(" ".join(parts), width, 7):
        narrowest = min(max(map(width, lines)) for lines in partitions(parts, len(way.lines)))
        # Dearer than the narrowest by no more than a company for each word that would stand alone: 2 a line.
        assert way.width <= (3 * len(way.lines)) ** 0.25 * narrowest


@settings(max_examples=40)
@given(words, st.floats(5.0, 30.0))
def test_wrapping_takes_the_fewest_lines(parts: list[str], limit: float):
    if max(map(width, parts)) > limit:
        return
    greedy, line = 1, ""
    for part in parts:
        line, fits = f"{line} {part}".strip(), width(f"{line} {part}".strip()) <= limit
        if not fits:
            greedy, line = greedy + 1, part
    assert len(wrap(" ".join(parts), limit, width)) == greedy


def test_a_family_of_emoji_is_one_character():
    assert graphemes("a👨‍👩‍👧👍🏽e\u0301") == ["a", "👨‍👩‍👧", "👍🏽", "e\u0301"]


def test_decomposed_hangul_is_composed():
    assert normalise("\u1112\u1161\u11ab\u1100\u1173\u11af") == "한글"
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    for at in range(0, len(syllables), 400):
        part = syllables[at : at + 400]
        assert normalise(unicodedata.normalize("NFD", part)) == part


def test_jamo_that_found_no_syllable_becomes_the_letter_of_the_keyboard():
    assert normalise("\u110f\u110f \u1112\u1112 \u1161 \u11ab \u11aa") == "ㅋㅋ ㅎㅎ ㅏ ㄴ ㄳ"
    assert normalise("\u1112\u119e\u11ab") == "\u1112\u119e\u11ab"  # old Hangul has no other form


@pytest.mark.parametrize(
    ("grapheme", "joined"),
    [("👍🏽", True), ("🇰🇷", True), ("👨‍👩‍👧", True), ("ᄒᆞᆫ", True), ("e\u0301", False), ("한", False)],
)
def test_what_is_joined_of_several_is_known(grapheme: str, joined: bool):
    assert graphemes(grapheme) == [grapheme] and is_sequence(grapheme) == joined


def test_flags_are_one_character_each():
    assert graphemes("🇰🇷🇯🇵") == ["🇰🇷", "🇯🇵"]


def test_invisible_marks_and_line_ends_are_brought_in_order():
    assert normalise(" 가\u200b나\ufe0f\r\n다\u2028라\t마 \x07\n") == "가나\n다\n라 마"
    assert normalise("\u200d \n 가 \u200d\u200d나\u200d\n다") == "가 나\n다"  # what joins nothing is no letter
    assert normalise("👨\u200d👩") == "👨\u200d👩"


def test_a_novel_is_refused():
    with pytest.raises(InputError) as error:
        normalise("가" * 10_000)
    assert error.value.code == "text.too_long"
