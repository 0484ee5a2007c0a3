"""Copy laid out by a model that looks: what it is shown, what of its answer is believed."""

from __future__ import annotations

import asyncio
import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import skimage.data
from chat_server import MODEL, ChatServer, Received, Reply, says
from layout_questions import (
    AS_PROPOSED,
    COPY,
    KOREAN,
    busiest,
    calmest,
    chosen,
    fields,
    laid_out,
    picks,
    place_small,
)

from adstudio.errors import ProviderError
from adstudio.layout.plan.reading import check_plan
from adstudio.layout.providers import lay_out
from adstudio.layout.saliency import LocalAnalyzer, Wishes
from adstudio.types import AdCopy, Array, Box, Channel


def test_the_chosen_box_holds_the_copy(server: ChatServer, coffee: Array) -> None:
    laid = laid_out(coffee)
    (request,) = server.received
    box = chosen(request, calmest(request.data["boxes"]))
    headline, sub = laid.plan.texts
    assert (headline.role, headline.text, sub.text) == ("headline", COPY.headline, COPY.sub)
    for block in (headline, sub):
        assert block.box.x0 >= box.x0 - 0.006 and block.box.x1 <= box.x1 + 0.006
        assert block.box.y0 >= box.y0 - 0.006 and block.box.y1 <= box.y1 + 0.006
        assert (block.align, block.plate, block.color) == ("right", "none", None)
    assert headline.box.y1 <= sub.box.y0
    assert laid.plan.provider == "openai" and laid.asked == f"openai ({MODEL})" and not laid.fallback_from
    assert laid.plan.score is not None
    assert f"{MODEL}: {KOREAN}" in laid.plan.reasons
    assert check_plan(laid.plan) == laid.plan


def test_another_box_gives_another_layout(server: ChatServer, coffee: Array) -> None:
    calm = laid_out(coffee).plan
    server.answers(picks(busiest))
    busy = laid_out(coffee).plan
    assert calm.texts[0].box != busy.texts[0].box


def test_the_model_is_shown_numbers_on_every_box(server: ChatServer, coffee: Array) -> None:
    laid_out(coffee)
    (request,) = server.received
    shown = request.picture
    assert max(shown.size) <= 1024 and shown.size[0] / shown.size[1] == pytest.approx(1.5, abs=0.01)
    boxes = request.data["boxes"]
    assert 8 <= len(boxes) <= 10 and [box["number"] for box in boxes] == list(range(1, len(boxes) + 1))
    pixels = np.asarray(shown.convert("L"), np.float32) / 255
    height, width = pixels.shape
    for box in boxes:
        rows = slice(round(box["top"] / 100 * height), round(box["bottom"] / 100 * height))
        columns = slice(round(box["left"] / 100 * width), round(box["right"] / 100 * width))
        inside = pixels[rows, columns]
        # A tag is a near-black plate with white digits: both are in every box, and close together.
        plates = [
            part
            for i in range(0, inside.shape[0] - 20, 4)
            for j in range(0, inside.shape[1] - 20, 4)
            if (part := inside[i : i + 20, j : j + 20]).max() > 0.9 and (part < 0.12).mean() > 0.35
        ]
        assert plates, box
    schema = request.body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["headline_box"]["enum"] == [str(box["number"]) for box in boxes]
    assert set(schema["required"]) == set(schema["properties"]) and schema["additionalProperties"] is False
    assert len(request.body["messages"][1]["content"][1]["image_url"]["url"]) < 600_000


@pytest.mark.parametrize("shape", [(64, 64), (3000, 2000), (300, 2400)])
def test_any_size_is_sent_bounded(server: ChatServer, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).random((*shape, 3), np.float32)
    place_small(noise, AdCopy("세일"))
    (request,) = server.received
    assert max(request.picture.size) <= 1024
    assert len(request.body["messages"][1]["content"][1]["image_url"]["url"]) <= 400_000 * 4 / 3 + 40


