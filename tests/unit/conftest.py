"""What holds for every unit test: no network, no model hub, one thread."""

from __future__ import annotations

import gc
import os
import socket

import pytest
from hypothesis import settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch starts: pictures must not depend on the number of cores
# The same questions each time, however slow the machine. Others are asked for by --hypothesis-profile=fresh.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("fresh", deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="module")
def settled_heap() -> None:
    """Collecting garbage looks only at what this file's tests made.

    Forgetting a checkpoint collects garbage, hundreds of times here. All that torch, diffusers and transformers keep
    would be walked each time, a third of a second long, and never freed.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that reaches beyond this machine fails instead of hanging or passing by luck."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise OSError(f"a unit test tried to reach {host}")
        return connect(self, address)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, addresses, models and the proxy of whoever runs the tests must not change them, and must not be used."""
    ours = ("API_KEY", "BASE_URL", "VISION_MODEL", "ENGINE", "CHECKPOINT")
    for name in os.environ:
        is_proxy = name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
        if is_proxy or name.startswith("OPENAI_") or name in {f"ADSTUDIO_{end}" for end in ours}:
            monkeypatch.delenv(name)
