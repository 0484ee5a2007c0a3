"""Products stood on a backdrop by a model that looks, against a server on real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from chat_failures import FAILURES
from chat_server import MODEL, ChatServer, Received, fails, says
from layout_questions import (
    AS_PROPOSED,
    CANARY,
    KOREAN,
    NO_WISH,
)

from adstudio.errors import ProviderError
from adstudio.layout import frames
from adstudio.layout.providers import LayoutChoice, Layouts, lay_out
from adstudio.layout.saliency import LocalAnalyzer
from adstudio.layout.stand import bound_heights
from adstudio.layout.vision.stand_task import LEAST_SCALE
from adstudio.types import Array


def stand_fields(request: Received, rings: list[int], **changed: Any) -> dict[str, Any]:
    names = [product["name"] for product in request.data["products"]]
    answer: dict[str, Any] = {"reasoning": KOREAN}
    for name, ring in zip(names, rings, strict=True):
        answer |= {f"{name}_ring": str(ring), f"{name}_scale": "usual"}
    return answer | changed


def stand(
    backdrop: Array,
    aspects: list[float],
    wish: frames.ProductWish = NO_WISH,
    choice: LayoutChoice = AS_PROPOSED,
) -> Layouts:
    return asyncio.run(lay_out(choice, lambda one: frames.place_products(one, [backdrop], aspects, wish, None)))


def test_products_stand_on_the_chosen_rings(server: ChatServer, table: Array) -> None:
    server.answers(lambda request: says(stand_fields(request, [4, 7], product_2_scale="smaller")))
    laid = stand(table, [0.3, 0.3])
    (request,) = server.received
    rings = {ring["number"]: ring for ring in request.data["rings"]}
    first, second = laid.plan.products
    assert first.base_y == pytest.approx(rings[4]["y"] / 100, abs=0.006)
    assert first.x == pytest.approx(rings[4]["x"] / 100, abs=0.006)
    assert second.x == pytest.approx(rings[7]["x"] / 100, abs=0.006)
    usual = {product["name"]: product["height"] for product in request.data["products"]}
    assert first.height == pytest.approx(usual["product_1"] / 100, abs=0.006)
    assert second.height == pytest.approx(0.8 * usual["product_2"] / 100, abs=0.006)
    assert max(request.picture.size) <= 1024 and len(rings) >= 6
    assert all(ring["y"] >= 60 for ring in rings.values())  # on the table, which begins there
    assert f"{MODEL}: {KOREAN}" in laid.plan.reasons and laid.plan.score is not None


def test_two_products_on_one_ring_are_asked_about_again(server: ChatServer, table: Array) -> None:
    server.answers(
        lambda request: says(stand_fields(request, [4, 4])), lambda request: says(stand_fields(request, [4, 7]))
    )
    stand(table, [0.5, 0.5])
    assert "one ring" in server.received[1].body["messages"][-1]["content"]


def test_products_that_hide_each_other_are_asked_about_again(server: ChatServer, table: Array) -> None:
    server.answers(
        lambda request: says(stand_fields(request, [4, 5], product_1_scale="larger", product_2_scale="larger")),
        lambda request: says(stand_fields(request, [4, 7])),
    )
    stand(table, [1.0, 1.0])
    assert "product 1 and product 2 would hide each other" in server.received[1].body["messages"][-1]["content"]


def test_a_product_stays_inside_the_picture(server: ChatServer, table: Array) -> None:
    server.answers(lambda request: says(stand_fields(request, [1], product_1_scale="larger")))
    (placed,) = stand(table, [3.0]).plan.products
    half = placed.height * 3.0 / 2
    assert placed.x - half >= 0.03 and placed.x + half <= 0.97 and placed.height <= placed.base_y


def test_a_product_too_tall_for_its_ring_is_told_as_the_shop_owner_counts_it(server: ChatServer, table: Array) -> None:
    server.answers(lambda request: says(stand_fields(request, [7, 1], product_2_scale="larger")))
    plan = stand(table, [0.3, 0.3]).plan
    assert plan.products[1].height < 0.64
    assert any(reason.startswith("2번 제품이 화면을 벗어나지 않도록") for reason in plan.reasons)


def test_every_number_of_products_has_rings_to_choose_from(server: ChatServer, table: Array, podium: Array) -> None:
    for backdrop in (table, podium):
        for count in (1, 2, 3, 5, 8, 12):
            server.answers(says("no"))
            with pytest.raises(ProviderError):
                stand(backdrop, [0.4] * count)
            rings = server.received[0].data["rings"]
            assert count < len(rings) <= 16 and len({(ring["x"], ring["y"]) for ring in rings}) == len(rings)


def test_wishes_go_over_what_the_model_chose(server: ChatServer, table: Array) -> None:
    server.answers(lambda request: says(stand_fields(request, [1])))
    (placed,) = stand(table, [0.5], frames.ProductWish(x=0.3, height=0.25)).plan.products
    assert (placed.x, placed.height) == (pytest.approx(0.3), pytest.approx(0.25))


def test_products_fall_back_in_words_too(server: ChatServer, table: Array) -> None:
    server.answers(fails(503, "busy"))
    laid = stand(table, [0.5], choice=LayoutChoice("openai", fallback=True, cache=False))
    assert laid.fallback_from == "openai"
    assert laid.plan.products == LocalAnalyzer().place_products(table, [0.5]).products


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_of_a_server_is_an_error_of_its_own(server: ChatServer, table: Array, name: str) -> None:
    code, reply, requests = FAILURES[name]
    server.answers(reply)
    with pytest.raises(ProviderError) as caught:
        stand(table, [0.5])
    assert (caught.value.code, server.count) == (code, requests)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", ["Ring 3 would be nice.", "{}", "[3]", '{"product_1_ring": ', "null"])
def test_text_that_is_no_answer_is_asked_about_twice(server: ChatServer, table: Array, text: str) -> None:
    server.answers(says(text))
    with pytest.raises(ProviderError) as caught:
        stand(table, [0.5])
    assert (caught.value.code, server.count) == ("provider.bad_answer", 2)


@pytest.mark.parametrize("count", [1, 2])
def test_no_ring_makes_products_smaller_than_the_bound(
    server: ChatServer, table: Array, podium: Array, count: int
) -> None:
    smaller = {f"product_{number}_scale": "smaller" for number in range(1, count + 1)}
    server.answers(lambda request: says(stand_fields(request, [1, 2][:count], **smaller)))
    aspects = [0.4] * count
    least, _ = bound_heights(aspects, 400, 400, (None,))
    for backdrop in (table, podium):
        placed = stand(backdrop, aspects).plan.products
        assert all(p.height >= LEAST_SCALE * tall for p, tall in zip(placed, least, strict=True))
