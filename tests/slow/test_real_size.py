"""Files of the released model's shapes take no memory to load.

Slow, 20 s: the kernel reads ahead in files of 20 GB, and a fresh process imports everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import released_checkpoint as released

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import json, sys
from pathlib import Path
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.memory.components import load
import diffusers, transformers
diffusers.ZImageTransformer2DModel, diffusers.AutoencoderKL, transformers.Qwen3Model

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024

before = anonymous()
zit = load(sys.argv[1], TorchHost("cpu", model_dirs=[]))
parts = zit.components
modules = parts.transformer, parts.language_model, parts.vae
count = sum(tensor.numel() for module in modules for tensor in module.parameters())
print(json.dumps({"grown": anonymous() - before, "parameters": count}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_twenty_gigabytes_are_loaded_without_memory_of_their_own(tmp_path: Path):
    file = released.build_native(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["parameters"] == 10_261_196_515
    assert answer["grown"] < 400e6
