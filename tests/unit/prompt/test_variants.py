"""Variants of one ad: really different, the same every time, and true to the brief. And other words after lettering."""

from __future__ import annotations

import asyncio

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.lettering_words import asks_for_lettering
from adstudio.prompt.picture.rewording import reword
from adstudio.prompt.picture.variants import distinctness, plan_variants
from adstudio.prompt.providers.rules import compose
from adstudio.prompt.sentence import shot_table, text_free_clauses, vocabulary
from adstudio.types import PromptRequest

BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"


def test_the_first_is_the_usual_one_and_all_are_the_same_every_time() -> None:
    variants = processor.write_variants(BRIEF, 4)
    assert variants[0] == processor.write(BRIEF)
    assert variants == processor.write_variants(BRIEF, 4)
    assert variants != processor.write_variants(BRIEF, 4, seed=3)
    assert len({variant.positive for variant in variants}) == 4


def test_what_the_brief_says_never_changes() -> None:
    variants = processor.write_variants("대리석 위 딸기라떼, 보라색 배경, 왼쪽에서 빛, 글자는 아래", 8)
    assert {(v.scene.place, v.scene.colour, v.scene.light, v.copy_space) for v in variants} == {
        ("marble", "purple", "left", "bottom")
    }
    assert {v.parts.subject for v in variants} == {"a glass of strawberry latte"}
    assert len({v.parts.camera for v in variants}) >= 4
    assert len({v.scene.mood for v in variants}) == 1


def test_no_variant_stands_where_the_copy_goes() -> None:
    for variant in processor.write_variants("카페 라떼", 8, copy_space="left"):
        assert "left third" not in variant.parts.camera


def test_directions_are_english_and_go_with_the_request() -> None:
    requests = plan_variants(PromptRequest(BRIEF), 4, compose)
    assert [bool(request.variant) for request in requests] == [False, True, True, True]
    assert all(request.variant.isascii() or "café" in request.variant for request in requests)
    assert not any(asks_for_lettering(request.variant) for request in requests)
    places = [row["phrase"] for row in vocabulary()["places"].values()]
    assert not [place for place in places for request in requests if place in request.variant], "the brief named one"


@pytest.mark.parametrize("count", [0, -1, 17])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(errors.InputError) as caught:
        processor.write_variants(BRIEF, count)
    assert caught.value.code == "prompt.variant_count"


def test_variants_are_written_where_an_event_loop_runs_already() -> None:
    async def inside() -> int:
        return len(processor.write_variants(BRIEF, 2))

    assert asyncio.run(inside()) == 2


def test_distinctness_is_0_for_the_same_and_grows_with_what_differs() -> None:
    one, side, other = (
        processor.write("카페 라떼, 왼쪽에서 빛"),
        processor.write("카페 라떼, 오른쪽에서 빛"),
        processor.write("헬스장 덤벨, 파란 배경"),
    )
    assert distinctness([one]) == distinctness([one, one]) == 0.0
    assert 0 < distinctness([one, side]) < distinctness([one, other]) <= 1


def test_a_rewording_asks_for_bare_surfaces_in_other_words_each_time() -> None:
    prompt = processor.write("카페 라떼")
    again = [reword(prompt, attempt) for attempt in (1, 2, 3, 4)]
    assert reword(prompt, 0) == prompt
    assert len({one.positive for one in (prompt, *again)}) == 5
    assert [one.positive.rstrip(".").endswith(text_free_clauses()[k]) for k, one in enumerate(again[:3], 1)] == [
        True
    ] * 3
    assert {one.scene.place for one in again[1:]} <= set(shot_table()["bare_places"])
    assert len({one.scene.place for one in again[1:]}) > 1
    assert all(one.parts.subject == prompt.parts.subject and one.parts.light == prompt.parts.light for one in again)
    assert all("다시 그려요" in one.notes[-1] or "다시 그려요" in one.notes[-2] for one in again)
    assert reword(prompt, 2) == again[1]


def test_a_rewording_leaves_what_the_brief_decided() -> None:
    prompt = processor.write("대리석 위 라떼, 왼쪽에서 빛, 분홍 배경")
    for attempt in (1, 2, 3):
        again = reword(prompt, attempt)
        assert again.scene == prompt.scene and again.parts.setting == prompt.parts.setting


def test_a_reworded_backdrop_is_still_empty() -> None:
    prompt = processor.write(BRIEF, backdrop_only=True)
    for attempt in (1, 2, 3):
        again = reword(prompt, attempt)
        assert again.positive.startswith("Empty advertising backdrop") and not again.parts.subject
        assert again.parts.camera in {row.get("backdrop") for row in shot_table()["compositions"].values()}


@pytest.mark.parametrize("style", ["realistic", "watercolor", "anime"])
def test_a_backdrop_asks_for_ground_to_stand_on_and_free_room(style: str):
    prompt = processor.write("가을 신메뉴 커피, 나무 테이블", style=style, backdrop_only=True)
    assert "flat foreground and free room above it" in prompt.positive
    assert "foreground" not in processor.write("가을 신메뉴 커피, 나무 테이블", style=style).positive
