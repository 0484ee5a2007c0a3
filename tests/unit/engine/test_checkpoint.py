"""A checkpoint is described by what lies in it, and a broken one is refused in one sentence before it is used."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoint import build_checkpoint

from adstudio import config
from adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from adstudio.engine.forms.diffusers_folder import is_folder_form
from adstudio.engine.forms.layouts import may_be_zimage
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import ModelError

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"
ENCODER = "text_encoder/model.safetensors"


def edit_json(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text())
    content.update(changes)
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def edit_tensors(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = {name: value.clone() for name, value in load_file(path).items()}
    change(tensors)
    path.chmod(0o644)
    save_file(tensors, path)


def only_index(path: Path, content: object) -> None:
    (path / WEIGHTS).unlink()
    (path / f"{WEIGHTS}.index.json").write_text(json.dumps(content))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def edit_header(path: Path, name: str) -> None:
    """Say another shape of a tensor than its bytes have."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    header[name]["shape"] = [3, 5]
    text = json.dumps(header).encode()
    path.chmod(0o644)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (lambda p: (p / WEIGHTS).unlink(), "checkpoint.file_missing"),
    "empty weights": (lambda p: (p / WEIGHTS).write_bytes(b""), "checkpoint.empty_file"),
    "lfs pointer": (
        lambda p: (p / "vae/diffusion_pytorch_model.safetensors").write_text(
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
        ),
        "checkpoint.lfs_pointer",
    ),
    "lfs pointer for a config": (
        lambda p: (p / "vae/config.json").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "checkpoint.lfs_pointer",
    ),
    "lfs pointer for the tokenizer": (
        lambda p: (p / "tokenizer/tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1\noid x\n"),
        "checkpoint.lfs_pointer",
    ),
    "an index of nothing": (lambda p: only_index(p, {"weight_map": ["a.safetensors"]}), "checkpoint.bad_config"),
    "an index that leads out": (
        lambda p: only_index(p, {"weight_map": {"x": "../vae/diffusion_pytorch_model.safetensors"}}),
        "checkpoint.bad_config",
    ),
    "an index without files": (lambda p: only_index(p, {"weight_map": {}}), "checkpoint.file_missing"),
    "half downloaded": (lambda p: cut(p / WEIGHTS), "checkpoint.truncated"),
    "cut inside the header": (
        lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes()[:100]),
        "checkpoint.truncated",
    ),
    "bytes joined to its end": (
        lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes() + b"again"),
        "checkpoint.too_long",
    ),
    "a web page": (lambda p: (p / WEIGHTS).write_text("<html>" + "x" * 500), "checkpoint.not_safetensors"),
    "no config": (lambda p: (p / "transformer/config.json").unlink(), "checkpoint.not_diffusers"),
    "broken config": (lambda p: (p / "vae/config.json").write_text("{"), "checkpoint.bad_config"),
    "no scheduler": (lambda p: (p / "scheduler/scheduler_config.json").unlink(), "checkpoint.file_missing"),
    "a vocabulary without merges": (
        lambda p: (p / "tokenizer/tokenizer.json").rename(p / "tokenizer/vocab.json"),
        "checkpoint.file_missing",
    ),
    "no tokenizer": (lambda p: (p / "tokenizer/tokenizer.json").unlink(), "checkpoint.file_missing"),
    "other text encoder": (
        lambda p: edit_tensors(p / ENCODER, lambda t: [t.pop(name) for name in list(t) if "q_norm" in name]),
        "checkpoint.wrong_class",
    ),
    "other transformer": (
        lambda p: edit_tensors(p / WEIGHTS, lambda t: t.pop("layers.0.adaLN_modulation.0.weight")),
        "checkpoint.wrong_class",
    ),
    "eight-bit weights": (
        lambda p: edit_tensors(p / WEIGHTS, lambda t: t.update(x_pad_token=t["x_pad_token"].to(torch.int8))),
        "checkpoint.unsupported_dtype",
    ),
}
DAMAGE_SEEN_AT_LOAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a tensor missing": (
        lambda p: edit_tensors(p / WEIGHTS, lambda t: t.pop("layers.1.feed_forward.w2.weight")),
        "checkpoint.tensor_missing",
    ),
    "a tensor of another shape": (
        lambda p: edit_tensors(p / WEIGHTS, lambda t: t.update(cap_pad_token=torch.zeros(1, 40, dtype=torch.bfloat16))),
        "checkpoint.wrong_shape",
    ),
    "a config of sizes that do not divide": (
        lambda p: edit_json(p / "vae/config.json", norm_num_groups=7),
        "checkpoint.bad_config",
    ),
    "a shape of other bytes": (lambda p: edit_header(p / WEIGHTS, "cap_pad_token"), "checkpoint.not_safetensors"),
    "half a tokenizer": (lambda p: cut(p / "tokenizer/tokenizer.json"), "checkpoint.bad_tokenizer"),
    "a tokenizer that is a list": (
        lambda p: (p / "tokenizer/tokenizer.json").write_text("[]"),
        "checkpoint.bad_tokenizer",
    ),
    "a tokenizer's configuration that is a list": (
        lambda p: (p / "tokenizer/tokenizer_config.json").write_text("[]"),
        "checkpoint.bad_tokenizer",
    ),
    "no chat template": (
        lambda p: (
            [f.unlink() for f in p.glob("tokenizer/chat_template*")]
            and edit_json(p / "tokenizer/tokenizer_config.json", chat_template=None)
        ),
        "checkpoint.bad_tokenizer",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_checkpoint_is_refused_when_opened(damage: str, tiny: Path, copy_of: Callable[[Path], Path]):
    path = copy_of(tiny)
    harm, code = DAMAGE[damage]
    harm(path)
    with pytest.raises(ModelError) as caught:
        open_checkpoint(path)
    assert caught.value.code == code
    assert caught.value.hint
    assert str(path) in caught.value.message


@pytest.mark.parametrize("damage", DAMAGE_SEEN_AT_LOAD)
def test_what_only_loading_shows_is_refused_then(
    damage: str, tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
):
    path = copy_of(tiny)
    harm, code = DAMAGE_SEEN_AT_LOAD[damage]
    harm(path)
    with pytest.raises(ModelError) as caught:
        load(path, host)
    assert caught.value.code == code
    load(tiny, host)  # the next load is fine


def test_the_checkpoint_dictates_grid_base_and_prompt_length(tiny: Path, tmp_path: Path):
    real_grid = open_checkpoint(tiny)
    assert (real_grid.grid_px, real_grid.base_px, real_grid.prompt_tokens) == (16, 64, 512)
    assert real_grid.dtype == "bfloat16"
    assert real_grid.adapters is None
    files = [file for part in ("transformer", "text_encoder", "vae") for file in getattr(real_grid.sources, part).files]
    assert 0 <= sum(file.stat().st_size for file in files) - real_grid.weights_bytes < 100_000  # headers only

    coarse = build_checkpoint(tmp_path / "coarse", vae_levels=5, base_px=128)
    (coarse / "loras").mkdir()
    edit_json(coarse / "transformer/config.json", axes_lens=[256, 128, 128])
    found = open_checkpoint(coarse)
    assert (found.grid_px, found.base_px, found.prompt_tokens) == (32, 128, 224)
    assert found.adapters == coarse / "loras"


def test_a_base_size_that_nobody_set_means_the_real_models(tiny: Path, copy_of: Callable[[Path], Path]):
    path = copy_of(tiny)
    edit_json(path / "vae/config.json", sample_size=32)
    assert open_checkpoint(path).base_px == 1024
    edit_json(path / "vae/config.json", sample_size=None)
    assert open_checkpoint(path).base_px == 1024


def test_shards_and_missing_shards(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    path = copy_of(tiny)
    weights = path / WEIGHTS
    tensors = load_file(weights)
    names = sorted(tensors)
    parts = {"a": names[::2], "b": names[1::2]}
    for part, chosen in parts.items():
        save_file({name: tensors[name].clone() for name in chosen}, path / f"transformer/shard-{part}.safetensors")
    index = {"weight_map": {name: f"shard-{part}.safetensors" for part, chosen in parts.items() for name in chosen}}
    (path / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
    weights.unlink()
    whole = load(path, host).components.transformer.state_dict()
    assert all(torch.equal(whole[name], tensors[name]) for name in names)

    (path / "transformer/shard-b.safetensors").unlink()
    with pytest.raises(ModelError, match=r"shard-b\.safetensors") as caught:
        open_checkpoint(path)
    assert caught.value.code == "checkpoint.file_missing"


def test_wrong_class_names_in_configs_do_not_matter(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    path = copy_of(tiny)
    (path / "model_index.json").unlink()
    edit_json(path / "transformer/config.json", _class_name="Transformer2DModel", _diffusers_version=None)
    edit_json(path / "vae/config.json", _class_name=None)
    edit_json(path / "text_encoder/config.json", architectures=["Qwen3ForCausalLM"])
    assert type(load(path, host).components.transformer).__name__ == "ZImageTransformer2DModel"


def test_finding_by_path_by_name_and_the_embedded(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    models = tmp_path / "models"
    (models / "diffusers" / "org").mkdir(parents=True)
    (models / "diffusers" / "org" / "mine").symlink_to(tiny, target_is_directory=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    host = TorchHost("cpu", model_dirs=[models])
    assert find_checkpoint(tiny, host) == tiny.resolve()
    linked = find_checkpoint("org/mine", host)  # large models are often linked in from another disk
    assert linked.resolve() == tiny.resolve()
    monkeypatch.setattr(config, "EMBEDDED_CHECKPOINT", tiny)
    for name in ("demo", config.EMBEDDED_NAME):
        assert find_checkpoint(name, host) == tiny.resolve()
    with pytest.raises(ModelError) as caught:
        find_checkpoint("nowhere", host)
    assert caught.value.code == "checkpoint.missing"
    assert host.model_file("diffusers", "../../outside") is None
    assert is_folder_form(tiny)
    assert not is_folder_form(outside)


def test_a_linked_checkpoint_has_the_links_name_and_is_loaded_once(tiny: Path, tmp_path: Path):
    links = [tmp_path / "diffusers" / name for name in ("Z-Image-Turbo", "the-same-again")]
    links[0].parent.mkdir()
    for link in links:
        link.symlink_to(tiny, target_is_directory=True)
    host = TorchHost("cpu", model_dirs=[tmp_path])
    first, second = (load(link.name, host) for link in links)
    assert [zit.checkpoint.name for zit in (first, second)] == ["Z-Image-Turbo", "the-same-again"]
    assert first.checkpoint.path == second.checkpoint.path == tiny.resolve()
    assert first.components is second.components


def test_a_name_is_the_hosts_before_it_is_a_folder_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here, models = tmp_path / "here", tmp_path / "models"
    for root in (here, models / "diffusers"):
        (root / "turbo").mkdir(parents=True)
    (here / "only-here").mkdir()
    monkeypatch.chdir(here)
    host = TorchHost("cpu", model_dirs=[models])
    assert find_checkpoint("turbo", host) == models / "diffusers" / "turbo"
    assert find_checkpoint("only-here", host) == here / "only-here"
    for path in ("./turbo", Path("turbo"), str(here / "turbo")):
        assert find_checkpoint(path, host) == here / "turbo"


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "n" * 300, "a\0b", "x/" * 3000])
def test_names_that_no_system_takes_are_not_found(name: str, tmp_path: Path):
    (tmp_path / "diffusers").mkdir()
    with pytest.raises(ModelError) as caught:
        find_checkpoint(name, TorchHost("cpu", model_dirs=[tmp_path]))
    assert caught.value.code == "checkpoint.missing"
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", [WEIGHTS, "vae/config.json"])
def test_a_file_without_permission_is_named(name: str, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    # Refused here and not by chmod: root, as in a container, may read everything.
    really_open = io.open

    def refuse(file: object, *args: Any, **more: Any) -> Any:
        if str(file) == str(tiny / name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return really_open(file, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("io.open", refuse)
    with pytest.raises(ModelError, match="cannot be read: Permission denied") as caught:
        open_checkpoint(tiny)
    assert caught.value.code == "checkpoint.unreadable"
    assert str(tiny / name) in caught.value.message
    assert "permissions" in caught.value.hint


def test_a_folder_without_permission_is_not_called_missing(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, host: TorchHost
):
    really_stat = os.stat

    def refuse(path: Any, *args: Any, **more: Any) -> os.stat_result:
        if str(path) == str(tiny):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return really_stat(path, *args, **more)

    monkeypatch.setattr("os.stat", refuse)
    with pytest.raises(ModelError) as caught:
        find_checkpoint(tiny, host)
    assert caught.value.code == "checkpoint.unreadable"


def test_only_folders_that_may_hold_zimage_are_offered(tiny: Path, copy_of: Callable[[Path], Path]):
    path = copy_of(tiny)
    config_file = path / "transformer/config.json"
    mine = config_file.read_text()
    assert may_be_zimage(path)
    edit_json(config_file, _class_name="Transformer2DModel")  # as some repacks have it
    assert may_be_zimage(path)
    for others in (
        {"_class_name": "FluxTransformer2DModel", "joint_attention_dim": 4096, "guidance_embeds": False},
        {"_class_name": "Lumina2Transformer2DModel", "cap_feat_dim": 2304, "patch_size": 2},
    ):
        config_file.write_text(json.dumps(others))
        assert not may_be_zimage(path)
    for broken in ("", "{", "[]", "{}", mine[: len(mine) // 2]):
        config_file.write_text(broken)
        assert may_be_zimage(path), "choosing it tells what is wrong"
    (path / "vae/config.json").unlink()
    assert not may_be_zimage(path)
