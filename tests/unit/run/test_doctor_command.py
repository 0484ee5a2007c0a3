"""``adstudio doctor``: everything at once, in words; files mended in one step each, and never the weights."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adstudio.config import EMBEDDED_CHECKPOINT
from adstudio.engine.doctor import examination
from adstudio.engine.forms.manifest import (
    MANIFEST,
    Entry,
    Manifest,
    changed_files,
    hash_file,
    read_manifest,
    write_manifest,
)

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The embedded checkpoint, to damage."""
    return Path(shutil.copytree(EMBEDDED_CHECKPOINT, tmp_path / "model"))


def change(file: Path, **values: Any) -> None:
    content = {**json.loads(file.read_text()), **values}
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def digests(path: Path, pattern: str = "*") -> dict[str, str]:
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in path.rglob(pattern)
        if file.is_file()
    }


def test_a_healthy_checkpoint_ends_with_0(adstudio: Any, copy: Path) -> None:
    before = digests(copy)
    for arguments in ((), ("--write",)):
        said = adstudio("doctor", copy, *arguments)
        assert (said.code, said.out.splitlines()[-1]) == (0, "Healthy.")
    assert digests(copy) == before, "nothing to mend, nothing written"


def test_without_write_nothing_is_written_and_the_code_says_that_problems_are_left(adstudio: Any, copy: Path) -> None:
    change(copy / "transformer/config.json", _class_name="Transformer2DModel", n_layers=4)
    before = digests(copy)
    said = adstudio("doctor", copy)
    assert said.code == 1
    assert "[transformer.class]" in said.out and "[transformer.n_layers]" in said.out
    assert "2 that loading mends in memory by itself" in said.out.splitlines()[-1]
    assert digests(copy) == before


def test_write_mends_the_files_once_and_keeps_what_was_there(adstudio: Any, copy: Path) -> None:
    weights = digests(copy, "*.safetensors")
    file = copy / "transformer/config.json"
    change(file, _class_name="Transformer2DModel", my_own_key=1)
    first = file.read_bytes()
    said = adstudio("doctor", copy, "--write")
    assert said.code == 0 and said.out.splitlines()[-1] == "1 mended; healthy now."
    assert "wrote transformer/config.json, kept what was there as config.json.bak" in said.out
    assert json.loads(file.read_text())["_class_name"] == "ZImageTransformer2DModel"
    assert json.loads(file.read_text())["my_own_key"] == 1, "what is not wrong stays"
    assert file.with_name("config.json.bak").read_bytes() == first

    change(file, dim=1)
    assert adstudio("doctor", copy, "--write").code == 0
    assert file.with_name("config.json.bak").read_bytes() == first, "the first state is the one worth keeping"
    assert digests(copy, "*.safetensors") == weights
    assert not list(copy.rglob("*.tmp"))
    assert adstudio("doctor", copy).code == 0


