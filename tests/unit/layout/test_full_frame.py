"""Photos that their subject fills: copy keeps to the edges, grows flat and small, and leaves a face alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.layout.copy.blocks import letter_size
from adstudio.layout.copy.compositions import COMPOSITIONS, Scene, compose
from adstudio.layout.copy.copysize import LEADING, read_copy
from adstudio.layout.copy.stacks import unit_of
from adstudio.layout.picture.energy import measure
from adstudio.layout.picture.freespace import Ground
from adstudio.layout.saliency import LocalAnalyzer, frame_of
from adstudio.types import AdCopy, Array, Box, LayoutPlan, TextBlock

SHORT = AdCopy("따뜻한 커피 한 잔의 여유", "가을 한정 메뉴, 오늘 하루만")
PRICED = AdCopy(
    "가을 신메뉴 출시", "고구마 라떼와 밤 케이크", price="6,800원", old_price="8,000원", call_to_action="메뉴 보기"
)
CAFE = AdCopy(
    "가을을 담은 첫 모금", "고구마 라떼와 밤 케이크", price="6,800원", old_price="8,000원", call_to_action="메뉴 보기"
)
# What fills the photos, marked by hand.
SUBJECTS = {"chelsea": Box(0.29, 0.22, 0.78, 0.78), "coffee": Box(0.28, 0.02, 0.7, 0.72)}


def cropped(name: str, aspect: float, high: int = 1024) -> tuple[Array, Array]:
    """A photo cut to a ratio round its middle, so many pixels high, and where its subject is."""
    photo = getattr(data, name)()
    height, width = photo.shape[:2]
    marked = np.zeros((height, width), np.uint8)
    left, top, right, bottom = SUBJECTS[name].pixels(width, height)
    marked[top:bottom, left:right] = 255
    wide = height * aspect
    window = ((width - wide) / 2, 0, (width + wide) / 2, height)
    size = (round(high * aspect), high)
    picture, subject = (
        np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BICUBIC, window), np.float32) / np.float32(255)
        for each in (photo, marked)
    )
    return picture, subject


def covered(plan: LayoutPlan, subject: Array) -> float:
    over = np.zeros(subject.shape, bool)
    for block in plan.texts:
        left, top, right, bottom = block.box.pixels(subject.shape[1], subject.shape[0])
        over[top:bottom, left:right] = True
    return float((subject[over] > 0.5).mean())


def of_role(plan: LayoutPlan, role: str) -> TextBlock:
    (block,) = [block for block in plan.texts if block.role == role]
    return block


@pytest.mark.parametrize("aspect", [1.0, 0.8, 9 / 16])
@pytest.mark.parametrize("copy", [SHORT, PRICED], ids=["short", "priced"])
def test_a_face_that_fills_the_photo_stays_clear(aspect: float, copy: AdCopy):
    picture, subject = cropped("chelsea", aspect)
    assert covered(LocalAnalyzer().place_text(picture, copy), subject) < 0.06


@pytest.mark.parametrize("high", [1024, 1280])
def test_headline_on_a_close_up_is_no_whisper_in_a_corner(high: int):
    picture, subject = cropped("coffee", 0.8, high)
    plan = LocalAnalyzer().place_text(picture, CAFE)
    assert covered(plan, subject) < 0.05
    headline, price, button = (of_role(plan, role).box for role in ("headline", "price", "cta"))
    size = letter_size(CAFE.headline, headline.width * picture.shape[1], headline.height * picture.shape[0], LEADING)
    assert size > 0.05 * unit_of(picture.shape[1], picture.shape[0])
    assert min(price.y0, button.y0) - headline.y1 < 0.1


def test_a_good_place_for_the_price_mends_no_bad_one_of_the_headline():
    picture = np.full((512, 512, 3), 0.5, np.float32)
    picture[:280] = np.random.default_rng(0).random((280, 512, 3), np.float32).round()
    ground = Ground.of(measure(picture), None, 512, 512)
    by_name = {each.name: each for each in COMPOSITIONS}
    costs = []
    for name, copy in (("top", replace(PRICED, price="", old_price="", call_to_action="")), ("split", PRICED)):
        scene = Scene(ground, read_copy(copy), unit_of(512, 512), frame_of(512, 512))
        draft = compose(scene, by_name[name])
        assert draft is not None
        costs.append(draft.cost)
    assert costs[1] > costs[0] - 0.05


def test_button_stands_beside_the_price_where_height_is_dear():
    picture, _ = cropped("chelsea", 9 / 16)
    plan = LocalAnalyzer().place_text(picture, PRICED)
    price, button = of_role(plan, "price").box, of_role(plan, "cta").box
    assert price.y0 + price.y1 == pytest.approx(button.y0 + button.y1, abs=1e-3)
    assert button.x0 > price.x1


def test_copy_does_not_lie_across_light_and_dark():
    ramp = np.clip((np.arange(640, dtype=np.float32) - 200) / 200, 0, 1)  # no edge anywhere, so no map sees it
    picture = np.broadcast_to((0.1 + 0.8 * ramp)[None, :, None], (512, 640, 3))
    plan = LocalAnalyzer().place_text(picture, AdCopy("가을 세일", "단 3일"))
    for block in plan.texts:
        left, _, right, _ = block.box.pixels(640, 512)
        assert np.ptp(ramp[left:right]) < 0.4


def test_what_the_border_cuts_off_is_no_ground():
    y, x = np.mgrid[0:200, 0:300]
    picture = np.full((200, 300, 3), (0.45, 0.3, 0.2), np.float32)
    picture[(x - 40) ** 2 + (y - 100) ** 2 < 60**2] = (0.95, 0.95, 0.9)  # a plate that the left edge cuts
    energy = measure(picture).energy
    plate, table = energy[47:60, 5:30].mean(), energy[47:60, 100:150].mean()
    assert plate > 0.2 and table < 0.1
