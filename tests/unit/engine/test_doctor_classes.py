"""The two failures that community repacks are known by, made to happen with diffusers and transformers themselves.

Both mean that a wrong class was chosen. They are mended where they come from: in the names of classes.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.doctor import examine_folder, write_mended
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def load_by_index(path: Path, part: str) -> torch.nn.Module:
    """Load a part in the class that ``model_index.json`` names, as loaders do that trust it."""
    library, name = json.loads((path / "model_index.json").read_text())[part]
    return getattr(importlib.import_module(library), name).from_pretrained(path / part, dtype=torch.bfloat16)


def assert_same_picture(first: Path, second: Path, host: TorchHost) -> None:
    drawn = [
        text_to_image(load(p, host), "a cup", width=64, height=64, seed=3, steps=2, host=host) for p in (first, second)
    ]
    assert np.array_equal(drawn[0].images[0], drawn[1].images[0])


def assert_same_weights(first: torch.nn.Module, second: torch.nn.Module) -> None:
    assert type(first) is type(second)
    weights = second.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in first.state_dict().items())


def test_key_error_norm_type_is_a_wrong_class_in_the_index(
    tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
) -> None:
    import diffusers

    path = copy_of(tiny)
    change(path / "model_index.json", transformer=["diffusers", "Transformer2DModel"])
    pipeline: Any = diffusers.DiffusionPipeline
    with pytest.raises(KeyError, match="norm_type"):
        pipeline.from_pretrained(path)
    assert_same_picture(path, tiny, host)  # our own loader does not ask the index

    diagnosis = examine_folder(path)
    assert [(finding.rule, finding.mended) for finding in diagnosis.findings] == [("model_index.transformer", True)]
    write_mended(diagnosis)
    mended = pipeline.from_pretrained(path, torch_dtype=torch.bfloat16)
    assert_same_weights(mended.transformer, load_by_index(tiny, "transformer"))
    assert "norm_type" not in (path / "transformer/config.json").read_text(), "the key was never what was missing"


def test_key_error_norm_type_is_a_wrong_class_in_the_configuration(
    tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
) -> None:
    import diffusers

    path = copy_of(tiny)
    change(path / "transformer/config.json", _class_name="Transformer2DModel")
    auto: Any = diffusers.AutoModel  # asks the configuration for the class
    with pytest.raises(KeyError, match="norm_type"):
        auto.from_pretrained(str(path / "transformer"))
    assert_same_picture(path, tiny, host)
    assert any("Transformer2DModel" in note for note in load(path, host).checkpoint.notes)

    diagnosis = examine_folder(path)
    assert [(finding.rule, finding.mended) for finding in diagnosis.findings] == [("transformer.class", True)]
    write_mended(diagnosis)
    assert_same_weights(
        auto.from_pretrained(str(path / "transformer"), torch_dtype=torch.bfloat16), load_by_index(tiny, "transformer")
    )


def test_unrecognized_configuration_deit_is_a_wrong_auto_class(
    tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
) -> None:
    path = copy_of(tiny)
    change(path / "model_index.json", text_encoder=["transformers", "AutoModelForImageClassification"])
    with pytest.raises(ValueError, match=r"(?s)Unrecognized configuration class.*Qwen3Config.*DeiTConfig"):
        load_by_index(path, "text_encoder")
    assert_same_picture(path, tiny, host)

    diagnosis = examine_folder(path)
    assert [(finding.rule, finding.mended) for finding in diagnosis.findings] == [("model_index.text_encoder", True)]
    write_mended(diagnosis)
    assert_same_weights(load_by_index(path, "text_encoder"), load_by_index(tiny, "text_encoder"))
