"""The doctor looks at weights and tokenizers: what is not whole, not fitting or of another model is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import released_checkpoint as released
import torch
from released_checkpoint import linked, write_hollow, write_json

from adstudio.engine.doctor import examine, examine_file, examine_folder, mend
from adstudio.engine.forms.diffusers_folder import read_folder


def edit_shapes(path: Path, change: Callable[[dict[str, tuple[int, ...]]], object]) -> None:
    from adstudio.engine.tensors.safetensors_header import read_header

    shapes = {name: info.shape for name, info in read_header(path).tensors.items()}
    change(shapes)
    path.unlink()
    write_hollow(path, shapes)


WEIGHTS = {
    "transformer": "transformer/diffusion_pytorch_model.safetensors",
    "text_encoder": "text_encoder/model.safetensors",
    "vae": "vae/diffusion_pytorch_model.safetensors",
}


HARM: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "a tensor of one block is gone": (
        "transformer",
        lambda shapes: shapes.pop("layers.7.feed_forward.w2.weight"),
        "transformer.blocks",
    ),
    "a block is gone": (
        "text_encoder",
        lambda shapes: [shapes.pop(name) for name in list(shapes) if name.startswith("layers.4.")],
        "text_encoder.blocks",
    ),
    "a block is narrower": (
        "transformer",
        lambda shapes: shapes.update({"layers.3.attention_norm1.weight": (1920,)}),
        "transformer.blocks",
    ),
    "the encoder is Qwen2": (
        "text_encoder",
        lambda shapes: [shapes.pop(name) for name in list(shapes) if "q_norm" in name or "k_norm" in name],
        "text_encoder.kind",
    ),
    "the VAE has other latents": (
        "vae",
        lambda shapes: shapes.update({"decoder.conv_in.weight": (512, 4, 3, 3)}),
        "vae.fits",
    ),
    "the encoder is narrower": (
        "text_encoder",
        lambda shapes: shapes.update({"embed_tokens.weight": (151936, 1024)}),
        "text_encoder.fits",
    ),
    "the vocabulary is smaller": (
        "text_encoder",
        lambda shapes: shapes.update({"embed_tokens.weight": (32000, 2560)}),
        "tokenizer.length",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_weights_that_are_not_whole_or_do_not_fit_are_reported(harm: str, turbo: Path, tmp_path: Path) -> None:
    part, change, rule = HARM[harm]
    path = linked(turbo, tmp_path / "copy")
    edit_shapes(path / WEIGHTS[part], change)
    findings = examine(read_folder(path))
    assert rule in {finding.rule for finding in findings if not finding.mended}
    assert rule in {finding.rule for finding in mend(read_folder(path))[1] if not finding.mended}


def test_another_models_transformer_is_named_as_such(turbo: Path, tmp_path: Path) -> None:
    path = linked(turbo, tmp_path / "copy")
    edit_shapes(path / WEIGHTS["transformer"], lambda shapes: shapes.clear() or shapes.update({"blocks.0.w": (8, 8)}))
    assert [(f.rule, f.mended) for f in mend(read_folder(path))[1] if f.part == "transformer"] == [
        ("transformer.kind", False)
    ]


TOKENIZER_HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "no template": (
        lambda path: edit(path / "tokenizer_config.json", chat_template=None),
        "tokenizer.chat_template",
    ),
    "no pad token": (lambda path: edit(path / "tokenizer_config.json", pad_token=None), "tokenizer.pad_token"),
    "no marks": (lambda path: edit(path / "tokenizer.json", added_tokens=[]), "tokenizer.marks"),
    "marks of another model": (
        lambda path: edit(
            path / "tokenizer.json",
            added_tokens=[{"id": 200 + n, "content": token} for n, token in enumerate(released.SPECIAL_IDS)],
        ),
        "tokenizer.marks",
    ),
    "not readable": (lambda path: (path / "tokenizer.json").write_text("{"), "tokenizer.vocabulary"),
}


def edit(path: Path, **changes: Any) -> None:
    content = {**json.loads(path.read_text()), **changes}
    write_json(path, {key: value for key, value in content.items() if value is not None})


@pytest.mark.parametrize("harm", TOKENIZER_HARM)
def test_a_damaged_tokenizer_is_reported(harm: str, turbo: Path, tmp_path: Path) -> None:
    path = linked(turbo, tmp_path / "copy")
    TOKENIZER_HARM[harm][0](path / "tokenizer")
    findings = mend(read_folder(path))[1]
    assert [(finding.rule, finding.mended) for finding in findings] == [(TOKENIZER_HARM[harm][1], False)]


def test_a_template_may_lie_in_a_file_of_its_own(turbo: Path, tmp_path: Path) -> None:
    path = linked(turbo, tmp_path / "copy")
    edit(path / "tokenizer" / "tokenizer_config.json", chat_template=None)
    (path / "tokenizer" / "chat_template.jinja").write_text("{{ messages }}")
    assert examine(read_folder(path)) == ()


def test_split_files_and_their_shipped_configurations_are_healthy(tmp_path: Path) -> None:
    """Files that come without a configuration get the pack's own, which names no class and no dtype."""
    from checkpoint_forms import build_typical, write_split

    split = write_split(build_typical(tmp_path / "folder"), tmp_path / "models")
    assert examine_file(split, None).findings == ()


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8])
def test_weights_that_loading_refuses_are_not_healthy(dtype: torch.dtype, tmp_path: Path) -> None:
    from checkpoint_forms import build_typical, native, tensors_of, write_split

    folder = build_typical(tmp_path / "folder")
    tensors = native(tensors_of(folder, "transformer"))
    tensors["layers.0.feed_forward.w1.weight"] = tensors["layers.0.feed_forward.w1.weight"].to(dtype)
    (finding,) = examine_file(write_split(folder, tmp_path / "models", transformer=tensors), None).findings
    assert finding.rule == "transformer.storage" and not finding.mended and "8" in finding.message


def test_what_storage_will_cost_is_said_and_is_no_fault(tiny: Path, tiny_float: Path) -> None:
    diagnosis = examine_folder(tiny_float)
    assert diagnosis.findings == () and any("float32" in note for note in diagnosis.notes)
    assert examine_folder(tiny).notes == ()
