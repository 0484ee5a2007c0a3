"""The channel nodes in ComfyUI's own Python, and their lists through a real graph."""

from __future__ import annotations

import io
from typing import Any

import pytest
from comfy_server import ComfyServer
from PIL import Image

GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {
        "class_type": "AdStudioTextLayoutAnalyzer",
        "inputs": {"image": ["1", 0], "headline": "가을을 담은 첫 모금", "sub": "", "copy_space": "auto"},
    },
    "3": {
        "class_type": "AdStudioReflow",
        "inputs": {
            "image": ["1", 0], "layout": ["2", 0], "channels": "캐시워크, kakao_link, google_merchant", "min_px": 16,
            "shadow": 1.0, "harmonize": 0.3,
        },
    },
    "4": {
        "class_type": "AdStudioTextOverlay",
        "inputs": {
            "image": ["3", 0], "layout": ["3", 1], "font": "Pretendard", "weight": 800, "min_px": 16, "plate": "auto",
            "shadow": True, "outline": False,
        },
    },
    "5": {
        "class_type": "AdStudioChannelCheck",
        "inputs": {
            "image": ["4", 0], "channel": ["3", 2], "layout": ["3", 1], "advertiser": "", "override": False,
            "font": "not told",
        },
    },
    "6": {
        "class_type": "AdStudioSaveImage",
        "inputs": {"image": ["5", 0], "folder": "channels", "format": "png", "quality": 95},
    },
}  # fmt: skip
CASES = """
from types import SimpleNamespace
import numpy as np, torch
from pack.nodes.channels import ChannelPreset, FitToChannel, Reflow
from pack.nodes._feedback import reporting
from pack.nodes.text import TextOverlay
from pack.nodes.channel_rules import ChannelCheck, ChannelTemplate
from pack.adstudio.errors import InputError
from pack.adstudio.output.channels import get_channel
from pack.adstudio.types import Box, CutOut, LayoutPlan, Placement, TextBlock

def refusal(call):
    try:
        call()
    except InputError as error:
        return error.code, error.message
    return None

hidden = SimpleNamespace(unique_id=None)
for node in (ChannelPreset, FitToChannel, Reflow, ChannelCheck, ChannelTemplate):
    node.hidden = hidden
zit = SimpleNamespace(checkpoint=SimpleNamespace(grid_px=32, base_px=512))
ramp = torch.linspace(0.9, 0.4, 256)[None, None, :, None].expand(2, 256, 256, 3).contiguous()
mask = torch.zeros((1, 256, 256)); mask[:, 100:220, 90:160] = 1
rgba = np.ones((135, 120, 4), np.float32); rgba[..., :3] = (0.8, 0.2, 0.1)
cut = CutOut(rgba, "mask")
plan = LayoutPlan((TextBlock("headline", "봄 신메뉴", Box(0.1, 0.05, 0.9, 0.2)),))
names = "instagram_story\\n캐시워크, kakao_native:2x1"
link = get_channel("kakao_link")
fitted = FitToChannel.execute(ramp, link, 0.5, keep=mask).result
flat = Reflow.execute(ramp, plan, names, 12, 1.0, 0.3, keep=mask).result
stood = Reflow.execute(
    ramp[:1], plan, names, 12, 1.0, 0.3, cutout=cut, product_layout=LayoutPlan(products=(Placement(0.5, 0.9, 0.4),))
).result
few = CutOut(rgba[:60, :60], "mask")
small = dict(cutout=few, product_layout=LayoutPlan(products=(Placement(0.5, 0.9, 0.6),)))
partly = reporting(Reflow).execute(ramp[:1], plan, names, 12, 1.0, 0.3, **small)
check = dict(channel=get_channel("cashwalk"), advertiser="", font="not told")
right = torch.rand((1, 500, 600, 3))
words = dict(headline="아침을 여는 첫 모금", sub="라떼 5,500원", advertiser="", channel="of the template")
draft = dict(template="kakao_bizboard", font="Pretendard", override=True)
banner, banner_plan, place, report = ChannelTemplate.execute(cut, **words, **draft).result
silent = Reflow.execute(ramp[:1], plan, "google_merchant", 12, 1.0, 0.3).result
dress = dict(font="Pretendard", weight=800, min_px=12, plate="auto", shadow=True, outline=False)
passed, _, _, told = TextOverlay.execute(silent[0][0], silent[1][0], **dress).result
answer = {
    "preset": ChannelPreset.execute("kakao_native:2x1").result[:4],
    "of the model": ChannelPreset.execute("instagram_feed:1x1", zit).result[:4],
    "fitted": [list(fitted[0].shape), list(fitted[1].shape)],
    "flat": [[list(each.shape) for each in flat[0]], [each.id for each in flat[2]], len(flat[1]), len(flat[3])],
    "stood": [[list(each.shape) for each in stood[0]], [len(each.products) for each in stood[1]]],
    "partly": [[each.id for each in partly.result[2]], len(partly.result[0]), partly.result[4]],
    "left out": [[each["value"], each["figures"]["channel"], each["error"]["code"]]
        for each in partly.ui["adstudio_badges"] if each.get("code") == "reflow.refused"],
    "all too small": refusal(lambda: Reflow.execute(ramp[:1], plan, "instagram_story", 12, 1.0, 0.3, **small)),
    "passed": ChannelCheck.execute(right, override=False, **check).result[2],
    "refused": refusal(lambda: ChannelCheck.execute(ramp, override=False, **check)),
    "overridden": [ChannelCheck.execute(ramp, override=True, **check).result[2]],
    "template": [list(banner.shape), float(banner[..., 3].min()), place.id, banner_plan.provider, report],
    "official": ChannelTemplate.execute(cut, **words, **(draft | {"font": "official"})).result[3],
    "white": list(ChannelTemplate.execute(
        cut, "marketplace_white", "", "", "", "official", "smartstore", False).result[0].shape),
    "app": list(ChannelTemplate.execute(
        cut, **words, **draft, old_price="6,000원", app="성수커피", app_icon=right[:, :64, :64]).result[0].shape),
    "half an app": refusal(lambda: ChannelTemplate.execute(cut, **words, **draft, app="성수커피"))[0],
    "without copy": [told, torch.equal(passed, silent[0][0])],
    "badges": [
        each.get("code") for each in reporting(ChannelTemplate).execute(cut, **words, **draft).ui["adstudio_badges"]],
    "no size": refusal(lambda: Reflow.execute(ramp, plan, "배민", 12, 1.0, 0.3))[0],
}
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_a_preset_gives_a_size_to_draw_in_and_the_exact_one(seen: dict[str, Any]):
    width, height, *exact = seen["preset"]
    assert exact == [1200, 600]
    assert (width % 16, height % 16, width / height) == (0, 0, 2.0)
    assert seen["of the model"] == [512, 512, 1080, 1080]


def test_a_channel_that_cannot_be_made_is_left_out_and_told(seen: dict[str, Any]):
    channels, count, report = seen["partly"]
    assert channels == ["cashwalk", "kakao_native:2x1"] and count == 2
    ((value, channel, code),) = seen["left out"]
    assert "60 × 60 pixels" in value and channel == "인스타그램 스토리" and code == "composite.product_too_small"
    assert "인스타그램 스토리: 이 채널은 만들지 못했어요." in report
    assert seen["all too small"][0] == "composite.product_too_small"


def test_a_batch_is_fitted(seen: dict[str, Any]):
    assert seen["fitted"] == [[2, 400, 800, 3], [2, 400, 800]]


def test_every_frame_goes_to_every_channel(seen: dict[str, Any]):
    shapes, channels, plans, masks = seen["flat"]
    once = [[1, 1920, 1080, 3], [1, 500, 600, 3], [1, 600, 1200, 3]]
    assert shapes == once * 2
    assert channels == ["instagram_story", "cashwalk", "kakao_native:2x1"] * 2
    assert plans == masks == 6
    assert seen["stood"] == [once, [1, 1, 1]]


def test_a_check_stops_what_the_channel_would_not_take(seen: dict[str, Any]):
    assert seen["passed"] is True
    assert seen["refused"][0] == "channel.refused"
    assert "channel.size" in seen["refused"][1]
    assert seen["overridden"] == [False]
    assert seen["no size"] == "channels.no_size"


def test_templates_are_set(seen: dict[str, Any]):
    shape, clearest, channel, provider, report = seen["template"]
    assert (shape, clearest, channel, provider) == ([1, 258, 1029, 4], 0.0, "kakao_bizboard", "template")
    assert "channel.font" in report
    assert "channel.font" not in seen["official"]
    assert seen["white"] == [1, 1000, 1000, 3]
    assert {"template.soft", "template.other_font", "template.found"} <= set(seen["badges"])


def test_one_graph_saves_a_picture_for_each_channel(server: ComfyServer):
    run = server.run(GRAPH)
    assert run.status == "success", run.error
    sizes = {Image.open(io.BytesIO(content)).size for _, content in run.pictures()}
    assert sizes == {(600, 500), (800, 400), (1000, 1000)}


def test_a_banner_holds_an_old_price_and_an_app(seen: dict[str, Any]):
    assert seen["app"] == [1, 258, 1029, 4]
    assert seen["half an app"] == "template.half_an_app"


def test_lettering_lets_a_picture_through_whose_channel_takes_no_copy(seen: dict[str, Any]):
    told, unchanged = seen["without copy"]
    assert "구글 판매자 센터" in told and unchanged