def test_a_failed_write_leaves_the_file_as_it_was(adstudio: Any, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = copy / "vae/config.json"
    change(file, use_quant_conv=None)
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(examination.os, "fsync", full)
    said = adstudio("doctor", copy, "--write", "--json", "--quiet")
    assert said.code == 1
    assert said.envelope["error"]["code"] == "storage.cannot_write"
    assert "No space left" in said.envelope["error"]["message"]
    assert file.read_bytes() == before
    assert not list(copy.rglob("*.tmp"))


def recorded(path: Path) -> None:
    """Write the manifest of a downloaded checkpoint."""
    files = [file for file in path.rglob("*") if file.is_file()]
    entries = {file.relative_to(path).as_posix(): Entry.of(file, hash_file(file, hashlib.sha256())) for file in files}
    write_manifest(path, Manifest({"repo": "org/model", "revision": "main", "commit": "c"}, entries))


def test_what_was_mended_before_a_failure_counts_as_mended(adstudio: Any, copy: Path) -> None:
    recorded(copy)
    change(copy / "transformer/config.json", _class_name="Transformer2DModel")
    change(copy / "vae/config.json", _class_name="Transformer2DModel")
    (copy / "vae/config.json.bak").symlink_to(copy / "gone" / "away")  # where nothing can be kept
    assert adstudio("doctor", copy, "--write", "--json").envelope["error"]["code"] == "storage.cannot_write"
    manifest = read_manifest(copy)
    assert manifest is not None and changed_files(copy, manifest) == ["vae/config.json"]


def test_a_folder_whose_list_of_files_cannot_be_written(adstudio: Any, copy: Path) -> None:
    recorded(copy)
    change(copy / "transformer/config.json", _class_name="Transformer2DModel")
    (copy / f".{MANIFEST}.part").mkdir()
    error = adstudio("doctor", copy, "--write", "--json").envelope["error"]
    assert error["code"] == "storage.cannot_write" and MANIFEST in error["message"]


def test_a_linked_configuration_stays_a_link(adstudio: Any, copy: Path, tmp_path: Path) -> None:
    file, shared = copy / "vae/config.json", tmp_path / "shared.json"
    change(file, use_quant_conv=True)
    file.rename(shared)
    file.symlink_to(shared)
    assert adstudio("doctor", copy, "--write").code == 0
    assert file.is_symlink() and json.loads(shared.read_text())["use_quant_conv"] is False


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "weights are a pointer": (
        lambda p: (p / "vae/diffusion_pytorch_model.safetensors").write_text(LFS),
        "vae.weights",
    ),
    "weights are empty": (lambda p: (p / "text_encoder/model.safetensors").write_bytes(b""), "text_encoder.weights"),
    "weights are missing": (
        lambda p: (p / "transformer/diffusion_pytorch_model.safetensors").unlink(),
        "transformer.weights",
    ),
    "weights are cut short": (
        lambda p: cut(p / "transformer/diffusion_pytorch_model.safetensors"),
        "transformer.weights",
    ),
    "a configuration is a pointer": (lambda p: (p / "vae/config.json").write_text(LFS), "vae.config_file"),
    "a configuration is missing": (lambda p: (p / "vae/config.json").unlink(), "vae.config_file"),
    "the scheduler is missing": (
        lambda p: (p / "scheduler/scheduler_config.json").unlink(),
        "scheduler.config_file",
    ),
    "a tokenizer file is a pointer": (lambda p: (p / "tokenizer/tokenizer.json").write_text(LFS), "tokenizer.files"),
    "a tokenizer file is empty": (lambda p: (p / "tokenizer/merges.txt").write_bytes(b""), "tokenizer.files"),
}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("harm", FILES)
def test_a_file_that_is_not_whole_is_named_and_left(harm: str, adstudio: Any, copy: Path) -> None:
    FILES[harm][0](copy)
    before = digests(copy)
    said = adstudio("doctor", copy, "--json", "--quiet")
    assert said.code == 1 and said.envelope["ok"] is False
    findings = {finding["rule"]: finding for finding in said.envelope["findings"]}
    assert findings[FILES[harm][1]]["mendable"] is False
    assert digests(copy) == before


ODD: list[tuple[dict[str, Any], str, str]] = [
    ({"shift": "3"}, "shift", "shift is '3', but it must be a number above 0"),
    ({"shift": float("nan")}, "shift", "shift is nan, but"),
    ({"shift": float("inf")}, "shift", "shift is inf, but"),
    ({"shift": -3.0}, "shift", "shift is -3.0, but"),
    ({"shift": 0}, "shift", "shift is 0, but"),
    ({"shift": True}, "shift", "shift is True, but"),
    ({"shift": [3.0]}, "shift", "shift is [3.0], but"),
    ({"use_dynamic_shifting": "yes"}, "use_dynamic_shifting", "'yes', but it must be true or false"),
    ({"use_karras_sigmas": "no"}, "use_karras_sigmas", "'no', but it must be true or false"),
    ({"stochastic_sampling": [None]}, "stochastic_sampling", "[None], but it must be true or false"),
    ({"invert_sigmas": 0.5}, "invert_sigmas", "0.5, but it must be true or false"),
    ({"use_karras_sigmas": True, "use_beta_sigmas": True}, "levels", "use_karras_sigmas, use_beta_sigmas are set"),
    ({"shift_terminal": "0.1"}, "shift_terminal", "'0.1', but it must be a number from 0 up to below 1"),
    ({"shift_terminal": 1}, "shift_terminal", "shift_terminal is 1, but"),
    ({"shift_terminal": -0.1}, "shift_terminal", "shift_terminal is -0.1, but"),
    ({"use_dynamic_shifting": True, "base_shift": "0.5"}, "base_shift", "'0.5', but it must be a number;"),
    ({"use_dynamic_shifting": True, "max_shift": float("nan")}, "max_shift", "nan, but it must be a number;"),
    (
        {"use_dynamic_shifting": True, "base_image_seq_len": 0},
        "base_image_seq_len",
        "0, but it must be a number above 0",
    ),
    ({"use_dynamic_shifting": True, "base_image_seq_len": 4096}, "max_image_seq_len", "4096, as base_image_seq_len is"),
    (
        {"use_dynamic_shifting": True, "time_shift_type": "x"},
        "time_shift_type",
        "'x', but it must be exponential or linear",
    ),
]