@pytest.mark.parametrize(
    "wrap",
    [
        "```json\n{}\n```",
        "Sure! Here is the layout:\n{}\nI hope it helps.",
        "<think>box 1 covers the cup {no}</think>{}",
    ],
)
def test_what_servers_write_around_the_answer_is_forgiven(server: ChatServer, coffee: Array, wrap: str) -> None:
    plain = laid_out(coffee).plan
    server.answers(picks(wrap=wrap))
    assert laid_out(coffee).plan.texts == plain.texts
    assert server.count == 1


def test_a_grouped_answer_with_plain_numbers_is_understood(server: ChatServer, coffee: Array) -> None:
    plain = laid_out(coffee).plan

    def grouped(request: Received) -> Reply:
        number = calmest(request.data["boxes"])
        piece = {"box": number, "align": "RIGHT", "color": "auto", "plate": "none"}
        return says({"headline": piece, "sub": {**piece, "box": f"box {number}"}, "reasoning": KOREAN})

    server.answers(grouped)
    assert laid_out(coffee).plan.texts == plain.texts


BAD = {
    "no such box": {"headline_box": "99"},
    "no box": {"headline_box": None},
    "true": {"headline_box": True},
    "two boxes": {"headline_box": "1 or 2"},
    "a list": {"headline_box": [1]},
    "negative": {"headline_box": -0.5},
    "infinite": {"headline_box": "∞"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_choice_is_asked_about_once_more_with_the_reason(server: ChatServer, coffee: Array, name: str) -> None:
    server.answers(picks(**BAD[name]), picks())
    plan = laid_out(coffee).plan
    assert server.count == 2 and plan.provider == "openai"
    again = server.received[1].body["messages"][-1]["content"]
    assert "headline_box" in again and "1 to" in again
    assert any("한 번 더" in reason for reason in plan.reasons)
    assert server.received[1].picture.size == server.received[0].picture.size  # it is shown again


def test_two_bad_answers_are_one_clear_sentence(server: ChatServer, coffee: Array) -> None:
    server.answers(picks(headline_box="99"))
    with pytest.raises(ProviderError) as caught:
        laid_out(coffee)
    assert (caught.value.code, server.count) == ("provider.bad_answer", 2)
    assert "headline_box" in caught.value.message and MODEL in caught.value.message


def test_boxes_that_overlap_are_refused(server: ChatServer) -> None:
    def shared(one: dict[str, Any], other: dict[str, Any]) -> float:
        across = min(one["right"], other["right"]) - max(one["left"], other["left"])
        return max(0, across) * max(0, min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]))

    def crossing(request: Received) -> Reply:
        one, other = max(combinations(request.data["boxes"], 2), key=lambda pair: shared(*pair))
        assert other["number"] in one["overlaps"]
        return says(fields(request, box=lambda _: one["number"], sub_box=other["number"]))

    server.answers(crossing, picks())
    laid_out((skimage.data.rocket() / 255).astype(np.float32))  # a wide sky, so the boxes cross widely
    assert "overlap" in server.received[1].body["messages"][-1]["content"]


def test_two_boxes_that_lie_apart_are_both_used(server: ChatServer, coffee: Array) -> None:
    def apart(request: Received) -> Reply:
        boxes = request.data["boxes"]
        one, other = next(
            (a["number"], b["number"]) for a in boxes for b in boxes if a is not b and b["number"] not in a["overlaps"]
        )
        return says(fields(request, box=lambda _: one, sub_box=other))

    server.answers(apart)
    headline, sub = place_small(coffee).plan.texts
    first = server.received[0]
    answer = apart(first).body.decode()
    number = int(re.search(r'sub_box\\": (\d+)', answer)[1])  # pyright: ignore[reportOptionalSubscript]
    box = chosen(first, number)
    assert box.x0 - 0.006 <= sub.box.x0 and sub.box.y1 <= box.y1 + 0.006
    assert headline.box.height > sub.box.height  # small print is not blown up in a large box


