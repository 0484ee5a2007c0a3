"""The tests on a card made of Python, in a process of their own: what they do to torch would reach all other tests.

Slow, because every operation passes through Python: a minute of one processor for all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from device_double import ASKED
from torch.utils import backend_registration
from warm_python import Popen

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path.name for path in (Path(__file__).parent / "double").glob("test_*.py"))


@pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="this version of torch has no devices made of Python",
)
@pytest.mark.parametrize("file", FILES)
def test_on_a_card_made_of_python(file: str, warm: Popen, tmp_path: Path):
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"tests/slow/double/{file}"]
    with (tmp_path / "said").open("wb") as log:
        run = warm(command, cwd=ROOT, env=os.environ | {ASKED: "1"}, stdout=log, stderr=subprocess.STDOUT)
    try:
        status = run.wait(timeout=580)
    finally:
        run.kill()
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert status == 0, said[-8000:]
    assert " passed" in said