@pytest.mark.parametrize(
    ("values", "rule", "words"), ODD, ids=[f"{rule}-{number}" for number, (_, rule, _) in enumerate(ODD)]
)
def test_a_noise_schedule_that_no_model_has_is_told_of_an_unknown_one(
    values: dict[str, Any], rule: str, words: str, adstudio: Any, copy: Path
) -> None:
    change(copy / "scheduler/scheduler_config.json", **values)
    before = digests(copy)
    said = adstudio("doctor", copy, "--write")
    assert said.code == 1
    text = " ".join(said.out.split())  # lines are wrapped
    assert text.count("[scheduler.") == text.count(f"[scheduler.{rule}]") == 1
    assert words in text
    assert digests(copy) == before, "what is right is not known, so nothing is invented"


@pytest.mark.parametrize("value", [0, -1, "1000", float("nan"), [1000], None, 500], ids=str)
def test_the_unit_of_noise_is_mended_in_any_model(value: Any, adstudio: Any, copy: Path) -> None:
    file = copy / "scheduler/scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "num_train_timesteps": value}))
    said = adstudio("doctor", copy, "--write")
    assert said.code == 0 and said.out.count("[scheduler.num_train_timesteps]") == 1
    assert json.loads(file.read_text())["num_train_timesteps"] == 1000


@pytest.mark.parametrize(
    "values",
    [
        {"shift": 6},
        {"shift": 1.0},
        {"use_dynamic_shifting": True},
        {"use_dynamic_shifting": True, "time_shift_type": "linear", "base_shift": -0.5, "max_image_seq_len": 9000.0},
        {"use_beta_sigmas": True, "shift_terminal": 0.1},
        {"max_shift": "unused", "base_image_seq_len": 4096},
    ],
    ids=str,
)
def test_a_noise_schedule_that_an_unknown_model_may_have_is_left(values: Any, adstudio: Any, copy: Path) -> None:
    change(copy / "scheduler/scheduler_config.json", **values)
    assert adstudio("doctor", copy).code == 0


def test_a_curve_that_is_not_used_is_mended_because_the_class_takes_no_other(adstudio: Any, copy: Path) -> None:
    file = copy / "scheduler/scheduler_config.json"
    change(file, time_shift_type=["x"])
    assert adstudio("doctor", copy, "--write").code == 0
    assert json.loads(file.read_text())["time_shift_type"] == "exponential"


def test_everything_is_said_at_once(adstudio: Any, copy: Path) -> None:
    for name in ("weights are a pointer", "weights are empty", "a configuration is missing"):
        FILES[name][0](copy)
    (copy / "model_index.json").unlink()
    said = adstudio("doctor", copy, "--json", "--quiet")
    rules = {finding["rule"] for finding in said.envelope["findings"]}
    assert rules >= {"vae.weights", "text_encoder.weights", "vae.config_file", "model_index.config_file"}


def test_a_lost_index_is_written_anew(adstudio: Any, copy: Path) -> None:
    (copy / "model_index.json").unlink()
    assert adstudio("doctor", copy).code == 1
    assert adstudio("doctor", copy, "--write").code == 0
    assert json.loads((copy / "model_index.json").read_text())["text_encoder"] == ["transformers", "Qwen3Model"]
    assert adstudio("doctor", copy).code == 0


def test_a_promised_tensor_that_no_shard_has(adstudio: Any, copy: Path) -> None:
    whole = copy / "transformer/diffusion_pytorch_model.safetensors"
    shards = [whole.with_name(f"part-{number}.safetensors") for number in (1, 2)]
    shutil.copy(whole, shards[0])
    shutil.copy(whole, shards[1])
    whole.unlink()
    from adstudio.engine.tensors.safetensors_header import read_header

    names = [*read_header(shards[0]).tensors, "layers.99.lost.weight"]
    index = {"weight_map": {name: shards[number % 2].name for number, name in enumerate(names)}}
    whole.with_name(f"{whole.name}.index.json").write_text(json.dumps(index))
    said = adstudio("doctor", copy, "--json", "--quiet")
    assert [finding["rule"] for finding in said.envelope["findings"]] == ["transformer.weights_index"]
    assert "layers.99.lost.weight" in said.envelope["findings"][0]["message"]


def test_the_checklist_can_be_printed(adstudio: Any) -> None:
    said = adstudio("doctor", "--rules")
    assert said.code == 0 and "vae.scaling_factor" in said.out and "tokenizer.chat_template" in said.out
    rules = adstudio("doctor", "--rules", "--json").envelope["rules"]
    assert len(rules) == len({rule["id"] for rule in rules}) > 60


@pytest.mark.parametrize(("arguments", "code"), [((), "doctor.nothing"), (("nowhere-at-all",), "checkpoint.missing")])
def test_what_cannot_be_examined(adstudio: Any, arguments: tuple[str, ...], code: str) -> None:
    said = adstudio("doctor", *arguments, "--json", "--quiet")
    assert said.code == 1 and said.envelope["error"]["code"] == code
