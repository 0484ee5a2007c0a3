"""The tool that finds ComfyUI never changes a Python that nobody pointed it to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adstudio.errors import InputError, ServerError, StorageError
from adstudio.run import comfyui


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


def test_the_allocator_is_comfyuis_choice_unless_asked_for() -> None:
    assert comfyui.allocator_setting("comfyui", ["--port", "1"], {"PYTORCH_CUDA_ALLOC_CONF": "x:1"}) == ([], {})


@pytest.mark.parametrize(
    ("arguments", "variable", "grows"),
    [
        ([], "", False),
        (["--lowvram"], "", False),
        (["--disable-dynamic-vram"], "", True),
        (["--port", "1", "--highvram"], "", True),
        (["--novram", "--enable-dynamic-vram"], "", False),
        (["--gpu-only", "--cuda-malloc"], "", False),
        (["--gpu-only"], "backend:cudaMallocAsync", False),
    ],
)
def test_segments_grow_by_themselves_where_no_dynamic_vram_would_miss_it(
    arguments: list[str], variable: str, grows: bool
) -> None:
    told = {"PYTORCH_ALLOC_CONF": variable} if variable else {}
    expected = (["--disable-cuda-malloc"], {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"})
    assert comfyui.allocator_setting("auto", arguments, told) == (expected if grows else ([], {}))


def test_expandable_segments_need_pytorchs_allocator_and_keep_what_is_set() -> None:
    setting, flag = comfyui.allocator_setting, ["--disable-cuda-malloc"]
    grow = "expandable_segments:True"
    assert setting("native", [], {}) == (flag, {})
    assert setting("expandable", [], {}) == (flag, {"PYTORCH_CUDA_ALLOC_CONF": grow})
    assert setting("expandable", flag, {}) == ([], {"PYTORCH_CUDA_ALLOC_CONF": grow})
    told = {"PYTORCH_ALLOC_CONF": "max_split_size_mb:512"}
    assert setting("expandable", [], told) == (flag, {"PYTORCH_ALLOC_CONF": f"max_split_size_mb:512,{grow}"})
    assert setting("expandable", [], {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:False"}) == (flag, {})
    with pytest.raises(ServerError, match="asks for CUDA's allocator"):
        setting("native", ["--cuda-malloc"], {})
    with pytest.raises(ServerError, match="PYTORCH_ALLOC_CONF asks for CUDA's allocator"):
        setting("expandable", [], {"PYTORCH_ALLOC_CONF": "backend:cudaMallocAsync"})


@pytest.mark.parametrize("command", [("tools/comfyui.py", "serve"), ("-m", "adstudio", "serve")])
def test_an_allocator_that_is_not_known_is_not_taken_for_another(command: tuple[str, ...], installation: Path) -> None:
    python = serving_python(installation.parent / "venv" / "bin" / "python")
    run = run_command(installation, *command, allocator="expandible")
    assert run.returncode == 1
    assert "'expandible'" in run.stderr and "auto, comfyui, native, expandable" in run.stderr
    assert "Traceback" not in run.stderr and not python.with_name("started.json").exists()


def serving_python(path: Path) -> Path:
    """A Python beside a ComfyUI that has everything, and writes down how the server was started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, sys\n"
        "if sys.argv[1] == 'main.py':\n"
        "    told = {name: value for name, value in os.environ.items() if 'ALLOC_CONF' in name}\n"
        "    started = {'arguments': sys.argv[2:], 'folder': os.getcwd(), 'told': told}\n"
        "    pathlib.Path(__file__).with_name('started.json').write_text(json.dumps(started))\n"
        "elif 'torch.cuda' in sys.argv[2]: sys.exit(1)\n"
        "else: print(json.dumps(dict.fromkeys(sys.argv[3:], '99.0')))\n"
    )
    path.chmod(0o755)
    return path


def run_command(installation: Path, *command: str, allocator: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if "ALLOC" not in name and name != "COMFYUI_PYTHON"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=comfyui.PACK,
        env=clean | {"COMFYUI_PATH": str(installation), "ADSTUDIO_ALLOCATOR": allocator},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("tools/comfyui.py", "serve", "--port", "8190"), {}),
        (("-m", "adstudio", "serve", "--", "--port", "8190"), {}),
        (
            ("-m", "adstudio", "serve", "--allocator", "expandable", "--", "--port", "8190"),
            {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"},
        ),
    ],
)
def test_serve_starts_comfyui_with_the_pack_linked_in(
    command: tuple[str, ...], told: dict[str, str], installation: Path
) -> None:
    python = serving_python(installation.parent / "venv" / "bin" / "python")
    run = run_command(installation, *command)
    assert run.returncode == 0, run.stderr
    started = json.loads(python.with_name("started.json").read_text())
    flags = ["--cpu", "--disable-cuda-malloc"] if told else ["--cpu"]
    assert started == {"arguments": [*flags, "--port", "8190"], "folder": str(installation), "told": told}
    assert "Starting with --cpu" in run.stderr, "what the user did not ask for is said"
    assert (installation / "custom_nodes" / comfyui.LINK_NAME).resolve() == comfyui.PACK


def test_serve_says_in_a_sentence_why_it_cannot(installation: Path, tmp_path: Path) -> None:
    run = run_command(tmp_path / "none", "-m", "adstudio", "serve")
    assert run.returncode == 1
    assert "no ComfyUI at" in run.stderr and "git clone" in run.stderr and "Traceback" not in run.stderr


def test_another_copy_of_the_pack_is_not_touched(installation: Path) -> None:
    place = installation / "custom_nodes" / comfyui.LINK_NAME
    place.mkdir(parents=True)
    with pytest.raises(StorageError, match="another copy"):
        comfyui.link(installation)
    assert place.is_dir() and not place.is_symlink()


def test_what_cannot_be_linked_or_started_is_said_in_a_sentence(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installation / "custom_nodes").touch()  # a file, where a folder belongs
    with pytest.raises(StorageError) as refused:
        comfyui.link(installation)
    assert refused.value.code == "comfyui.not_linked" and "custom_nodes" in refused.value.message
    monkeypatch.setenv("COMFYUI_PYTHON", str(tmp_path))  # a folder
    assert comfyui.python(installation) is None


def test_an_allocator_that_nobody_knows_is_not_taken_for_another(installation: Path) -> None:
    with pytest.raises(InputError) as refused:
        comfyui.allocator_setting("nativ", [], {})  # as ADSTUDIO_ALLOCATOR may say, which argparse does not check
    assert refused.value.code == "comfyui.unknown_allocator" and "native" in refused.value.hint
