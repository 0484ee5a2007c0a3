"""A run in legs: handed from thread to thread, from process to process, from ad to ad, it draws the same picture."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from adstudio.run.local.handing import Backdrop, Prepared
from adstudio.run.local.runner import LocalRunner
from adstudio.run.request import AdRequest
from adstudio.types import TextStyle


def product_ad(checkpoint: Path, box: Path, **more: object) -> AdRequest:
    fields = {
        "task": "composite",
        "brief": "초록 정원의 나무 탁자",
        "products": (str(box),),
        "headline": "봄",
        "seed": 7,
        "steps": 1,
        "checkpoint": str(checkpoint),
        "text_style": TextStyle(min_px=8),
    }
    return AdRequest(**(fields | more))  # type: ignore[arg-type]


def finish(legs):
    with pytest.raises(StopIteration) as end:
        while True:
            next(legs)
    return end.value.value


def test_legs_in_other_threads_and_work_done_elsewhere_give_the_same_ad(
    checkpoint: Path, box: Path, tmp_path: Path
) -> None:
    request = product_ad(checkpoint, box)
    whole = LocalRunner(tmp_path / "whole").run(request)

    first = LocalRunner(tmp_path / "first").legs(request)
    with ThreadPoolExecutor(1) as elsewhere:
        run = elsewhere.submit(next, first).result()
        sent = pickle.loads(pickle.dumps(Prepared.by(run)))
        next(first)
        threaded = elsewhere.submit(finish, first).result()
    assert np.array_equal(threaded.pictures[0], whole.pictures[0])

    taken = finish(LocalRunner(tmp_path / "taken").legs(request, prepared=sent))
    assert np.array_equal(taken.pictures[0], whole.pictures[0])
    steps = [step.name for step in taken.report.steps]
    assert steps == [step.name for step in whole.report.steps], "what was done elsewhere is told, too"


def test_a_backdrop_that_is_handed_on_is_not_drawn_again(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    leader = LocalRunner(tmp_path).legs(product_ad(checkpoint, box, headline=""))
    next(leader)
    backdrop = Backdrop.by(next(leader))
    leader.close()
    assert not list(tmp_path.rglob("*.png")), "a run that is closed in between saves nothing"

    legs = LocalRunner(tmp_path).legs(product_ad(checkpoint, box, headline="", seed=99))
    backdrop.hand_to(next(legs))
    result = finish(legs)
    assert result.report.evaluations == 0 and result.report.seeds == backdrop.seeds == (7,)
    drawn = LocalRunner(tmp_path / "own").run(product_ad(checkpoint, box, headline=""))
    assert np.array_equal(result.pictures[0], drawn.pictures[0])
