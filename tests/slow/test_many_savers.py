"""Eight processes save 500 pictures each into one folder while they are killed again and again.

Slow, since only many kills hit every gap between writing, naming and flushing.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from warm_python import Popen, warm_python

from adstudio.output import store
from adstudio.output.encode import hash_pixels

SAVERS, SAVES, PICTURES, KILLS = 8, 500, 60, 60
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

SAVER = """
import sys
from pathlib import Path
import numpy as np
from adstudio.output.save import save_picture
folder, log, start = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
done = len(log.read_text().splitlines()) if log.exists() else 0
with log.open("a") as told:
    for step in range(done, {saves}):
        number = (start * 7 + step * 11) % {pictures}
        picture = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
        original = np.random.default_rng(1000 + number % 5).integers(0, 256, (48, 64, 3), np.uint8)
        format = ("png", "jpeg", "webp")[number % 3]
        saved = save_picture(picture, folder, format=format, quality=90, original=original,
                             metadata={{"adstudio": {{"seed": number}}}})
        told.write(f"{{number}} {{saved.path.relative_to(folder)}} {{int(saved.existed)}}\\n")
        told.flush()
"""


def start(popen: Popen, folder: Path, logs: Path, number: int) -> subprocess.Popen[bytes]:
    code = SAVER.format(saves=SAVES, pictures=PICTURES)
    log = logs / f"{number}.txt"
    return popen([sys.executable, "-c", code, str(folder), str(log), str(number)], env=ENVIRONMENT)


@pytest.fixture
def savers() -> Iterator[Popen]:
    """Starts processes that have the library imported: most are killed, and what is tried comes after that."""
    with warm_python(sys.executable, ["adstudio.output.save"], environment=ENVIRONMENT) as popen:
        yield popen


def test_no_file_is_torn_lost_or_doubled(savers: Popen, tmp_path: Path) -> None:
    folder, logs = tmp_path / "ads", tmp_path / "logs"
    folder.mkdir()
    logs.mkdir()
    chance, kills = random.Random(0), 0
    running = {number: start(savers, folder, logs, number) for number in range(SAVERS)}
    deadline = time.monotonic() + 500
    while running:
        assert time.monotonic() < deadline, "the savers do not come to an end"
        time.sleep(chance.uniform(0.01, 0.1))
        for number, process in list(running.items()):
            code = process.poll()
            assert code in (None, 0, -signal.SIGKILL), f"saver {number} failed"
            if code == 0:
                del running[number]
            elif code is not None:
                running[number] = start(savers, folder, logs, number)
        log_of = {number: logs / f"{number}.txt" for number in running}
        busy = [number for number, log in log_of.items() if log.exists() and log.stat().st_size]  # past its imports
        if kills < KILLS and busy:
            os.kill(running[chance.choice(busy)].pid, signal.SIGKILL)
            kills += 1
    assert kills >= KILLS // 2, "too few kills to mean anything"

    told = [line.split() for log in logs.iterdir() for line in log.read_text().splitlines()]
    assert len(told) == SAVERS * SAVES
    paths = {number: {line[1] for line in told if line[0] == number} for number in {line[0] for line in told}}
    assert len(paths) == PICTURES and all(len(found) == 1 for found in paths.values()), "one file per picture"
    # A saver that was killed after naming a file had no time to say so; nobody may say so twice.
    assert all(sum(line[0] == number and line[2] == "0" for line in told) <= 1 for number in paths)

    parts = list(folder.rglob(".adstudio-part-*"))
    for part in parts:
        os.utime(part, (0, 0))
    store.prepare_folder(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    pictures = [path for path in files if path.suffix != ".json" and "origin" not in path.parts]
    origins = [path for path in files if "origin" in path.relative_to(folder).parts]
    reports = [path for path in files if path.suffix == ".json"]
    assert {str(path.relative_to(folder)) for path in pictures} == {next(iter(found)) for found in paths.values()}
    assert len(origins) == 5
    assert {path.with_suffix("") for path in reports} == {path.with_suffix("") for path in pictures}
    assert len(files) == len(pictures) + len(origins) + len(reports), "nothing else is left"

    for number, found in paths.items():
        path = folder / next(iter(found))
        expected = np.random.default_rng(int(number)).integers(0, 256, (48, 64, 3), np.uint8)
        about = json.loads(path.with_suffix(".json").read_text())["adstudio"]
        origin = (path.parent / about["origin"]["path"]).resolve()
        assert about["seed"] == int(number) and origin in origins
        with Image.open(path) as picture, Image.open(origin) as before:
            shown = np.asarray(picture)
            assert hash_pixels(np.asarray(before)) == about["origin"]["sha256"]
        assert shown.shape == expected.shape and (path.suffix != ".png" or np.array_equal(shown, expected))
