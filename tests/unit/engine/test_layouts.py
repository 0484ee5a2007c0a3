"""Where users have Z-Image: in a hub's cache, behind links, as ComfyUI's repository has it, in a variant's names."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import checkpoint_forms as forms
import pytest
import torch

from adstudio.engine.doctor import examine_folder, write_mended
from adstudio.engine.download.needed_files import choose_files
from adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from adstudio.engine.forms.layouts import checkpoint_in, may_be_zimage
from adstudio.engine.forms.weight_files import first_of_weights
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import ModelError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HOST = TorchHost("cpu", model_dirs=[])


def cached(folder: Path, cache: Path, repo: str = "Tongyi-MAI/Z-Image-Turbo") -> Path:
    """Lay a folder out as the hub's own tools do: nameless files, and links with names in a folder per commit."""
    root = cache / f"models--{repo.replace('/', '--')}"
    (root / "blobs").mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(COMMIT)
    for number, path in enumerate(path for path in folder.rglob("*") if path.is_file()):
        blob, link = root / "blobs" / f"{number:064x}", root / "snapshots" / COMMIT / path.relative_to(folder)
        shutil.copy(path, blob)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return root


@pytest.fixture
def split(typical: Path, tmp_path: Path) -> Path:
    """ComfyUI's repository of the model; the transformer's file."""
    return forms.write_split(typical, tmp_path / "z_image_turbo" / "split_files")


def test_a_folder_of_the_hubs_cache_is_the_checkpoint_in_it(tiny: Path, tmp_path: Path):
    root = cached(tiny, tmp_path / "hub")
    for place in (root, root / "snapshots" / COMMIT):
        checkpoint = open_checkpoint(place)
        assert checkpoint.path == root / "snapshots" / COMMIT
        assert checkpoint.name == "Tongyi-MAI/Z-Image-Turbo", "a commit's number says nothing to the user"
    assert may_be_zimage(root)
    assert examine_folder(checkpoint_in(root)).findings == examine_folder(tiny).findings


def test_a_cache_without_its_main_says_which_could_be_meant(tiny: Path, tmp_path: Path):
    root = cached(tiny, tmp_path / "hub")
    (root / "refs" / "main").write_text("gone")
    assert checkpoint_in(root).name == COMMIT
    (root / "snapshots" / "another").mkdir()
    with pytest.raises(ModelError) as caught:
        open_checkpoint(root)
    assert caught.value.code == "checkpoint.ambiguous" and "snapshots/another" in caught.value.message


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a\0b", b"../..", b"x" * 5000, b""], ids=["bytes", "0", "out", "long", "none"]
)
def test_a_cache_whose_main_is_damaged_is_offered_and_read(content: bytes, tiny: Path, tmp_path: Path):
    root = cached(tiny, tmp_path / "hub")
    (root / "refs" / "main").write_bytes(content)
    assert may_be_zimage(root), "the menu of every node is made of this"
    assert checkpoint_in(root) == root / "snapshots" / COMMIT


def test_the_doctor_mends_a_cached_configuration_without_touching_the_cache(tiny: Path, tmp_path: Path):
    root = cached(tiny, tmp_path / "hub")
    folder = checkpoint_in(root)
    config = folder / "transformer" / "config.json"
    blob = config.resolve()
    content = json.loads(blob.read_text()) | {"n_layers": 9}
    blob.write_text(json.dumps(content))
    assert write_mended(examine_folder(folder)) == (config,)
    assert json.loads(blob.read_text()) == content, "its name is the digest of its bytes"
    assert json.loads(config.read_text())["n_layers"] == 2
    assert examine_folder(folder).findings == ()


