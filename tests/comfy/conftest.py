"""What tests of the skin share: code run in ComfyUI's own Python, and the shipped graphs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
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
