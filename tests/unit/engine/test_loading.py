"""Loading costs no memory of its own, happens once, and can be asked for from anywhere."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from adstudio.engine.forms import assembly
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Note


def parts_of(zit: Zit) -> list[torch.nn.Module]:
    parts = zit.components
    return [parts.transformer, parts.text_encoder, parts.vae]


def test_every_tensor_has_values_and_the_files_dtype(zit: Zit):
    for module in parts_of(zit):
        assert not module.training
        for name, parameter in module.named_parameters():
            assert parameter.dtype == torch.bfloat16, name
            assert not parameter.is_meta
            assert not parameter.requires_grad
        assert not any(buffer.is_meta for buffer in module.buffers())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_weights_are_the_mapped_files(zit: Zit):
    spans = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].endswith(".safetensors"):
            first, last = (int(part, 16) for part in fields[0].split("-"))
            spans.append((first, last, fields[5]))
    for module in parts_of(zit):
        for name, parameter in module.named_parameters():
            place = [file for first, last, file in spans if first <= parameter.data_ptr() < last]
            assert place, f"{name} was copied into memory"
            assert Path(place[0]).is_relative_to(zit.checkpoint.path)


def test_one_set_of_components_for_every_handle(tiny: Path, zit: Zit, host: TorchHost):
    again = load(str(tiny), TorchHost("cpu", model_dirs=[]))
    assert again.components is zit.components


def test_many_threads_load_once(tiny: Path, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    registry.forget()
    built, real = [], assembly.build_transformer
    monkeypatch.setattr(
        assembly,
        "build_transformer",
        lambda part, watcher: built.append(part.files[0].parent.parent.name) or real(part, watcher),
    )
    found: list[Zit] = []
    threads = [threading.Thread(target=lambda: found.append(load(tiny, host))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert built == ["bf16"]
    assert len({id(zit.components) for zit in found}) == 1


def test_a_changed_file_is_loaded_anew(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    path = copy_of(tiny)
    first = load(path, host)
    weights = path / "vae/diffusion_pytorch_model.safetensors"
    stat = weights.stat()
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**10))
    assert load(path, host).components is not first.components


def test_tensors_without_a_place_are_told(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    """A finetune with biases of its own draws other pictures without them; a log alone is seldom read."""
    from safetensors.torch import load_file, save_file

    path = copy_of(tiny)
    for name, extra in (
        ("transformer/diffusion_pytorch_model.safetensors", ["layers.0.attention.to_q.bias", "layers.1.extra.weight"]),
        ("text_encoder/model.safetensors", ["layers.0.self_attn.rotary_emb.inv_freq"]),
    ):
        tensors = {key: value.clone() for key, value in load_file(path / name).items()}
        (path / name).chmod(0o644)
        save_file(tensors | {key: torch.ones(4) for key in extra}, path / name)
    for _ in range(2):  # also when it is known
        (note,) = [note for note in load(path, host).checkpoint.notes if "no place" in note]
        assert isinstance(note, Note) and note.figures["count"] == 2
        assert "2 tensors" in note and "layers.0.attention.to_q.bias" in note and "transformer" in note
    assert not any("no place" in note for note in load(tiny, host).checkpoint.notes)


def test_of_many_checkpoints_the_two_used_last_are_kept(tiny: Path, tmp_path: Path, host: TorchHost):
    registry.forget()
    paths = [Path(shutil.copytree(tiny, tmp_path / name)) for name in ("one", "two", "three")]
    used = [load(path, host).components.transformer for path in paths[:2]]
    ghosts = [weakref.ref(module) for module in used if residence_of(module)]  # from here on they hold each other
    del used
    again = load(paths[0], host).components.transformer
    assert again is ghosts[0](), "it was known"
    del again
    gc.disable()
    try:
        load(paths[2], host)
    finally:
        gc.enable()
    assert [ghost() is not None for ghost in ghosts] == [True, False], "the one that was used longest ago goes at once"
    assert len(registry._kept) == 2
    registry.forget()


def test_loading_under_inference_mode_gives_ordinary_tensors(tiny: Path, host: TorchHost):
    registry.forget()
    with torch.inference_mode():
        loaded = load(tiny, host)
    assert not any(parameter.is_inference() for module in parts_of(loaded) for parameter in module.parameters())


def test_a_language_models_file_serves_as_text_encoder(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    from safetensors.torch import load_file, save_file

    path = copy_of(tiny)
    weights = path / "text_encoder/model.safetensors"
    tensors = {f"model.{name}": value.clone() for name, value in load_file(weights).items()}
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    weights.chmod(0o644)
    save_file(tensors, weights)
    loaded, plain = load(path, host), load(tiny, host)
    assert torch.equal(
        loaded.components.text_encoder.layers[1].mlp.up_proj.weight,
        plain.components.text_encoder.layers[1].mlp.up_proj.weight,
    )