def test_an_id_that_only_the_hubs_cache_has_is_found_there(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(ModelError):
        find_checkpoint("org/cached", HOST)
    root = cached(tiny, tmp_path / "hub", "org/cached")
    assert find_checkpoint("org/cached", HOST) == root
    own = tmp_path / "models" / "diffusers" / "org" / "cached"
    shutil.copytree(tiny, own)
    assert find_checkpoint("org/cached", TorchHost("cpu", model_dirs=[tmp_path / "models"])) == own


def test_files_that_are_links_into_the_hubs_cache(split: Path, tmp_path: Path):
    """The names that tell the kind are the links'; what they lead to is called by a number."""
    models = tmp_path / "models"
    for number, path in enumerate(sorted(split.parents[1].rglob("*.safetensors"))):
        blob = tmp_path / "blobs" / f"{number:064x}"
        blob.parent.mkdir(exist_ok=True)
        path.rename(blob)
        link = models / path.parent.name / path.name
        link.parent.mkdir(parents=True)
        link.symlink_to(blob)
    zit = load("three.safetensors", TorchHost("cpu", model_dirs=[models]))
    assert zit.checkpoint.summary.startswith("three.safetensors with text encoder one.safetensors")


def test_a_link_to_a_file_finds_what_lies_beside_the_file_and_is_the_same_checkpoint(split: Path, tmp_path: Path):
    link = tmp_path / "elsewhere" / "z.safetensors"
    link.parent.mkdir()
    link.symlink_to(split)
    assert open_checkpoint(link).name == "z.safetensors"
    assert load(link, HOST).components is load(split, HOST).components


def test_comfyuis_repository_is_a_checkpoint_as_a_whole(split: Path):
    repository = split.parents[2]
    assert checkpoint_in(repository) == split == checkpoint_in(split.parents[1])
    assert open_checkpoint(repository).name == "z_image_turbo"
    assert may_be_zimage(repository)
    assert not may_be_zimage(repository.parent)
    shutil.copy(split, split.with_name("again.safetensors"))
    with pytest.raises(ModelError) as caught:
        open_checkpoint(repository)
    assert "again.safetensors" in caught.value.message and "three.safetensors" in caught.value.message


def test_of_comfyuis_repository_the_full_editions_are_fetched():
    kept = [
        "split_files/diffusion_models/z_image_turbo_bf16.safetensors",
        "split_files/text_encoders/qwen_3_4b.safetensors",
        "split_files/vae/ae.safetensors",
    ]
    others = [
        "README.md",
        "split_files/diffusion_models/z_image_turbo_nvfp4.safetensors",
        "split_files/text_encoders/qwen_3_4b_fp8_mixed.safetensors",
        "split_files/loras/z_image_turbo_distill_patch_lora_bf16.safetensors",
    ]
    assert choose_files([*kept, *others], "it") == tuple(sorted(kept))
    with pytest.raises(ModelError) as caught:
        choose_files([*kept, "split_files/diffusion_models/z_image_bf16.safetensors"], "it")
    assert caught.value.code == "checkpoint.ambiguous"


def single(path: Path, stem: str) -> None:
    (path / f"{stem}.safetensors").rename(path / f"{stem}.bf16.safetensors")


def sharded(path: Path, stem: str) -> None:
    """As ``save_pretrained(variant="bf16")`` names shards and their index."""
    tensors = forms.load_file(path / f"{stem}.safetensors")
    middle = len(tensors) // 2
    halves = [dict(list(tensors.items())[:middle]), dict(list(tensors.items())[middle:])]
    names = [f"{stem}.bf16-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for name, half in zip(names, halves, strict=True):
        forms.write(path / name, half)
    listed = {key: name for name, half in zip(names, halves, strict=True) for key in half}
    (path / f"{stem}.safetensors.index.bf16.json").write_text(json.dumps({"weight_map": listed}))
    (path / f"{stem}.safetensors").unlink()


@pytest.mark.parametrize("how", [single, sharded])
def test_a_folder_in_the_names_of_the_variant_bf16(
    how: Callable[[Path, str], None], tiny: Path, copy_of: Callable[[Path], Path]
):
    folder = copy_of(tiny)
    how(folder / "transformer", "diffusion_pytorch_model")
    how(folder / "text_encoder", "model")
    zit, plain = load(folder, HOST), load(tiny, HOST)
    for part in ("transformer", "text_encoder"):
        wanted = getattr(plain.components, part).state_dict()
        assert all(
            torch.equal(value, wanted[name]) for name, value in getattr(zit.components, part).state_dict().items()
        )
    assert examine_folder(folder).findings == ()
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert set(choose_files(names, "it")) >= {name for name in names if "bf16" in name}


def test_the_plain_set_goes_before_a_variant_and_half_precision_is_not_taken():
    stem = "model"
    assert first_of_weights([f"{stem}.bf16.safetensors", f"{stem}.safetensors"], stem) == f"{stem}.safetensors"
    assert first_of_weights([f"{stem}.fp16.safetensors"], stem) is None


def test_an_ending_in_capitals(split: Path):
    shouting = split.rename(split.with_suffix(".SAFETENSORS"))
    assert open_checkpoint(shouting, HOST).name == shouting.name


def test_a_path_of_another_system_is_not_found():
    with pytest.raises(ModelError) as caught:
        find_checkpoint(r"C:\Users\kim\models\Z-Image-Turbo", HOST)
    assert caught.value.code == "checkpoint.missing" and r"C:\Users\kim" in caught.value.message
