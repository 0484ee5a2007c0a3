"""Values of another kind than they should be: the doctor says so in a line, and a load mends or refuses them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from adstudio.config import EMBEDDED_CHECKPOINT
from adstudio.engine.doctor.examination import examine_folder
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.forms.checkpoint import open_checkpoint
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import ModelError

ODD: tuple[Any, ...] = (True, 1.5, "x", [], {}, [None], [["a"]], -1)
ENCODER, TRANSFORMER, VAE = "text_encoder/config.json", "transformer/config.json", "vae/config.json"
KEYS = [
    *((ENCODER, key) for key in ("rope_parameters", "rope_scaling", "architectures", "layer_types", "rope_theta")),
    *((TRANSFORMER, key) for key in ("axes_lens", "axes_dims", "all_patch_size", "rope_theta")),
    *((VAE, key) for key in ("block_out_channels", "sample_size", "scaling_factor")),
    ("scheduler/scheduler_config.json", "shift"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED_CHECKPOINT, tmp_path / "model"))


def write(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


@pytest.mark.parametrize(("file", "key"), KEYS)
def test_a_value_of_another_kind_ends_nothing(file: str, key: str, folder: Path):
    for value in ODD:
        write(folder / file, **{key: value})
        examine_folder(folder)
        try:
            open_checkpoint(folder)
        except ModelError as error:
            assert key in str(error)


@pytest.mark.parametrize("key", ["rope_parameters", "rope_scaling", "architectures", "layer_types"])
@pytest.mark.parametrize("value", ["x", 1.5, [["a"]]], ids=str)
def test_what_says_nothing_of_the_encoder_is_left_out(key: str, value: Any, folder: Path):
    sound = open_checkpoint(folder).sources.text_encoder.config
    write(folder / ENCODER, **{key: value, "rope_theta": 1_000_000})
    (finding,) = [each for each in examine_folder(folder).findings if key in each.message]
    assert finding.mended and finding.part == "text_encoder"
    config = open_checkpoint(folder).sources.text_encoder.config
    assert config.get(key) != value
    assert config["num_hidden_layers"] == sound["num_hidden_layers"]
    assert load(folder, TorchHost("cpu", model_dirs=[])), "it is built as well"


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        (ENCODER, "rms_norm_eps", "1e-6"),
        (ENCODER, "use_cache", []),
        (ENCODER, "bos_token_id", "x"),
        (VAE, "act_fn", True),
        (VAE, "sample_size", []),
        (VAE, "norm_num_groups", 7),
        (VAE, "norm_num_groups", -1),
        (VAE, "scaling_factor", "0.3611"),
        (VAE, "scaling_factor", float("nan")),
        (VAE, "shift_factor", [0.1]),
        (TRANSFORMER, "norm_eps", ""),
        (TRANSFORMER, "rope_theta", [256.0]),
        (TRANSFORMER, "t_scale", True),
    ],
)
def test_what_no_class_takes_is_refused_when_it_is_built(file: str, key: str, value: Any, folder: Path):
    write(folder / file, **{key: value})
    with pytest.raises(ModelError) as caught:
        load(folder, TorchHost("cpu", model_dirs=[]))
    assert caught.value.code == "checkpoint.bad_config"
    assert str(folder / file) in caught.value.message and "\n" not in caught.value.message


def test_the_tokenizers_own_limit_does_not_count(folder: Path, host: TorchHost):
    write(folder / "tokenizer" / "tokenizer_config.json", model_max_length=[5])
    assert text_to_image(load(folder, host), "a cup", width=64, height=64, seed=0, steps=1, host=host).images


@pytest.mark.parametrize(
    "values",
    [
        {"shift": "x"},
        {"shift": 10**400},
        {"shift": float("nan")},
        {"shift": -3},
        {"use_dynamic_shifting": True, "time_shift_type": "x"},
        {"use_dynamic_shifting": True, "max_shift": []},
        {"use_dynamic_shifting": True, "base_image_seq_len": 4096},
    ],
    ids=lambda values: str(values)[:60],
)
def test_a_schedule_that_is_none_is_refused(values: dict[str, Any], folder: Path):
    write(folder / "scheduler/scheduler_config.json", **values)
    host = TorchHost("cpu", model_dirs=[])
    zit = load(folder, host)
    with pytest.raises(ModelError, match="scheduler_config") as caught:
        text_to_image(zit, "a cup", width=64, height=64, seed=1, steps=2, host=host)
    assert caught.value.code == "checkpoint.bad_config"


def test_what_a_schedule_does_not_use_may_be_anything(folder: Path):
    write(folder / "scheduler/scheduler_config.json", max_shift=[], base_image_seq_len=4096, time_shift_type="x")
    host = TorchHost("cpu", model_dirs=[])
    assert text_to_image(load(folder, host), "a cup", width=64, height=64, seed=1, steps=1, host=host).images


@pytest.mark.parametrize("value", ["x", [], 7, [10], [None]], ids=str)
def test_a_length_of_prompts_that_is_none_is_refused(value: Any, folder: Path):
    write(folder / TRANSFORMER, axes_lens=value)
    with pytest.raises(ModelError, match="axes_lens") as caught:
        open_checkpoint(folder)
    assert caught.value.code == "checkpoint.bad_config"
    said = [each for each in examine_folder(folder).findings if each.rule == "transformer.axes_lens"]
    assert len(said) == (value not in ([], [10])), "what is a list of numbers is taken for one"


TOKENIZERS: dict[str, dict[str, Any]] = {
    "no table of a model": {"model": True},
    "a list of nothing for words": {"model": {"vocab": [None, [], "x"]}},
    "a word without a number": {"model": {"vocab": {"a": "x", "b": [1], "c": float("inf")}}},
    "text for added tokens": {"added_tokens": "x"},
    "added tokens that are none": {"added_tokens": ["x", {"id": 1}, {"content": "y", "id": "z"}]},
    "brackets without end": {"added_tokens": []},
}


@pytest.mark.parametrize("case", TOKENIZERS)
def test_a_tokenizer_of_another_kind_is_told_and_refused(case: str, folder: Path):
    file = folder / "tokenizer" / "tokenizer.json"
    write(file, **TOKENIZERS[case])
    if case == "brackets without end":
        file.write_text("[" * 200_000)
    rules = {finding.rule for finding in examine_folder(folder).findings}
    assert rules & {"tokenizer.vocabulary", "tokenizer.marks", "tokenizer.files"}
    open_checkpoint(folder)
    with pytest.raises(ModelError) as caught:
        load(folder, TorchHost("cpu", model_dirs=[]))
    assert caught.value.code == "checkpoint.bad_tokenizer"
