"""The run report: folded from the run's events, and stopped runs say so."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.ports import Cancelled
from adstudio.run.recorder import RecordedHost, Recorder
from adstudio.run.report import RunReport, fold_steps, graph_record
from adstudio.types import AdPrompt, Box, LayoutPlan, LayoutScore, Placement, RunEvent, Scene, TextBlock


def recorder() -> tuple[Recorder, list[RunEvent], threading.Event]:
    seen: list[RunEvent] = []
    stop = threading.Event()
    return Recorder(seen.append, stop), seen, stop


def test_every_way_a_step_can_end_is_told_apart() -> None:
    run, _, _ = recorder()
    with run.step("prompt"):
        run.note("no industry named")
    with pytest.raises(ValueError), run.step("load"):
        raise ValueError("half a file")
    with pytest.raises(KeyboardInterrupt), run.step("generate"):
        raise KeyboardInterrupt
    run.send(RunEvent("start", "save"))
    steps = {step.name: step for step in fold_steps(run.events)}
    assert [(name, step.status) for name, step in steps.items()] == [
        ("prompt", "done"),
        ("load", "failed"),
        ("generate", "cancelled"),
        ("save", "running"),
    ]
    assert steps["prompt"].notes == ("no industry named",)
    assert steps["load"].error == "half a file"
    assert steps["load"].seconds > 0


def test_a_stopped_run_begins_no_further_step() -> None:
    run, seen, stop = recorder()
    stop.set()
    with pytest.raises(Cancelled), run.step("prompt"):
        pytest.fail("the step must not begin")
    assert seen == []


def test_the_host_turns_progress_into_events_and_hears_the_stop() -> None:
    run, seen, stop = recorder()
    inner: list[tuple] = []
    host = RecordedHost(TorchHost("cpu", on_progress=lambda *told: inner.append(told)), run)
    preview = np.zeros((4, 4, 3), np.float32)
    with run.step("generate"):
        host.check_cancelled()
        for step in (1, 2):
            host.progress(step, 2, preview if step == 2 else None)
        assert len(inner) == 2, "the host below hears it too"
        stop.set()
        with pytest.raises(Cancelled):
            host.check_cancelled()
    told = [(event.kind, event.step, event.value, event.message) for event in seen[1:3]]
    assert told == [("progress", "generate", 0.5, "1/2"), ("preview", "generate", 1.0, "2/2")]
    assert seen[2].preview is preview
    assert all(event.preview is None for event in run.events), "a report holds no pictures"


def test_the_host_below_may_cancel_as_well() -> None:
    run, _, _ = recorder()
    below = TorchHost("cpu")
    below.cancel()
    with pytest.raises(Cancelled):
        RecordedHost(below, run).check_cancelled()


def test_seconds_per_step_leave_the_first_step_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 103.0, 105.0, 200.0, 202.0])
    monkeypatch.setattr("adstudio.run.recorder.time.perf_counter", lambda: next(clock))
    run, _, _ = recorder()
    for step in (1, 2, 3, 1, 2):
        run.tick(step)
    assert run.seconds_per_step == 2.0


def test_the_report_is_plain_json(tmp_path: Path) -> None:
    scores = (LayoutScore(1, 1 / 3, 1, 1, 1, 1, 0.5, 1, 0.7), None)
    report = RunReport(status="done", seeds=(2**63,), size=(512, 640), layout_scores=scores).with_events(
        [RunEvent("start", "prompt"), RunEvent("finish", "prompt", seconds=0.25)]
    )
    data = json.loads(report.to_json())
    assert data == report.to_dict()
    assert data["steps"][0] == {"name": "prompt", "status": "done", "seconds": 0.25, "error": "", "notes": []}
    assert data["layout_scores"][0]["readability"] == 0.3333 and data["layout_scores"][1] is None
    assert data["seeds"] == [2**63]


PEAK = """
from adstudio.run.report import peak_rss_bytes
before = peak_rss_bytes()
block = bytearray(b"x") * 150_000_000
print(before, peak_rss_bytes())
"""


def test_the_memory_peak_is_that_of_this_process() -> None:
    before, after = map(int, subprocess.check_output([sys.executable, "-c", PEAK], text=True).split())
    assert 10e6 < before < 100e6
    assert 140e6 < after - before < 160e6


def test_a_graph_tells_what_it_knows_of_each_picture() -> None:
    scene = Scene("marble", "beige", "left", "calm")
    prompt = AdPrompt("a counter", "", "대리석", "cafe", "realistic", scene, "top", "rules")
    block = TextBlock("headline", "봄", Box(0, 0, 1, 0.2))
    scores = [LayoutScore(1, 1, 1, 1, 1, 1, 1, 1, total) for total in (0.25, 0.75)]
    frames = tuple(LayoutPlan(texts=(block,), provider="local", score=score, reasons=("까닭",)) for score in scores)
    report = graph_record(prompt, LayoutPlan(frames=frames), 1)["report"]
    assert report["providers"] == {"prompt": "rules", "layout": "local"}
    assert (report["brief"], report["prompt"], report["texts"]) == ("대리석", "a counter", ["봄"])
    assert report["layout_scores"][0]["total"] == 0.75
    assert report["layout_reasons"] == [["까닭"]]
    assert set(graph_record(None, None, 0)["report"]) == {"versions"}


def test_a_graph_tells_where_products_stand_beside_the_copy_and_without() -> None:
    place = Placement(0.4, 0.9, 0.5)
    products = LayoutPlan(products=(place,), provider="local", reasons=("탁자 위",))
    words = LayoutPlan(texts=(TextBlock("headline", "봄", Box(0, 0, 1, 0.2)),), provider="openai", reasons=("까닭",))
    both = graph_record(None, words, 0, products)["report"]
    assert both["layout"]["products"] == (asdict(place),) and both["texts"] == ["봄"]
    assert both["layout_reasons"] == [["탁자 위", "까닭"]] and both["providers"] == {"layout": "openai"}
    alone = graph_record(None, None, 0, products)["report"]
    assert alone["layout"]["products"] == (asdict(place),) and "providers" not in alone
