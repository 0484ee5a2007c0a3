"""The text node in ComfyUI's own Python, and its layers in ComfyUI's own compositor."""

from __future__ import annotations

from typing import Any

import pytest

CASES = """
import torch
from pack.nodes.text import TextOverlay
from pack.adstudio.types import Box, LayoutPlan, Mark, TextBlock
from pack.adstudio.errors import InputError

def refusal(call):
    try:
        call()
    except InputError as error:
        return error.code
    return None

plan = LayoutPlan(
    (
        TextBlock("headline", "따뜻한 커피", Box(0.05, 0.05, 0.7, 0.3)),
        TextBlock("price", "3,900원", Box(0.05, 0.6, 0.7, 0.8), was="5,500원", plate="panel"),
        TextBlock("cta", "주문하기", Box(0.05, 0.85, 0.5, 0.97)),
    ),
    marks=(Mark("logo", Box(0.6, 0.84, 0.95, 0.97)),),
)
torch.manual_seed(0)
small = torch.rand(2, 3, 12, 12)
photo = torch.nn.functional.interpolate(small, (384, 384), mode="bilinear").permute(0, 2, 3, 1).contiguous()
settings = dict(font="Pretendard", weight=800, min_px=12, plate="auto", shadow=True, outline=False)
logo = torch.zeros((1, 30, 90, 3)); logo[..., 0] = 0.9
left_out = torch.zeros((1, 30, 90)); left_out[:, :, 45:] = 1
image, plate, layers, report = TextOverlay.execute(photo, plan, **settings, logo=logo, logo_mask=left_out).result
alpha = plate[..., 3:]
try:
    from comfy_extras import nodes_compositor as core
    frames = core.expand_item_frames(core.document_items(layers[0]))
    alphas = [core.frame_alpha(each["tensor"], each["mask"]) for each in frames]
    state = core.state_from_items(frames, core.document_canvas(layers[0]))
    again = core.composite_from_state([each["tensor"] for each in frames], state, alphas)
    apart = float((again[0, ..., :3] - image[0]).abs().max())
except ImportError:
    apart = None
whole = torch.cat([logo, 1 - left_out[..., None]], -1)
answer = {
    "shapes": [list(each.shape) for each in (image, plate)] + [len(layers)],
    "names": [item["name"] for item in layers[0]["layers"]],
    "laid": float((photo * (1 - alpha) + plate[..., :3] * alpha - image).abs().max()),
    "apart": apart,
    "report": report.split("\\n\\n"),
    "alike": torch.equal(TextOverlay.execute(photo, plan, **settings, logo=whole).result[0], image),
    "refused": [
        refusal(lambda: TextOverlay.execute(photo, plan, **settings)),
        refusal(lambda: TextOverlay.execute(photo, plan, **settings, logo=logo, logo_mask=left_out[:, :10])),
        refusal(lambda: TextOverlay.execute(photo, plan, **settings, logo=torch.cat([logo] * 3))),
        refusal(lambda: TextOverlay.execute(photo, plan, **settings, logo=logo, fallback="Arial, //host/share/a.ttf")),
    ],
}
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_plate_and_layers_come_with_every_picture(seen: dict[str, Any]) -> None:
    assert seen["shapes"] == [[2, 384, 384, 3], [2, 384, 384, 4], 2]
    assert seen["names"][0] == "배경 이미지" and {"제목", "가격", "버튼", "로고"} < set(seen["names"])
    assert seen["laid"] < 1 / 255


def test_layers_make_the_picture_again_in_comfyuis_compositor(seen: dict[str, Any]) -> None:
    if seen["apart"] is None:
        pytest.skip("this ComfyUI has no layered compositor")
    assert seen["apart"] < 4 / 255  # its layers pass through 8 bits


def test_report_tells_of_every_picture(seen: dict[str, Any]) -> None:
    assert len(seen["report"]) == 2
    assert all("제목: #" in part and "로고: " in part for part in seen["report"])


def test_logo_is_taken_with_its_mask_or_its_alpha_and_missed(seen: dict[str, Any]) -> None:
    assert seen["alike"]
    assert seen["refused"] == ["text.logo_missing", "logo.mask_size", "logo.count", "text.font_is_a_path"]
