"""The way between ComfyUI's tensors and the library's arrays, in ComfyUI's own Python."""

from __future__ import annotations

from typing import Any

import pytest

CASES = """
import numpy as np, torch
from pack.nodes import _io
from pack.adstudio.errors import InputError

def refusal(call):
    try:
        call()
    except InputError as error:
        return [error.code, str(error), type(error).__module__ + "." + type(error).__name__]
    return None

gen = torch.Generator().manual_seed(1)
image = torch.rand((2, 5, 7, 3), generator=gen)
glass = torch.zeros((1, 4, 4, 4)); glass[..., 0] = 1; glass[0, 0, 0, 3] = 1; glass[0, 1, 1, 3] = 0.25
mask = torch.rand((2, 5, 7), generator=gen)
with torch.inference_mode():
    cached = torch.rand((1, 4, 4, 3), generator=gen)
before = cached.clone()
arrays = _io.to_arrays(cached)
arrays[0][:] = 0
colours, alpha = _io.to_arrays_with_alpha(glass)[0]
half = _io.to_arrays(image.half())[0]
nan = torch.zeros((1, 4, 4, 3)); nan[0, 2, 2, 1] = float("nan")
answer = {
    "round_trip": bool(torch.equal(_io.to_image(_io.to_arrays(image)), image)),
    "mask_round_trip": bool(torch.equal(_io.to_mask(_io.mask_to_arrays(mask)), mask)),
    "frame": [str(_io.to_arrays(image)[0].dtype), list(_io.to_arrays(image)[0].shape), len(_io.to_arrays(image))],
    "half": [str(half.dtype), float(np.abs(half - image[0].numpy()).max())],
    "input_untouched": bool(torch.equal(cached, before)),
    "opaque_pixel": _io.to_arrays(glass)[0][0, 0].tolist(),
    "clear_pixel": _io.to_arrays(glass)[0][3, 3].tolist(),
    "quarter_pixel": _io.to_arrays(glass)[0][1, 1].tolist(),
    "kept_colour": colours[3, 3].tolist(),
    "kept_alpha": [float(alpha[0, 0]), float(alpha[1, 1]), float(alpha[3, 3])],
    "no_alpha": _io.to_arrays_with_alpha(image)[0][1] is None,
    "grey": list(_io.to_arrays(torch.full((1, 3, 3, 1), 0.5))[0].shape),
    "whole": [
        bool(np.array_equal(_io.mask_to_arrays((mask > 0.5).to(kind))[0], (mask[0] > 0.5).numpy()))
        for kind in (torch.bool, torch.uint8, torch.int64)
    ],
    "odd": bool(torch.equal(_io.to_image(_io.to_arrays(image.double().transpose(1, 2))), image.transpose(1, 2))),
    "clipped": [float(_io.to_arrays(torch.full((1, 1, 1, 3), value))[0].max()) for value in (1.5, -1.0)],
    "bare_mask": [list(m.shape) for m in _io.mask_to_arrays(torch.zeros((6, 3)))],
    "four_d_masks": [list(_io.mask_to_arrays(torch.zeros(shape))[0].shape) for shape in ((2, 1, 6, 3), (2, 6, 3, 1))],
    "refused": {
        "mask for image": refusal(lambda: _io.to_arrays(mask)),
        "latent": refusal(lambda: _io.to_arrays({"samples": image})),
        "two channels": refusal(lambda: _io.to_arrays(torch.zeros((1, 4, 4, 2)))),
        "empty batch": refusal(lambda: _io.to_arrays(torch.zeros((0, 4, 4, 3)))),
        "bytes": refusal(lambda: _io.to_arrays((image * 255).to(torch.uint8))),
        "bytes for mask": refusal(lambda: _io.mask_to_arrays((mask * 255).to(torch.int64))),
        "nan": refusal(lambda: _io.to_arrays(nan)),
        "image for mask": refusal(lambda: _io.mask_to_arrays(image)),
        "two sizes": refusal(lambda: _io.to_image([np.zeros((4, 4, 3), np.float32), np.zeros((4, 5, 3), np.float32)])),
        "nothing": refusal(lambda: _io.to_mask([])),
    },
    "types": [socket.io_type for socket in (_io.Zit, _io.Prompt, _io.Copy, _io.Layout, _io.CutOutIO, _io.WriterIO)],
}
"""

REFUSALS = {
    "mask for image": "picture.wrong_shape",
    "latent": "picture.wrong_shape",
    "two channels": "picture.wrong_shape",
    "empty batch": "picture.wrong_shape",
    "bytes": "picture.wrong_numbers",
    "bytes for mask": "mask.wrong_numbers",
    "nan": "picture.not_a_number",
    "image for mask": "mask.wrong_shape",
    "two sizes": "picture.sizes_differ",
    "nothing": "mask.sizes_differ",
}


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_pictures_and_masks_survive_the_way_there_and_back(seen: dict[str, Any]):
    assert seen["round_trip"]
    assert seen["mask_round_trip"]
    assert seen["frame"] == ["float32", [5, 7, 3], 2]


def test_cached_tensors_are_never_touched(seen: dict[str, Any]):
    assert seen["input_untouched"]


def test_half_precision_grey_and_overshoot_are_taken(seen: dict[str, Any]):
    kind, error = seen["half"]
    assert kind == "float32"
    assert error < 1e-3
    assert seen["grey"] == [3, 3, 3]
    assert seen["clipped"] == [1.0, 0.0]


def test_whole_numbers_up_to_one_and_odd_strides_are_taken(seen: dict[str, Any]):
    assert seen["whole"] == [True] * 3
    assert seen["odd"]


def test_transparency_lies_on_white_or_comes_apart(seen: dict[str, Any]):
    assert seen["opaque_pixel"] == [1.0, 0.0, 0.0]
    assert seen["clear_pixel"] == [1.0, 1.0, 1.0]
    assert seen["quarter_pixel"] == [1.0, 0.75, 0.75]
    assert seen["kept_colour"] == [1.0, 0.0, 0.0]
    assert seen["kept_alpha"] == [1.0, 0.25, 0.0]
    assert seen["no_alpha"]


def test_masks_of_other_packs_are_taken(seen: dict[str, Any]):
    assert seen["bare_mask"] == [[6, 3]]
    assert seen["four_d_masks"] == [[6, 3], [6, 3]]


@pytest.mark.parametrize("case", REFUSALS)
def test_wrong_tensors_are_refused_in_words(seen: dict[str, Any], case: str):
    refusal = seen["refused"][case]
    assert refusal is not None
    code, sentence, kind = refusal
    assert code == REFUSALS[case]
    assert kind == "adstudio.InputError"
    assert sentence.endswith(".")


def test_each_socket_has_its_own_type(seen: dict[str, Any]):
    assert len(set(seen["types"])) == 6
    assert all(name.startswith("ADSTUDIO_") for name in seen["types"])
