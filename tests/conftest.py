"""The five tiers of tests. A test's tier is its folder; a tier that this machine cannot run is skipped and says why."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import comfyui
import older_host
import pytest
from comfy_server import ComfyServer, running
from warm_python import Popen, warm_python

TESTS = Path(__file__).parent
TIERS = ("unit", "slow", "comfy", "browser", "gpu")
# What this pack and ComfyUI import of other people's; their own modules are read at each start, as are its flags.
DRAWING_IMPORTS = (
    *("torch", "torch._dynamo", "transformers.models.qwen3.modeling_qwen3"),
    *("diffusers.models.transformers.transformer_z_image", "diffusers.models.autoencoders.autoencoder_kl"),
)
COMFYUI_IMPORTS = (
    *DRAWING_IMPORTS,
    *(f"transformers.models.{name}.tokenization_{name}" for name in ("bert", "byt5", "clip", "qwen2", "t5")),
    *("torchaudio", "torchsde", "torchvision", "scipy.ndimage", "scipy.signal", "scipy.stats", "spandrel"),
    *("aiohttp.web", "alembic.command", "av", "comfy_kitchen", "kornia", "OpenGL.GL", "pydantic_settings"),
    "sqlalchemy.orm",
)


@cache
def missing_for(tier: str) -> str:
    """What this machine lacks to run ``tier``; empty when it lacks nothing."""
    if tier in ("comfy", "browser") and (problem := comfyui.problem()):
        return problem
    if tier == "browser":
        if not (os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")):
            return "no chromium found; install one (Debian: apt install chromium) or set CHROMIUM_PATH to its path"
        if importlib.util.find_spec("playwright") is None:
            return "the Python package playwright is not installed; run: make test-browser"
    if tier == "gpu":
        import torch

        if not torch.cuda.is_available():
            return "no NVIDIA GPU that this torch can use"
    return ""


@pytest.hookimpl(optionalhook=True)  # of a plugin that a machine with a card may lack
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker per processor; one more where tests wait: for pages to settle, for servers to start and to end."""
    waits = any(was_asked_for(tier, config) for tier in ("comfy", "browser"))
    return (os.cpu_count() or 1) + waits


def pytest_configure() -> None:
    """Share the processors between workers: each one's ComfyUI would compute on all of them."""
    if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(workers))))


def tier_of(path: Path) -> str:
    """The tier that a test file belongs to."""
    name = path.relative_to(TESTS).parts[0]
    if name not in TIERS:
        raise pytest.UsageError(f"{path} is in no tier; tests live in tests/{{{','.join(TIERS)}}}/")
    return name


def was_asked_for(tier: str, config: pytest.Config) -> bool:
    """Whether the command line names the tier, something in it, or all tests."""
    folder = TESTS / tier
    asked = [Path(str(argument).split("::")[0]).resolve() for argument in config.args]
    return any(path in (TESTS, folder) or folder in path.parents for path in asked)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a tier that cannot run before its files import what is not there."""
    parts = collection_path.relative_to(TESTS).parts if collection_path.is_relative_to(TESTS) else ()
    if not parts or parts[0] not in TIERS:
        return None
    # pytest asks for the folders beside the one it was given, too: what they lack is not looked into (torch, for one).
    return True if not was_asked_for(parts[0], config) or missing_for(parts[0]) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its tier."""
    for item in items:
        item.add_marker(tier_of(item.path))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name each tier that was asked for and left out, with the reason."""
    for tier in TIERS:
        wanted = was_asked_for(tier, config)
        has_tests = any((TESTS / tier).rglob("test_*.py"))
        if wanted and (reason := missing_for(tier)):
            terminalreporter.write_line(f"tier {tier}: skipped, {reason}")
        elif wanted and not has_tests:
            terminalreporter.write_line(f"tier {tier}: has no tests")
        elif wanted and tier in ("comfy", "browser") and (reason := older_host.problem()):
            terminalreporter.write_line(f"tier {tier}: its tests in an older ComfyUI skipped, {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A tier that was asked for alone and cannot run here is a skip, not a failure."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and any(missing_for(tier) for tier in TIERS):
        session.exitstatus = pytest.ExitCode.OK


@pytest.fixture(scope="session")
def warm() -> Iterator[Popen]:
    """Starts processes of this Python that begin with what drawing imports."""
    with warm_python(sys.executable, DRAWING_IMPORTS) as popen:
        yield popen


@pytest.fixture(scope="session")
def server_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base directory of the session's ComfyUI, there before it is started."""
    return tmp_path_factory.mktemp("comfyui")


@pytest.fixture(scope="session")
def server(server_base: Path, warm_comfyui: Popen) -> Iterator[ComfyServer]:
    """One real ComfyUI for the whole session, with this pack and a probe of its model manager."""
    base = server_base
    (base / "custom_nodes").mkdir()
    (base / "input").mkdir()
    shutil.copy(TESTS / "comfy" / "probe.py", base / "custom_nodes" / "adstudio_probe.py")
    # The name that a stock installation has in its input folder, and that the shipped workflows therefore start with.
    shutil.copy(_coffee_photo(), base / "input" / "example.png")
    # Results of the run before stay in its cache however little memory is left beside other workers.
    with running(base, flags=("--cpu", "--cache-ram", "0"), popen=warm_comfyui) as comfy:
        yield comfy


@pytest.fixture(scope="session")
def warm_comfyui() -> Iterator[Popen]:
    """Starts processes of ComfyUI's Python that begin with its libraries imported.

    Not for servers that need settings which those read at import (``HF_HOME``, ``HF_ENDPOINT``).
    """
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    assert python is not None
    with warm_python(python, COMFYUI_IMPORTS) as popen:
        # Where there is a card, ComfyUI chooses an allocator of CUDA's before torch is imported.
        yield lambda command, **settings: (popen if "--cpu" in command else subprocess.Popen)(command, **settings)


@pytest.fixture(scope="session")
def older_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """An older ComfyUI with this pack and nothing else."""
    if reason := older_host.problem():
        pytest.skip(reason)
    base = tmp_path_factory.mktemp("older")
    (base / "input").mkdir()
    shutil.copy(_coffee_photo(), base / "input" / "example.png")
    with running(base, host=older_host.place()) as comfy:
        yield comfy


def _coffee_photo() -> Path:
    skimage = importlib.util.find_spec("skimage")
    assert skimage is not None and skimage.origin is not None
    return Path(skimage.origin).parent / "data" / "coffee.png"
