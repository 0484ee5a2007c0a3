"""Pictures whose free space and ground are known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chat_server import MODEL, ChatServer, chatting
from layout_questions import CANARY, picks
from skimage import data

from adstudio.chat import openai_chat
from adstudio.types import Array


@pytest.fixture(scope="session")
def coffee() -> Array:
    return (data.coffee() / 255).astype(np.float32)


@pytest.fixture(scope="session")
def flower() -> Array:
    from sklearn.datasets import load_sample_image

    return (load_sample_image("flower.jpg") / 255).astype(np.float32)


@pytest.fixture(scope="session")
def disc() -> Array:
    """A red disc in the right half of a calm grey picture, 400 x 600."""
    y, x = np.mgrid[0:400, 0:600]
    picture = np.full((400, 600, 3), 0.7, np.float32)
    picture[(x - 430) ** 2 + (y - 200) ** 2 < 120**2] = (0.8, 0.1, 0.1)
    return picture


@pytest.fixture(scope="session")
def table() -> Array:
    """A wall lit from the left and a dark table from 60 % down, 400 x 400."""
    picture = np.full((400, 400, 3), 0.8, np.float32)
    picture[240:] = (0.4, 0.25, 0.15)
    return picture * np.linspace(1.0, 0.6, 400, dtype=np.float32)[None, :, None]


@pytest.fixture(scope="session")
def podium(table: Array) -> Array:
    """A light cylinder on the floor: its top face spans rows 250 to 290 and columns 130 to 290."""
    picture = np.full((400, 400, 3), 0.45, np.float32)
    y, x = np.mgrid[0:400, 0:400]
    side = (abs(x - 210) < 80) & (y > 270) & (y < 340)
    picture[side] = 0.4
    picture[((x - 210) / 80) ** 2 + ((y - 270) / 20) ** 2 < 1] = 0.75
    return picture


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ChatServer]:
    """A model that looks, set as the one to be asked; it picks the calmest box."""
    monkeypatch.setattr(openai_chat, "_dialects", {})
    monkeypatch.setattr(openai_chat, "BACKOFF_S", 0.02)
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    with chatting() as chat:
        monkeypatch.setenv("ADSTUDIO_BASE_URL", chat.url)
        monkeypatch.setenv("ADSTUDIO_API_KEY", CANARY)
        monkeypatch.setenv("ADSTUDIO_VISION_MODEL", MODEL)
        chat.answers(picks())
        yield chat
