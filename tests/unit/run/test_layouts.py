"""The layouts of a run: all that a request says stands on its ads, and nothing that it does not."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.imaging.cutout.matting import cut_out
from adstudio.layout.copy.copysize import Copy
from adstudio.layout.copy.stacks import stack
from adstudio.layout.saliency import LocalAnalyzer
from adstudio.prompt.providers import ProviderChoice
from adstudio.run.asked import shown_copy
from adstudio.run.local.layouts import place_copy, place_products
from adstudio.run.local.words import write_words
from adstudio.run.photos import find_subject
from adstudio.run.recorder import Recorder
from adstudio.run.request import AdRequest
from adstudio.text.lettering import letter
from adstudio.types import AdCopy, AdPrompt, Box, CutOut, LayoutPlan, Placement, Scene, TextBlock, TextStyle
from benchmarks.cutout import scene

WALL = np.full((512, 512, 3), 0.6, np.float32)
PROMPT = AdPrompt("", "", "", "cafe", "realistic", Scene("wood", "red", "left", "calm"), "top", "rules")
WHOLE = AdRequest(
    brief="창가의 딸기 라떼",
    headline="봄을 한 모금",
    price="4,900원",
    old_price="6,500원",
    badge="1+1",
    call_to_action="주문하기",
    legal="일부 매장 제외",
    hours="09–21",
    link="https://a.kr",
    logo="logo.png",
)


def words(request: AdRequest) -> AdCopy:
    return write_words(request, ProviderChoice("rules"), Recorder(None, threading.Event()))[1]


def test_everything_a_request_says_is_placed():
    copy = words(WHOLE)
    placed = LayoutPlan(products=(Placement(0.5, 0.8, 0.3),), reasons=("제품",))
    plan = place_copy(WHOLE, LocalAnalyzer(), WALL, None, placed, PROMPT, copy)
    assert {block.role: block.text for block in plan.texts} == {
        "headline": "봄을 한 모금", "price": "4,900원", "badge": "1+1", "cta": "주문하기", "legal": "일부 매장 제외",
        "hours": "09–21",
    }  # fmt: skip
    assert {mark.kind: mark.content for mark in plan.marks} == {"qr": "https://a.kr", "logo": ""}
    assert plan.products == placed.products and plan.reasons[0] == "제품"


def test_button_is_written_only_where_one_is_asked_for():
    plain, asked = (words(replace(WHOLE, call_to_action=wish)) for wish in ("", None))
    assert asked.call_to_action and asked.headline == plain.headline == "봄을 한 모금"
    assert asked.sub == plain.sub == "", "no sub is written under a headline of one's own"
    written = words(AdRequest(brief="창가의 딸기 라떼"))
    assert written.call_to_action, "it is there, for the post"
    for wish, is_shown in (("", False), (None, True)):
        shown = shown_copy(AdRequest(brief="딸기", call_to_action=wish), written)
        assert shown is not None and bool(shown.call_to_action) == is_shown


def test_nothing_is_shown_of_an_empty_copy():
    assert shown_copy(AdRequest(), AdCopy(" ", call_to_action="주문")) is None
    assert shown_copy(AdRequest(), AdCopy("", badge="1+1")) is not None


def test_logo_alone_gets_its_place():
    request = AdRequest(logo="logo.png")
    plan = place_copy(request, LocalAnalyzer(), WALL, None, LayoutPlan(), PROMPT, AdCopy(""))
    assert plan.texts == () and [mark.kind for mark in plan.marks] == ["logo"]


def test_products_stand_where_the_request_says():
    cut = CutOut(np.ones((40, 20, 4), np.float32), "mask")
    own = (Placement(0.3, 0.9, 0.5),)
    request = AdRequest(task="composite", products=("a.png",), placements=own)
    assert place_products(request, LocalAnalyzer(), WALL, [cut], PROMPT, True).products == own
    plain = replace(request, placements=(), auto_layout=False)
    row = place_products(plain, LocalAnalyzer(), WALL, [cut, cut], PROMPT, True).products
    assert [one.x for one in row] == [0.25, 0.75] and {one.base_y for one in row} == {0.92}
    found = place_products(replace(request, placements=()), LocalAnalyzer(), WALL, [cut], PROMPT, True)
    assert found.provider == "local" and found.score is not None


def test_subject_of_a_photo_counts_while_it_is_still_there(disc: np.ndarray):
    assert find_subject(disc, 0.9) is None
    matte = find_subject(disc, 0.5)
    assert matte is not None and matte[100, 215] > 0.5 > matte[10, 10]


def test_a_photo_whose_subject_melts_into_its_ground_has_none_to_keep_clear_of():
    """It could not be cut out; but only words are laid over it."""
    photo, _ = scene("white mug", "white", 512, fill=0.8)
    with pytest.raises(InputError, match="own tone"):
        cut_out(photo, method="geodesic")
    assert find_subject(photo, 0.5) is None


def test_old_price_alone_is_refused():
    with pytest.raises(InputError) as error:
        AdRequest(old_price="6,500원")
    assert error.value.code == "request.old_price_alone"


@pytest.fixture(scope="module")
def disc() -> np.ndarray:
    """A red disc on a calm ground."""
    y, x = np.mgrid[0:200, 0:300]
    picture = np.full((200, 300, 3), 0.7, np.float32)
    picture[(x - 215) ** 2 + (y - 100) ** 2 < 60**2] = (0.8, 0.1, 0.1)
    return picture


@pytest.mark.parametrize("size", [8.0, 20.0, 24.0, 30.0, 50.0])
def test_an_old_price_gets_room_for_its_smallest_letters(size: float) -> None:
    made = stack(Copy(price="9,900원", was="12,000원"), size, 1, 300, 600, 20)
    assert made is not None
    (item,) = made.items
    picture = np.full((400, 600, 3), 0.7, np.float32)
    box = Box(0.1, 0.1, 0.1 + item.width / 600, 0.1 + item.height / 400)
    letter(picture, LayoutPlan((TextBlock("price", item.text, box, was=item.was),)), TextStyle(min_px=20))
