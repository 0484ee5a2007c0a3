"""A catalogue on a real ComfyUI: the same files as on this machine, channels and shared backdrops with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from comfy_server import ComfyServer
from PIL import Image
from skimage import data

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.run.batch.catalogue import draw_catalogue
from adstudio.run.batch.local_lane import LocalLane
from adstudio.run.batch.rows import Row
from adstudio.run.batch.server_lane import RunnerLane
from adstudio.run.remote.runner import ComfyRunner
from adstudio.run.request import AdRequest
from adstudio.types import RunEvent, TextStyle

CHANNELS = ("instagram_story", "kakao_native:2x1")
CLOSE = 3.0  # mean difference, in steps of 8 bits: a server's originals come as 8 bits a colour


def table(folder: Path) -> list[Row]:
    photo = folder / "coffee.png"
    Image.fromarray(data.coffee()).save(photo)
    base = AdRequest(
        brief="분홍빛 대리석 위", headline="봄날 한 잔", provider="rules", style="watercolor", seed=7, steps=2,
        width=256, height=256, text_style=TextStyle(min_px=8),
    )  # fmt: skip
    on = replace(base, task="composite", products=(str(photo),), context="딸기라떼")
    lead = Row(2, "잔-1", on, "1", CHANNELS, "대리석")
    other = Row(
        3, "잔-2", replace(on, context="초록 말차 빙수", headline="여름 한 잔"), "2", CHANNELS[:1], "대리석", lead
    )
    return [
        lead,
        other,
        Row(4, "장면", replace(base, seed=8), "3", CHANNELS[1:]),
        Row(5, "사진", replace(base, reference=str(photo), width=None, height=None, strength=0.3), "4", CHANNELS[:1]),
    ]


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {
        path.name: np.asarray(Image.open(path).convert("RGB"), np.float32)
        for path in sorted((folder / "ads").iterdir())
    }


def test_a_catalogue_gives_the_same_files_there_and_here(server: ComfyServer, tmp_path: Path) -> None:
    rows, there, here = table(tmp_path), tmp_path / "there", tmp_path / "here"
    events: list[RunEvent] = []
    lane = RunnerLane(ComfyRunner(server.url, there / "store"), there / "store", 1, events.append)
    for row in rows:
        lane.check(row)
    done = draw_catalogue(rows, lane, there)
    lane.close()
    assert not done.failures, done.failures
    cached = [each for each in events if each.step == "generate" and "unchanged" in (each.message or "")]
    assert len(cached) == 1, "the second row has its backdrop from ComfyUI's cache"
    own = draw_catalogue(rows, LocalLane(here / "store", host=TorchHost()), here)
    assert [entry.files for entry in done.entries] == [entry.files for entry in own.entries]
    assert [entry.notes for entry in done.entries] == [entry.notes for entry in own.entries]
    one, other = pictures(there), pictures(here)
    assert {name: picture.shape for name, picture in one.items()} == {
        name: picture.shape for name, picture in other.items()
    }
    apart = {name: float(np.abs(one[name] - other[name]).mean()) for name in one}
    assert max(apart.values()) < CLOSE, apart
    corner = np.s_[:40, :40]  # neither product nor letters stand there
    first, second = one["잔-1.png"], one["잔-2.png"]
    assert np.array_equal(first[corner], second[corner]), "they stand on one backdrop"
    assert not np.array_equal(first, second)
