"""The composite and shadow nodes in ComfyUI's own Python, and their layers in ComfyUI's own compositor."""

from __future__ import annotations

from typing import Any

import pytest

CASES = """
import numpy as np, torch
from pack.nodes.compose import BackgroundComposite, Shadow
from pack.adstudio.types import CutOut, LayoutPlan, Placement
from pack.adstudio.errors import InputError

class Quiet:
    unique_id = None

BackgroundComposite.hidden = Quiet()

def refusal(call):
    try:
        call()
    except InputError as error:
        return error.code
    return None

rgba = np.ones((60, 40, 4), np.float32); rgba[..., :3] = (0.8, 0.2, 0.1)
cut = CutOut(rgba, "mask", origin_px=(20, 10), source_px=(90, 100))
torn = CutOut(rgba * np.float32("nan"), "mask")
ramp = torch.linspace(0.9, 0.4, 128)[None, None, :, None].expand(2, 128, 128, 3).contiguous()
by_hand = dict(manual_placement=True, x=0.5, base_y=0.8, height=0.4, light="auto", shadow=1.0, harmonize=0.3)
done = BackgroundComposite.execute(ramp, cut, cutout_2=cut, **by_hand)
image, mask, receipt, plate, layers, placed = done.result
old = BackgroundComposite.execute(ramp[:1], cut, **by_hand).result[0]
plan = LayoutPlan(products=(Placement(0.3, 0.9, 0.4),))
by_plan, by_angle = by_hand | {"manual_placement": False}, by_hand | {"light": "angle"}
lying = BackgroundComposite.execute(ramp[:1], cut, layout=plan, stance="flat_lay", **by_plan)
turned = BackgroundComposite.execute(ramp[:1], cut, rotation=90.0, **by_hand).result[1]
left, right = (
    BackgroundComposite.execute(ramp[:1], cut, light_angle=angle, light_height=40.0, **by_angle).result[0]
    for angle in (-70.0, 70.0)
)
try:
    from comfy_extras import nodes_compositor as core
    frames = core.expand_item_frames(core.document_items(layers[0]))
    alphas = [core.frame_alpha(each["tensor"], each["mask"]) for each in frames]
    state = core.state_from_items(frames, core.document_canvas(layers[0]))
    again = core.composite_from_state([each["tensor"] for each in frames], state, alphas)
    apart = float((again[0, ..., :3] - image[0]).abs().max())
except ImportError:
    apart = None
shade, density = Shadow.execute("left", "standing", 1.0, False, cutout=cut).result
alone = torch.zeros((2, 64, 64)); alone[:, 20:40, 25:35] = 1
answer = {
    "shapes": [list(each.shape) for each in (image, mask, plate)] + [len(layers), len(layers[0]["layers"])],
    "shown": list(done.ui.as_dict()["text"]),
    "names": [item["name"] for item in layers[0]["layers"]],
    "apart": apart,
    "stances": [receipt, BackgroundComposite.execute(ramp[:1], cut, stance="hanging", **by_hand).result[2]],
    "placed": [[each.height for each in placed.for_frame(index).products] for index in (0, 1)],
    "old": list(old.shape),
    "lying": list(lying.result[0].shape),
    "turned": [int((turned[0].amax(0) > 0.5).sum()), int((turned[0].amax(1) > 0.5).sum())],
    "angle": [float((left - right)[0, 85:100, 20:45].mean()), float((left - right)[0, 85:100, 85:110].mean())],
    "shadow": [list(shade.shape), list(density.shape), float(density[0, 12:68, 22:58].max()), float(density.max())],
    "masks": list(Shadow.execute("auto", "hanging", 1.0, True, mask=alone, backdrop=ramp[:1]).result[0].shape),
    "refused": {
        "both": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False, cutout=cut, mask=alone)),
        "neither": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False)),
        "empty": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False, mask=alone * 0)),
        "nan": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False, mask=alone * float("nan"))),
        "batch": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False, mask=alone, backdrop=ramp[[0, 1, 0]])),
        "limit": refusal(lambda: BackgroundComposite.execute(
            ramp[:1], cut, fidelity_limit=0.01, **(by_hand | {"harmonize": 1.0}))),
        "places": refusal(lambda: BackgroundComposite.execute(
            ramp[:1], cut, cutout_2=cut, layout=plan, **by_plan)),
        "product": refusal(lambda: BackgroundComposite.execute(ramp[:1], cut, cutout_2=torn, **by_hand)),
        "no rows": refusal(lambda: BackgroundComposite.execute(ramp[:1], CutOut(rgba[:0], "mask"), **by_hand)),
        "its shadow": refusal(lambda: Shadow.execute("auto", "standing", 1.0, False, cutout=torn)),
    },
}
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_the_receipt_says_why_a_product_stands_unless_it_was_told_to(seen: dict[str, Any]):
    found, told = seen["stances"]
    assert "Product 1: standing, for the backdrop shows no ground line" in found and "Product 2: standing" in found
    assert "Product 1: " not in told


def test_the_receipt_is_shown_on_the_node(seen: dict[str, Any]):
    assert seen["shown"] == [seen["stances"][0]] and "mean delta E" in seen["shown"][0]


def test_every_backdrop_gives_a_picture_a_mask_a_plate_and_a_stack(seen: dict[str, Any]):
    assert seen["shapes"] == [[2, 128, 128, 3], [2, 128, 128], [2, 128, 128, 4], 2, len(seen["names"])]
    assert seen["names"][0] == "backdrop" and {"shadow", "product 1", "product 2"} <= set(seen["names"])


def test_where_the_products_stand_is_told_for_every_backdrop(seen: dict[str, Any]):
    (first, second), *others = seen["placed"]
    assert first == 0.4 and second < first  # the second one stands farther back
    assert others == [[first, second]]


def test_comfyuis_compositor_gives_the_same_picture(seen: dict[str, Any]):
    if seen["apart"] is None:
        pytest.skip("this ComfyUI has no layered compositor")
    assert seen["apart"] < 3 / 255  # its layers pass through 8 bits


def test_saved_workflows_without_the_new_widgets_run(seen: dict[str, Any]):
    assert seen["old"] == [1, 128, 128, 3] and seen["lying"] == [1, 128, 128, 3]


def test_widgets_reach_the_library(seen: dict[str, Any]):
    wide, tall = seen["turned"]
    assert wide > tall
    on_the_left, on_the_right = seen["angle"]
    assert on_the_left > 0.01 and on_the_right < -0.01


def test_shadow_is_zero_inside_its_product(seen: dict[str, Any]):
    shade, density, inside, most = seen["shadow"]
    assert shade == [1, 100, 90, 3] and density == [1, 100, 90]
    assert inside == 0 and most > 0.3
    assert seen["masks"] == [2, 64, 64, 3]


def test_what_cannot_be_is_refused(seen: dict[str, Any]):
    assert seen["refused"] == {
        "both": "shadow.one_shape",
        "neither": "shadow.one_shape",
        "empty": "shadow.empty",
        "nan": "mask.not_a_number",
        "batch": "backdrop.count",
        "limit": "composite.fidelity",
        "places": "composite.placements",
        "product": "composite.not_a_number",
        "no rows": "composite.empty_product",
        "its shadow": "composite.not_a_number",
    }
