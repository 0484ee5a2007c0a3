"""A ComfyUI on the loopback, and a runner that does not wait long for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from comfy_double import ComfyDouble, running_double

from adstudio.run.remote import connection, job, pool, socket
from adstudio.run.remote.job import Patience
from adstudio.run.remote.runner import ComfyRunner


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "_TICK_S", 0.02)
    monkeypatch.setattr(job, "_BLIND_LOOK_S", 0.1)
    monkeypatch.setattr(job, "_SETTLE_S", 0.5)
    monkeypatch.setattr(connection, "_PAUSE_S", 0.02)
    monkeypatch.setattr(socket, "_FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(pool, "DEAD_S", 3600)  # until a test says that it is over


@pytest.fixture
def double(tmp_path: Path) -> Iterator[ComfyDouble]:
    with running_double(tmp_path / "server") as server:
        yield server


Make = Callable[..., ComfyRunner]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make a runner that writes to ``tmp_path/ads``."""
    made: list[ComfyRunner] = []

    def make(*servers: ComfyDouble | str, silent_s: float = 5.0) -> ComfyRunner:
        urls = [server if isinstance(server, str) else server.url for server in servers]
        made.append(ComfyRunner(urls, tmp_path / "ads", patience=Patience(silent_s=silent_s, job_s=300)))
        return made[-1]

    yield make
    for runner in made:
        runner.close()
