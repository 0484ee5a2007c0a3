"""A process that is forked from a warm Python is what a cold start would have been."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from warm_python import WarmPython

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kept warm on Linux alone")


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmPython]:
    warm = WarmPython(sys.executable, ["colorsys", "no_module_of_that_name"])
    yield warm
    warm.close()


@pytest.mark.parametrize("form", ["script", "-c", "-m"])
def test_it_runs_as_a_cold_one_does(warm: WarmPython, tmp_path: Path, form: str):
    code = "import os, sys; print(sys.argv[1:], os.environ, os.getcwd(), __name__, sys.path[0]); sys.exit(3)"
    (tmp_path / "program.py").write_text(code)
    name = {"script": ["program.py"], "-c": ["-c", code], "-m": ["-m", "program"]}[form]
    command, place = [sys.executable, *name, "one", "둘"], {"cwd": tmp_path, "env": {"PATH": "/bin", "LANG": "C.UTF-8"}}
    cold = subprocess.run(command, stdout=subprocess.PIPE, check=False, **place)
    run = warm.popen(command, stdout=subprocess.PIPE, **place)
    assert run.wait(30) == cold.returncode == 3
    assert run.stdout is not None and run.stdout.read() == cold.stdout


def test_it_has_what_was_imported_and_changes_nothing_for_the_next(warm: WarmPython):
    code = "import sys; assert 'colorsys' in sys.modules; sys.exit(hasattr(sys, 'mark'))"
    assert warm.popen([sys.executable, "-c", "import sys; sys.mark = 1"]).wait(30) == 0
    assert warm.popen([sys.executable, "-c", code]).wait(30) == 0


def test_it_hears_fails_and_is_killed(warm: WarmPython, tmp_path: Path):
    asked = warm.popen([sys.executable, "-c", "print(input() * 2)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert asked.stdin is not None and asked.stdout is not None
    asked.stdin.write(b"ab\n")
    assert asked.wait(30) == 0 and asked.stdout.read() == b"abab\n"
    with (tmp_path / "log").open("wb") as log:
        failed = warm.popen([sys.executable, "-c", "1 / 0"], stdout=log, stderr=subprocess.STDOUT)
    assert failed.wait(30) == 1 and "ZeroDivisionError" in (tmp_path / "log").read_text()
    asleep = warm.popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with pytest.raises(subprocess.TimeoutExpired):
        asleep.wait(0.1)
    asleep.kill()
    assert asleep.wait(30) == asleep.returncode == -signal.SIGKILL
