"""The tool that finds ComfyUI never changes a Python that nobody pointed it to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import comfyui
import pytest


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A ComfyUI folder, a Python beside it that lacks everything and notes when pip is called."""
    root = tmp_path / "box" / "ComfyUI"
    root.mkdir(parents=True)
    (root / "main.py").touch()
    monkeypatch.setenv("COMFYUI_PATH", str(root))
    monkeypatch.delenv("COMFYUI_PYTHON", raising=False)
    monkeypatch.setattr(comfyui, "lacking", lambda _: ["diffusers>=0.42"])
    comfyui.python.cache_clear()
    yield root
    comfyui.python.cache_clear()


def fake_python(path: Path) -> Path:
    """A Python that claims to have what ComfyUI needs, and leaves a mark when it is told to install."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib, sys\n"
        "if sys.argv[1] == '-m': pathlib.Path(__file__).with_name('installed').touch()\n"
        "else: print(json.dumps(dict.fromkeys(sys.argv[3:], '1.0')))\n"
    )
    path.chmod(0o755)
    return path


def test_installs_into_the_environment_beside_comfyui(installation: Path) -> None:
    python = fake_python(installation.parent / "venv" / "bin" / "python")
    comfyui.prepare()
    assert python.with_name("installed").exists()


def test_leaves_a_python_from_the_path_alone(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = fake_python(tmp_path / "system" / "python3")
    monkeypatch.setenv("PATH", f"{python.parent}{os.pathsep}{os.environ['PATH']}")
    assert comfyui.python(installation) == python
    comfyui.prepare()
    assert not python.with_name("installed").exists()


def test_installs_into_the_python_the_user_names(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = fake_python(tmp_path / "system" / "python3")
    monkeypatch.setenv("COMFYUI_PYTHON", str(python))
    comfyui.prepare()
    assert python.with_name("installed").exists()


@pytest.mark.parametrize("tier", ["comfy", "browser"])
def test_a_tier_without_comfyui_is_skipped_with_the_reason(tier: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", f"tests/{tier}", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        command,
        cwd=comfyui.PACK,
        env=os.environ | {"COMFYUI_PATH": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert f"tier {tier}: skipped, no ComfyUI at" in run.stdout and "git clone" in run.stdout
