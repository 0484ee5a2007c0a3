"""Slow because of a real cluster of several processes: rows on Ray, an engine killed in the middle of one."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError, ServerError
from adstudio.run.batch.catalogue import Progress, draw_catalogue
from adstudio.run.batch.local_lane import LocalLane
from adstudio.run.batch.manifest import read_entries
from adstudio.run.batch.ray_lane import RayLane
from adstudio.run.batch.rows import Row
from adstudio.run.request import AdRequest
from adstudio.types import TextStyle

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'ray'")


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    photo = tmp_path / "커피.jpg"
    Image.fromarray(data.coffee()[::3, ::3]).save(photo)
    base = AdRequest(
        brief="나무 탁자", steps=1, width=128, height=128, seed=3, provider="rules", text_style=TextStyle(min_px=8)
    )
    on = replace(base, task="composite", products=(str(photo),))
    lead = Row(2, "r2", replace(on, headline="2번"), "2", ("kakao_native:2x1",), "나무")
    more = [Row(n, f"r{n}", replace(on, headline=f"{n}번"), str(n), backdrop="나무", leader=lead) for n in range(3, 5)]
    plain = [Row(n, f"r{n}", replace(base, seed=n, headline=f"{n}번"), str(n)) for n in range(5, 9)]
    return [lead, *more, *plain, Row(9, "long", replace(base, headline="너무 긴 제목" * 60), "9")]


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in (folder / "ads").iterdir()}


def engine_processes() -> list[int]:
    """The processes of engines that live, as the system's table names them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title, status = (folder / "cmdline").read_bytes(), (folder / "status").read_text()
        except OSError:
            continue
        if title.startswith(b"ray::Engine") and "State:\tZ" not in status:
            found.append(int(folder.name))
    return found


def test_an_engine_that_is_killed_costs_no_row_and_doubles_none(rows: list[Row], tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    draw_catalogue(rows, LocalLane(alone / "store"), alone)

    out, killed = tmp_path / "cluster", []
    lane = RayLane("local", out / "store", workers=2)

    def kill_one(state: Progress) -> None:
        if state.done == 2 and not killed:
            killed.append(engine_processes()[0])
            os.kill(killed[0], signal.SIGKILL)

    try:
        done = draw_catalogue(rows, lane, out, on_progress=kill_one)
    finally:
        lane.close()
    assert killed, "an engine was killed while rows were drawn"
    assert [failure.id for failure in done.failures] == ["long"] and done.failures[0].code == "layout.no_room"
    entries = read_entries((out / "manifest.jsonl").read_bytes())
    assert sorted(entry.id for entry in entries) == [f"r{number}" for number in range(2, 9)], "each row once"
    here, there = pictures(alone), pictures(out)
    assert "r2~kakao_native-2x1.jpg" in here, "a channel is brought out by the workers, too"
    assert here.keys() == there.keys() and all(np.array_equal(here[name], there[name]) for name in here)
    assert not engine_processes(), "the cluster that was started ends with the run"


def test_a_row_that_kills_its_engines_is_given_up_and_the_rest_goes_on(
    rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adstudio.run.batch import ray_lane, ray_workers

    class Mortal(ray_workers.Engine):
        def draw(self, parcel: Any) -> ray_workers.Drawn:
            if parcel.row.id == "r6":
                os.kill(os.getpid(), signal.SIGKILL)
            return super().draw(parcel)

    monkeypatch.setattr(ray_lane.ray_workers, "Engine", Mortal)
    ray.cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))
    lane = RayLane("local", tmp_path / "store", workers=1)
    try:
        done = draw_catalogue(rows[4:6], lane, tmp_path)
    finally:
        lane.close()
    assert [failure.code for failure in done.failures] == ["batch.worker_died"]
    assert done.failures[0].id == "r6" and [entry.id for entry in done.entries] == ["r7"]


def test_a_cluster_that_is_not_there_is_said_and_so_is_what_no_channel_takes(rows: list[Row], tmp_path: Path) -> None:
    lane = RayLane("127.0.0.1:1", tmp_path / "store")  # nothing listens there
    with pytest.raises(InputError):
        lane.check(replace(rows[0], channels=("kakao_bizboard",)))
    with pytest.raises(ServerError) as refused:
        draw_catalogue(rows, lane, tmp_path)
    assert refused.value.code == "batch.no_cluster"