@pytest.mark.parametrize("colour", ["white", "#FFF", "#12345G", "rgb(0,0,0)", "#FFFFFF; drop table"])
def test_what_is_no_colour_is_left_to_the_lettering_and_said(server: ChatServer, coffee: Array, colour: str) -> None:
    server.answers(picks(headline_color=colour))
    plan = laid_out(coffee).plan
    assert server.count == 1 and plan.texts[0].color is None
    assert any("제목의 색 ‘" in reason for reason in plan.reasons)


def test_a_colour_stays_where_it_can_be_read(server: ChatServer) -> None:
    dark = np.full((400, 600, 3), 0.05, np.float32)
    server.answers(picks(headline_color="#fff0c0", sub_color="#202020"))
    plan = laid_out(dark).plan
    headline, sub = plan.texts
    assert headline.color == "#FFF0C0" and sub.color is None
    assert any(reason.startswith("부제의 색 #202020은 바탕과 대비가") for reason in plan.reasons)
    server.answers(picks(sub_color="#202020", sub_plate="panel"))
    assert laid_out(dark).plan.texts[1].color == "#202020"  # on a plate of its own it can be


def test_unknown_words_for_align_and_plate_keep_the_local_ones(server: ChatServer, coffee: Array) -> None:
    local = LocalAnalyzer().place_text(coffee, COPY)
    server.answers(picks(headline_align="justified", headline_plate="glass", sub_align=7))
    headline, sub = laid_out(coffee).plan.texts
    assert (headline.align, headline.plate) == (local.texts[0].align, local.texts[0].plate)
    assert sub.align == local.texts[1].align


@pytest.mark.parametrize("reasoning", [None, "Because it looks good.", 7])
def test_reasons_that_are_not_korean_are_not_shown(server: ChatServer, coffee: Array, reasoning: object) -> None:
    server.answers(picks(reasoning=reasoning))
    reasons = " ".join(laid_out(coffee).plan.reasons)
    assert "한국어로 이유를 쓰지 않았습니다" in reasons and "Because" not in reasons


def test_long_reasons_and_markup_are_bounded(server: ChatServer, coffee: Array) -> None:
    server.answers(picks(reasoning="가" * 5000 + "<script>"))
    assert max(map(len, laid_out(coffee).plan.reasons)) < 400


def test_an_answer_cut_short_is_not_repeated(server: ChatServer, coffee: Array) -> None:
    server.answers(says('{"headline_box": "1"', ended="length"))
    with pytest.raises(ProviderError) as caught:
        laid_out(coffee)
    assert (caught.value.code, server.count) == ("provider.cut_short", 1)


def test_boxes_stay_inside_the_channels_safe_zone_and_off_what_stays(server: ChatServer, coffee: Array) -> None:
    channel = Channel("story", "스토리", "story", (600, 400), safe=Box(0.0, 0.2, 1.0, 0.8))
    copy = AdCopy("창가의 딸기라떼", "오늘 나온 신메뉴", badge="1+1", legal="이미지는 연출된 것입니다")
    wishes = Wishes(channel=channel)
    laid = asyncio.run(lay_out(AS_PROPOSED, lambda one: one.place_text(coffee, copy, min_px=8, wishes=wishes)))
    boxes = server.received[0].data["boxes"]
    assert all(box["top"] >= 19 and box["bottom"] <= 81 for box in boxes)
    assert {piece["role"] for piece in server.received[0].data["copy"]} == {"headline", "sub"}
    placed = {block.role: block.box for block in laid.plan.texts}
    assert {*placed} == {"headline", "sub", "badge", "legal"}
    for moved in ("headline", "sub"):
        assert not any(placed[moved].overlap(placed[kept]) > 0 for kept in ("badge", "legal"))
    assert laid.plan.channel == "story"
