"""The examples run as they stand."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from comfy_double import ComfyDouble, running_double
from comfyui import PACK

EXAMPLES = PACK / "samples"


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComfyDouble]:
    """A server that the examples find, and a folder of their own."""
    with running_double(tmp_path / "server") as server:
        monkeypatch.setenv("COMFYUI_SERVERS", server.url)
        monkeypatch.chdir(tmp_path)
        yield server


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_fastapi_answers_with_the_picture(double: ComfyDouble) -> None:
    pytest.importorskip("fastapi")
    from fastapi.testclient import TestClient

    app = load("fastapi_app")
    with TestClient(app.app) as client:
        answer = client.post("/ads", json={"brief": "봄 딸기라떼", "seed": 7})
        assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
        assert answer.headers["X-Seed"] == "7" and len(double.posts) == 1
        assert client.post("/ads", json={"brief": "봄", "style": "없는 화풍"}).status_code == 422
        double.kill()
        assert client.post("/ads", json={"brief": "봄"}).status_code == 503
    app.runner().close()


def test_cron_leaves_the_ad_of_the_day(double: ComfyDouble, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "cron_job.py"), str(tmp_path)]
    environment = {"PYTHONPATH": str(PACK), "COMFYUI_SERVERS": double.url, "PATH": "/usr/bin:/bin"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "today.png").read_bytes().startswith(b"\x89PNG") and not list(tmp_path.glob("*.part"))
    double.kill()
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1 and "comfyui.unreachable" in run.stderr


def test_streamlit_shows_the_ad(double: ComfyDouble) -> None:
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(EXAMPLES / "streamlit_app.py"), default_timeout=30).run()
    page.button[0].click().run()
    assert not page.exception and not page.error and len(double.posts) == 1
    double.kill()
    page.button[0].click().run()
    assert page.error and "ComfyUI" in page.error[0].value
