"""The cut-out node, tried in ComfyUI's own Python."""

from __future__ import annotations

from typing import Any

import pytest

CASES = """
import json, tempfile, pathlib
import torch
import folder_paths
from pack.nodes import _folders
from pack.nodes.cutout import BackgroundRemoval
from pack.adstudio.errors import AdStudioError

def refusal(call):
    try:
        call()
    except AdStudioError as error:
        return [error.code, error.message, error.figures]
    return None

def photo(height, width, colour=(0.8, 0.1, 0.2)):
    one = torch.full((1, height, width, 3), 0.75)
    one[:, height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = torch.tensor(colour)
    return one

def cut(image, method="geodesic", **more):
    return BackgroundRemoval.execute(image, method, more.pop("invert_mask", False), 0.0, **more)

good = photo(96, 128)
mask = torch.zeros((1, 48, 64)); mask[:, 12:36, 16:48] = 1
soft = torch.nn.functional.avg_pool2d(mask[None], 5, 1, 2)[0]
broken = good.clone(); broken[0, 5, 5, 0] = float("nan")
batch = torch.cat([good, torch.full_like(good, 0.75)])
alpha = torch.cat([good, (good[..., :1] > 0.76).float()], dim=-1)
dot = torch.zeros((1, 96, 128)); dot[:, 50, 60] = 1
full = torch.zeros((1, 96, 128)); full[:, 24:72, 32:96] = 1
kept = good.clone()
cuts, image, matte, report = cut(good).args
with tempfile.TemporaryDirectory() as folder:
    folder_paths.folder_names_and_paths.pop("rembg", None)
    folder_paths.models_dir = folder
    answer = {
        "shapes": [list(image.shape), list(matte.shape), list(cuts[0].rgba.shape[2:])],
        "place": [list(cuts[0].origin_px), list(cuts[0].source_px)],
        "untouched": bool(torch.equal(good, kept)),
        "report": report,
        "half mask": float(cut(good, "mask", mask=mask).args[2][0, 48, 64]),
        "turned": float(cut(good, "mask", mask=mask == 0, invert_mask=True).args[2][0, 48, 64]),
        "soft mask": float(cut(good, "mask", mask=soft).args[2].unique().numel()),
        "alpha": cut(alpha, "auto").args[3],
        "lists": [list(cut(photo(*size)).args[2].shape) for size in ((96, 128), (200, 80))],
        "nan": refusal(lambda: cut(broken)),
        "second": refusal(lambda: cut(batch)),
        "tiny": refusal(lambda: cut(torch.cat([good, good]), "mask", mask=torch.cat([full, dot]))),
        "tiny alone": refusal(lambda: cut(good, "mask", mask=dot)),
        "empty": refusal(lambda: cut(good, "mask", mask=torch.zeros((1, 96, 128)))),
        "dot": refusal(lambda: cut(good, "mask", mask=dot)),
        "shape": refusal(lambda: cut(good, "mask", mask=mask[:, :20])),
        "weights": refusal(lambda: cut(good, "rembg:u2net")),
        "folder": str(_folders.weights_folder("rembg").relative_to(folder)),
        "widgets": [each.id for each in BackgroundRemoval.define_schema().inputs],
    }
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_photo_keeps_its_frame_and_the_product_its_place(seen: dict[str, Any]):
    assert seen["shapes"] == [[1, 96, 128, 4], [1, 96, 128], [4]]
    (left, top), source = seen["place"]
    assert source == [128, 96] and abs(left - 32) <= 1 and abs(top - 24) <= 1
    assert seen["untouched"], "ComfyUI hands the same tensor to other nodes"
    assert seen["report"].startswith("method: geodesic (part of Ad Studio, free for business)")


def test_masks_of_other_nodes_fit(seen: dict[str, Any]):
    assert seen["half mask"] == seen["turned"] == 1
    assert seen["soft mask"] > 5
    assert "transparency was used" in seen["alpha"]
    assert seen["lists"] == [[1, 96, 128], [1, 200, 80]]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("nan", "picture.not_a_number"),
        ("second", "cutout.nothing_found"),
        ("empty", "cutout.empty_mask"),
        ("dot", "cutout."),
        ("shape", "cutout.mask_size"),
    ],
)
def test_bad_input_is_named(seen: dict[str, Any], case: str, code: str):
    assert seen[case][0].startswith(code), seen[case]


def test_photo_of_a_batch_is_named(seen: dict[str, Any]):
    assert seen["second"][1].startswith("Photo 2 of 2: ")
    assert seen["second"][2] == {"number": 2, "of": 2}
    assert seen["tiny"][2] == {"number": 2, "of": 2, **seen["tiny alone"][2]} != {"number": 2, "of": 2}


def test_models_belong_into_comfyuis_folder_and_are_not_fetched_unasked(seen: dict[str, Any]):
    assert seen["folder"] == "rembg"
    assert seen["weights"][0] in ("cutout.no_weights", "dependency.missing")


def test_widgets_keep_their_order(seen: dict[str, Any]):
    """Workflows store the values by position."""
    kept = ["image", "mask", "method", "invert_mask", "edge_trim_px", "allow_download"]
    assert seen["widgets"] == [*kept, "device"]
