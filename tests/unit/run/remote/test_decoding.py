"""What a server hands over as a picture and is none ends in one sentence, not in Pillow's own errors."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from picture_files import png_header
from PIL import Image

from adstudio import ServerError
from adstudio.run.recorder import Recorder
from adstudio.run.remote.decoding import decode
from adstudio.run.remote.graph import PREVIEW, Graph
from adstudio.run.remote.masks import fetch_mask
from adstudio.run.remote.results import verify
from adstudio.run.remote.watch import Watch
from adstudio.types import RunEvent

HUGE = png_header(60_000, 60_000)
LARGE = png_header(12_000, 9_000)  # of these Pillow only warns


def png(mode: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).convert(mode).save(file, "PNG")
    return file.getvalue()


class Line:
    """A connection to a server that answers every question with one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, path: str, **asked: str) -> bytes:
        return self.data


@pytest.mark.parametrize(
    ("data", "why"),
    [(HUGE, "more than 178 million pixels"), (LARGE, "truncated"), (b"no picture", "cannot identify"), (b"", "cannot")],
    ids=["huge", "large", "no picture", "empty"],
)
def test_what_is_no_whole_picture_is_told_in_one_sentence(data: bytes, why: str) -> None:
    with pytest.raises(ServerError) as caught:
        verify(data, "0123456789abcdef.png")
    assert caught.value.code == "comfyui.damaged_picture"
    assert why in caught.value.message and caught.value.message.endswith(".")


@pytest.mark.parametrize("data", [HUGE, LARGE, b"no picture"], ids=["huge", "large", "no picture"])
def test_so_it_is_for_a_mask(data: bytes) -> None:
    graph = Graph({"1": {"class_type": PREVIEW, "inputs": {}}})
    outputs = {"1": {"images": [{"filename": "mask.png", "subfolder": "", "type": "temp"}]}}
    line: Any = Line(data)
    with pytest.raises(ServerError) as caught:
        fetch_mask(line, graph, outputs, (6, 8))
    assert caught.value.code == "comfyui.damaged_picture"


def test_a_preview_that_is_no_picture_is_left_out_and_the_next_is_shown() -> None:
    events: list[RunEvent] = []
    watch = Watch("job", {"5": "draw"}, Recorder(events.append, threading.Event()))
    for data in (HUGE, b"no picture", png("RGB")):
        watch._show("5", data)
    assert [event.kind for event in events] == ["preview"]


@pytest.mark.parametrize(("mode", "shape"), [("RGB", (6, 8, 3)), ("L", (6, 8, 3)), ("RGBA", (6, 8, 4))])
def test_a_picture_has_three_channels_or_four(mode: str, shape: tuple[int, ...]) -> None:
    assert decode(png(mode)).shape == shape
    assert np.array_equal(decode(png(mode), grey=True), np.arange(48).reshape(6, 8))
