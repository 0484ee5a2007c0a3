"""How strongly an adapter's file says that it works: by an alpha beside each layer, or by PEFT's notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lora_files import RANK, fused_pairs, kohya, native, peft, random_pairs, save

from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora import scales
from adstudio.engine.lora.keys import plan_patches
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.tensors.safetensors_header import read_header
from adstudio.errors import ModelError
from adstudio.types import Array


def draw(zit: Zit, host: TorchHost) -> Array:
    return text_to_image(zit, "a marble podium", width=64, height=64, seed=2, steps=3, host=host).images[0]


@pytest.mark.parametrize(
    ("facts", "scale"),
    [
        ({"lora_alpha": 2, "alpha_pattern": {r"layers\.\d+\.attention\.to_.*": 8}}, {"attention": 2.0, "feed": 0.5}),
        ({"lora_alpha": 2, "alpha_pattern": {"^layers.0.attention.to_q": 8}}, {"0.attention.to_q": 2.0, "feed": 0.5}),
        ({"lora_alpha": 2, "alpha_pattern": {"o_q": 8, "(": 8}}, {"attention.to_q": 0.5}),  # not the end of a name
        ({"lora_alpha": 2, "alpha_pattern": {"a{99999999999}": 8, "(" * 4000 + ")" * 4000: 8}}, {"attention": 0.5}),
        ({"lora_alpha": 2, "alpha_pattern": {"(?R)": 8, r"\p{L}.*": 8}}, {"attention": 0.5}),  # none of Python's own
        ({"lora_alpha": 2, "alpha_pattern": {r"(?:\w+\.)*to_[qk]": 8}}, {"to_q": 2.0, "to_v": 0.5}),
        ({"lora_alpha": 2, "use_rslora": True}, {"attention": 1.0}),
        ({"lora_alpha": "2", "alpha_pattern": "x"}, {"attention": 1.0}),
        ({"lora_alpha": float("nan"), "alpha_pattern": {"to_q": 10**400, "to_k": 8}}, {"to_q": 1.0, "to_k": 2.0}),
        ({"lora_alpha": float("inf")}, {"attention": 1.0}),
        ([1], {"attention": 1.0}),
        (None, {"attention": 1.0}),
    ],
)
def test_what_pefts_notes_say_of_each_layer(facts: Any, scale: dict[str, float], zit: Zit, tmp_path: Path):
    pairs = random_pairs(zit.components.linears)
    if isinstance(facts, dict):
        facts = {f"transformer.{key}": value for key, value in facts.items()}
    path = save(tmp_path, peft(pairs), lora_adapter_metadata=json.dumps(facts))
    patches = plan_patches(read_header(path), zit.components.linears, path.name)
    assert len(patches) == len(pairs)
    for piece, wanted in scale.items():
        assert {patch.scale for patch in patches if piece in patch.layer} == {wanted}, piece


def test_pefts_notes_may_speak_of_a_fused_layer(zit: Zit, tmp_path: Path):
    facts = json.dumps({"transformer.lora_alpha": 2, "transformer.alpha_pattern": {"attention.qkv": 8}})
    pairs = native(fused_pairs(zit.components.linears))
    path = save(tmp_path, peft(pairs, "diffusion_model."), lora_adapter_metadata=facts)
    patches = plan_patches(read_header(path), zit.components.linears, path.name)
    parts = {patch.layer.rpartition(".")[2]: patch.scale for patch in patches if ".attention." in patch.layer}
    assert parts == {"to_q": 2.0, "to_k": 2.0, "to_v": 2.0, "0": 0.5}


@pytest.mark.parametrize(
    "patterns",
    [
        [r"(\w|[a-z]|.)*[A-Z]"],
        [rf"(.|.){{14}}[A-Z]{{1,{number}}}" for number in range(1, 5_000)],
        [f"x{number}" for number in range(50_000)],
        ["|".join(["to_q"] * 5_000)],
    ],
    ids=("one is hopeless", "each takes its time", "there are too many", "longer than any"),
)
def test_patterns_that_would_keep_the_loader_busy_are_refused(
    patterns: list[str], zit: Zit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scales, "_PATIENCE_S", 0.3)  # Python's own matcher tries some 3 ** 20 ways
    facts = json.dumps({"transformer.lora_alpha": 2, "transformer.alpha_pattern": dict.fromkeys(patterns, 8)})
    path = save(tmp_path, peft(random_pairs(zit.components.linears)), "style", lora_adapter_metadata=facts)
    with pytest.raises(ModelError, match="takes too long") as refused:
        plan_patches(read_header(path), zit.components.linears, path.name)
    assert refused.value.code == "lora.slow_pattern"
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("text", ["[" * 200_000, "{", ""], ids=len)
def test_notes_that_are_none_say_nothing(text: str, zit: Zit, tmp_path: Path):
    path = save(tmp_path, peft(random_pairs(zit.components.linears)), lora_adapter_metadata=text)
    patches = plan_patches(read_header(path), zit.components.linears, path.name)
    assert {patch.scale for patch in patches} == {1.0}


def test_an_alpha_of_zero_adds_nothing_and_none_adds_all(zit: Zit, host: TorchHost, tmp_path: Path):
    pairs = random_pairs(zit.components.linears)
    nothing, all_of_it, same = (
        draw(with_loras(zit, [LoraUse(save(tmp_path, kohya(pairs, alpha), f"a{alpha}"))]), host)
        for alpha in (0.0, None, RANK)
    )
    assert np.array_equal(nothing, draw(zit, host))
    assert np.array_equal(all_of_it, same) and not np.array_equal(same, nothing)
