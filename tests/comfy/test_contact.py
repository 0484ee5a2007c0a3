"""The contact node in ComfyUI's own Python: products stay bit by bit, and so does what it cannot use."""

from __future__ import annotations

from typing import Any

import pytest

SCRIPT = """
import tempfile, pathlib
import torch
sys.path.insert(0, place + "/tests")
from pack.adstudio.engine.memory import components
from pack.adstudio.engine.memory.components import load
from pack.adstudio.engine.memory.torch_host import TorchHost
from pack.adstudio.errors import InputError
from pack.nodes.generate import ContactBlend
from tiny_checkpoint import build_checkpoint

class Quiet:
    unique_id = None

ContactBlend.hidden = Quiet()
zit = load(build_checkpoint(pathlib.Path(tempfile.mkdtemp()) / "tiny"), TorchHost("cpu", model_dirs=[]))

def refuse(*_):
    raise AssertionError("loaded again")

components._build = refuse
image = torch.linspace(0.9, 0.4, 96)[None, None, :, None].expand(2, 96, 96, 3).contiguous()
mask = torch.zeros(1, 96, 96); mask[:, 20:70, 30:60] = 1; mask[:, 20:70, 29] = 0.5
given = dict(zit=zit, image=image, mask=mask, reach=0.12, seed=3, steps=4, text="a marble table")

def refusal(**change):
    try:
        ContactBlend.execute(**(given | {"strength": 0.5} | change))
    except InputError as error:
        return error.code
    return None

with torch.inference_mode():
    blended, zone, receipt = ContactBlend.execute(strength=0.5, **given).result
    untouched, none, said = ContactBlend.execute(strength=0.0, **given).result
    inside = (mask[0] == 1)
    answer = {
        "shapes": [list(blended.shape), list(zone.shape)],
        "inside": float((blended - image)[:, inside].abs().max()),
        "ground": float((blended - image)[0][zone[0] > 0.5].abs().mean()),
        "beyond": float((blended - image)[zone == 0].abs().max()),
        "apart": float((blended[0] - blended[1]).abs().max()),
        "receipt": receipt,
        "off": [bool(torch.equal(untouched, image)), float(none.max()), said],
        "refused": [
            refusal(mask=mask.repeat(3, 1, 1)),
            refusal(mask=torch.ones(1, 50, 96)),
            refusal(mask=mask * float("nan")),
            refusal(text=""),
        ],
    }
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(SCRIPT)


def test_the_ground_changes_and_no_product_does(seen: dict[str, Any]):
    assert seen["shapes"] == [[2, 96, 96, 3], [2, 96, 96]]
    assert seen["inside"] == 0 and seen["beyond"] == 0
    assert seen["ground"] > 0.01
    assert seen["apart"] > 0, "each picture of a batch has a seed of its own"
    assert seen["receipt"].count("2 evaluations; largest change inside the product 0") == 2


def test_strength_0_hands_the_picture_on(seen: dict[str, Any]):
    same, most, said = seen["off"]
    assert same and most == 0 and "nothing was drawn anew" in said


def test_what_cannot_be_is_refused(seen: dict[str, Any]):
    assert seen["refused"][:3] == ["mask.count", "contact.sizes", "mask.not_a_number"]
    assert seen["refused"][3], "a prompt is asked for"
