"""The transformer under ComfyUI's names: nothing lost, and nothing copied that lies side by side already."""

from __future__ import annotations

import torch

from adstudio.engine.memory.components import Zit
from adstudio.engine.tensors.module_names import module_names
from adstudio.engine.tensors.native_names import native_config, native_name, native_tensors


def test_every_tensor_finds_its_way_there_and_back(zit: Zit) -> None:
    ours = zit.components.transformer.state_dict()
    native, copied = native_tensors(ours)
    back = {}
    for name, targets in module_names("transformer", native).items():
        pieces = native[name].chunk(len(targets), dim=0)
        back.update(zip(targets, pieces, strict=True))
    assert back.keys() == ours.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in ours.items())
    fused = [tensor for name, tensor in native.items() if ".attention.qkv." in name]
    assert copied == sum(tensor.nbytes for tensor in fused) > 0


def test_all_but_the_fused_layers_stay_where_they_are(zit: Zit) -> None:
    ours = zit.components.transformer.state_dict()
    native, _ = native_tensors(ours)
    places = {tensor.data_ptr() for tensor in ours.values()}
    assert all(tensor.data_ptr() in places for name, tensor in native.items() if ".attention.qkv." not in name)


def test_parts_of_a_fused_file_are_fused_without_a_copy() -> None:
    whole = torch.randn(12, 4)
    parts = dict(zip("qkv", whole.chunk(3), strict=True))
    tensors = {f"layers.0.attention.to_{letter}.weight": part for letter, part in parts.items()}
    native, copied = native_tensors(tensors)
    assert native["layers.0.attention.qkv.weight"].data_ptr() == whole.data_ptr()
    assert torch.equal(native["layers.0.attention.qkv.weight"], whole)
    assert copied == 0
    swapped = {
        "layers.0.attention.to_q.weight": parts["k"],
        "layers.0.attention.to_k.weight": parts["q"],
        "layers.0.attention.to_v.weight": parts["v"],
    }
    native, copied = native_tensors(swapped)
    assert torch.equal(native["layers.0.attention.qkv.weight"], torch.cat([parts["k"], parts["q"], parts["v"]]))
    assert copied == whole.nbytes


def test_parts_of_a_fused_layer_are_counted() -> None:
    assert native_name("layers.3.attention.to_k.weight") == ("layers.3.attention.qkv.weight", 1)
    assert native_name("layers.3.attention.to_out.0.weight") == ("layers.3.attention.out.weight", None)
    assert native_name("all_final_layer.2-1.linear.bias") == ("final_layer.linear.bias", None)


def test_the_inner_width_comes_out_exactly(zit: Zit) -> None:
    native, _ = native_tensors(zit.components.transformer.state_dict())
    config = native_config(zit.components.transformer.config, native)
    assert int(config["ffn_dim_multiplier"] * config["dim"]) == len(native["layers.0.feed_forward.w1.weight"])
