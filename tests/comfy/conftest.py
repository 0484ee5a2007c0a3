"""What tests of the skin share: code run in ComfyUI's own Python, and the shipped graphs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comfyui
import pytest
from comfyui import PACK

BOOTSTRAP = f"""
import importlib.util, json, sys
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, {str(comfyui.find())!r})
import comfy.options
comfy.options.enable_args_parsing()
place = {str(PACK)!r}
spec = importlib.util.spec_from_file_location("pack", place + "/__init__.py", submodule_search_locations=[place])
pack = importlib.util.module_from_spec(spec)
sys.modules["pack"] = pack
spec.loader.exec_module(pack)
"""

Inside = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def models_as_found(server_base: Path) -> Iterator[None]:
    """Take away what a file of tests put among the models: the same server serves the next, the browser's too."""
    models = server_base / "models"
    before = set(models.rglob("*"))
    yield
    for path in sorted(set(models.rglob("*")) - before):  # a folder comes before what it holds
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def inside() -> Inside:
    """Run code in ComfyUI's Python with this pack importable as ``pack``; it sets ``answer``, which comes back."""

    def inside(code: str, timeout_s: float = 120) -> Any:
        root = comfyui.find()
        python = comfyui.python(root) if root else None
        assert python is not None
        script = f"{BOOTSTRAP}\n{code}\nprint('ANSWER' + json.dumps(answer))"
        run = subprocess.run(
            [python, "-c", script], cwd=root, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        assert run.returncode == 0, run.stderr[-4000:]
        return json.loads(run.stdout.rsplit("ANSWER", 1)[1])

    return inside
