"""Files of the released model's shapes: their configuration is worked out, and loading them takes no memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import checkpoint_forms as forms
import pytest
import released_checkpoint as released
import torch

from adstudio.engine.checkpoint import open_checkpoint
from adstudio.engine.weights import read_header

ROOT = Path(__file__).resolve().parents[3]
LOAD = """
import json, sys
from pathlib import Path
from adstudio.engine.torch_host import TorchHost
from adstudio.engine.components import load
import diffusers, transformers
diffusers.ZImageTransformer2DModel, diffusers.AutoencoderKL, transformers.Qwen3Model

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024

before = anonymous()
zit = load(sys.argv[1], TorchHost("cpu", model_dirs=[]))
parts = zit.components
modules = parts.transformer, parts.text_encoder, parts.vae
count = sum(tensor.numel() for module in modules for tensor in module.parameters())
print(json.dumps({"grown": anonymous() - before, "parameters": count}))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three native files of the released size, 20.5 GB whose values are holes in the disk."""
    root = tmp_path_factory.mktemp("released")
    folder = released.build_released(root)
    places = {"transformer": "diffusion_models/a", "text_encoder": "text_encoders/b", "vae": "vae/c"}
    rename = {
        "transformer": forms.native,
        "text_encoder": lambda tensors: forms.prefixed(tensors, "model."),
        "vae": forms.flux_vae,
    }
    for part, place in places.items():
        infos = read_header(folder / forms.PARTS[part]).tensors
        with torch.device("meta"):
            tensors = rename[part]({name: torch.empty(info.shape) for name, info in infos.items()})
        (root / place).parent.mkdir()
        path = root / f"{place}.safetensors"
        released.write_hollow(path, {name: tuple(value.shape) for name, value in tensors.items()})
    return root / "diffusion_models" / "a.safetensors"


def test_the_shapes_tell_the_released_configuration(file: Path):
    found = open_checkpoint(file)
    for part, wanted in (
        (found.sources.transformer, released.TRANSFORMER),
        (found.sources.text_encoder, released.TEXT_ENCODER),
        (found.sources.vae, released.VAE),
    ):
        differing = {name: value for name, value in part.config.items() if wanted.get(name, value) != value}
        assert not differing, part.name
    assert found.sources.scheduler.items() <= released.SCHEDULER.items()
    assert (found.grid_px, found.base_px, found.prompt_tokens, found.dtype) == (16, 1024, 512, "bfloat16")
    assert found.notes == ()
    assert 20.5e9 < found.weights_bytes < 20.6e9


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_twenty_gigabytes_are_loaded_without_memory_of_their_own(file: Path):
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["parameters"] == 10_261_196_515
    assert answer["grown"] < 400e6
