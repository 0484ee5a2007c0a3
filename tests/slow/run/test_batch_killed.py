"""Slow because of whole processes that load the demo model: a catalogue is killed in the middle, again and again."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image
from warm_python import Popen

ROOT = Path(__file__).resolve().parents[3]
SMALL = ("width=128", "height=128", "steps=1", "provider=rules", 'text_style={"min_px": 8}')
IDS = [f"컵-{number}" for number in range(8)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Eight rows over real photos: some share a backdrop, some have no photo."""
    Image.fromarray(data.coffee()[::3, ::3]).save(tmp_path / "커피.jpg")
    Image.fromarray(load_sample_image("flower.jpg")[::3, ::3]).save(tmp_path / "꽃.jpg")
    photos = ["커피.jpg", "", "꽃.jpg", "커피.jpg", "", "커피.jpg", "꽃.jpg", ""]
    lines = [
        f"{name},{photo},{'' if not photo or number % 2 else '나무'},나무 탁자,{number}번,"
        for number, (name, photo) in enumerate(zip(IDS, photos, strict=True))
    ]
    path = tmp_path / "rows.csv"
    path.write_text("id,사진,배경이름,배경,제목,style\n" + "\n".join(lines) + "\n", "utf-8-sig")
    return path


def start(popen: Popen, table: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    sets = [part for pair in SMALL for part in ("--set", pair)]
    return popen(
        [sys.executable, "-m", "adstudio", "batch", str(table), "--out", str(out), *sets, *more],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def written(out: Path) -> list[dict[str, object]]:
    path = out / "manifest.jsonl"
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return [json.loads(line) for line in whole.splitlines()]


def test_a_catalogue_killed_again_and_again_ends_with_each_row_once(warm: Popen, table: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    run = start(warm, table, whole)
    assert run.wait(timeout=400) == 0, run.stdout.read().decode() if run.stdout else ""

    chance, kills = random.Random(5), 0
    for aim in (1, 3, 5):
        run = start(warm, table, out, "--resume")
        deadline = time.monotonic() + 300
        while len(written(out)) < aim and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.5))  # anywhere: in a drawing, a file, a line
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
            kills += 1
        run.wait(timeout=60)
        if aim == 3:  # the tear that a power cut leaves
            with (out / "manifest.jsonl").open("ab") as file:
                file.write(b'{"row": 7, "id": "')
    assert kills == 3, "the run was too fast to be killed in the middle"
    run = start(warm, table, out, "--resume")
    assert run.wait(timeout=400) == 0, run.stdout.read().decode() if run.stdout else ""

    entries = written(out)
    assert sorted(entry["id"] for entry in entries) == IDS, "each row once"
    ads = {path.name for path in (out / "ads").iterdir()}
    assert ads == {f"{name}.png" for name in IDS}, "and nothing else lies there"
    for entry in entries:
        (name,) = entry["files"]  # type: ignore[misc]
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == entry["sha256"][0]  # type: ignore[index]
        assert np.array_equal(np.asarray(Image.open(out / name)), np.asarray(Image.open(whole / name))), name
    stored = [path for path in (out / "store").rglob("*.png") if "origin" not in path.parts]
    assert len(stored) == len(IDS), "a row that was drawn twice left one picture"
