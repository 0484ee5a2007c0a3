"""One design on many channels: exact sizes, the product whole and never under copy, the copy inside the safe zone."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from adstudio.errors import InputError
from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.output.channels import get_channels
from adstudio.run.channels import inspect
from adstudio.run.reflow import Reflowed, fit_picture, reflow_design
from adstudio.types import Box, CutOut, LayoutPlan, TextBlock

CHANNELS = get_channels("instagram_story, naver_gfa, naver_timeboard, cashwalk, kakao_link")
PLAN = LayoutPlan(
    (
        TextBlock("headline", "가을을 담은 첫 모금", Box(0.1, 0.06, 0.9, 0.16)),
        TextBlock("sub", "신메뉴 라떼 5,500원", Box(0.1, 0.18, 0.9, 0.23)),
    )
)


@pytest.fixture(scope="module")
def cup() -> CutOut:
    return cut_out(np.asarray(data.coffee())[::2, ::2], method="geodesic")


def backdrop() -> np.ndarray:
    picture = np.full((600, 600, 3), 0.8, np.float32)
    picture[360:] = [0.5, 0.42, 0.35]
    return picture


def covered(made: Reflowed) -> float:
    """The largest share of a text's box that lies on the product."""
    height, width = made.mask.shape
    shares = []
    for block in made.plan.texts:
        left, top, right, bottom = block.box.pixels(width, height)
        shares.append(float((made.mask[top:bottom, left:right] > 0.5).mean()))
    return max(shares)


def test_products_are_stood_anew_on_every_channel(cup: CutOut):
    made = reflow_design(backdrop(), PLAN, CHANNELS, cutouts=[cup], min_px=12, shadow=0.0)
    for one in made:
        width, height = one.channel.size_px
        assert one.picture.shape == (height, width, 3)
        assert not one.mask[[0, -1]].any(), one.channel.id
        assert not one.mask[:, [0, -1]].any(), one.channel.id
        assert covered(one) < 0.02, one.channel.id
        rows = np.flatnonzero(one.mask.max(axis=1) > 0.5)
        assert len(rows) > 0.35 * height * one.channel.safe.height, one.channel.id
        codes = {finding.code for finding in inspect(one.picture, one.channel, plan=one.plan)}
        assert not codes & {"channel.size", "channel.ratio", "channel.safe_zone"}, one.channel.id


def test_a_flat_picture_keeps_its_subject(cup: CutOut):
    photo = np.asarray(data.coffee(), np.float32)[::2, ::2] / 255
    keep = restore_frame(cup)[..., 3]
    for one in reflow_design(photo, PLAN, CHANNELS, keep=keep, min_px=12):
        width, height = one.channel.size_px
        assert one.picture.shape == (height, width, 3)
        scale = min(width / (keep > 0.5).any(axis=0).sum(), height / (keep > 0.5).any(axis=1).sum())
        assert (one.mask > 0.5).sum() > 0.5 * (keep > 0.5).sum() * min(scale, 1.0) ** 2, one.channel.id
        assert not one.plan.products


def test_copy_is_left_out_where_none_is_taken():
    (one,) = reflow_design(backdrop(), PLAN, get_channels("google_merchant"))
    assert (one.plan.texts, one.plan.channel) == ((), "google_merchant")
    assert "문구를 뺐어요" in one.notes[-1]


def test_copy_beyond_what_a_channel_takes_is_left_out_and_told():
    button = TextBlock("cta", "지금 주문하기", Box(0.1, 0.8, 0.4, 0.86))
    plan = LayoutPlan((button, *PLAN.texts))
    (one,) = reflow_design(backdrop(), plan, get_channels("naver_place"))
    assert [block.role for block in one.plan.texts] == ["headline", "sub"]
    assert any("'지금 주문하기'" in note for note in one.notes)
    (free,) = reflow_design(backdrop(), plan, get_channels("cashwalk"))
    assert len(free.plan.texts) == 3


def test_a_channel_with_a_template_of_its_own_is_refused():
    with pytest.raises(InputError) as caught:
        reflow_design(backdrop(), PLAN, get_channels("instagram_feed, 비즈보드"))
    assert caught.value.code == "reflow.locked_channel"


def test_a_fill_is_told_of(cup: CutOut):
    photo = np.asarray(data.coffee(), np.float32)[::2, ::2] / 255
    (story,) = get_channels("instagram_story")
    fitted = fit_picture(photo, story, restore_frame(cup)[..., 3])
    assert "이어 그렸어요" in fitted.notes[0]
    assert not fit_picture(photo, get_channels("naver_place")[0]).notes


def test_the_same_design_gives_the_same_pictures(cup: CutOut):
    few = CHANNELS[-2:]
    once, twice = (reflow_design(backdrop(), PLAN, few, cutouts=[cup], min_px=12, shadow=0.0) for _ in range(2))
    for one, other in zip(once, twice, strict=True):
        assert one.plan == other.plan
        assert np.array_equal(one.picture, other.picture)
