"""Ctrl-C in a real process: the first stops the run cleanly wherever it lands, the second ends the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adstudio.run.commands import interrupt

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

# Python prints and drops whatever is raised in a finaliser, an interrupt too.
LOST = """
import os, signal, sys
from adstudio.run.commands import progress
from adstudio.run.cli import main

class Finaliser:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        sys.stderr.write("never reached")

show, pressed = progress.Progress.__call__, []

def press(self, event):
    show(self, event)
    if event.step == "generate" and event.kind in ("progress", "preview") and not pressed:
        pressed.append(Finaliser())
        pressed[0] = None

progress.Progress.__call__ = press
sys.exit(main(sys.argv[1:]))
"""

DEAF = """
import argparse, sys, time
from adstudio.run import cli
from adstudio.run.commands import fetch as fetch_command

def work(options):
    says = "working"
    while True:
        try:
            if says:
                says = print(says, flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            says = "not listening"

fetch_command.run = work
sys.exit(cli.main(["fetch", "org/model"]))
"""


def test_an_interrupt_that_python_drops_still_stops_the_run(checkpoint: Path, tmp_path: Path) -> None:
    arguments = (
        "generate",
        "창가의 딸기 라떼",
        "--steps",
        4,
        "--no-text",
        "--checkpoint",
        checkpoint,
        "--out",
        tmp_path,
    )
    said = subprocess.run(
        [sys.executable, "-c", LOST, *map(str, arguments)], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert "Exception ignored in" in said.stderr and "never reached" not in said.stderr, "it must have been lost"
    assert said.returncode == 130, said.stderr
    assert said.stderr.splitlines()[-1].startswith("error: Interrupted")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to another process")
def test_a_second_ctrl_c_ends_a_process_that_does_not_listen() -> None:
    process = subprocess.Popen([sys.executable, "-c", DEAF], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "not listening\n"
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait() == -signal.SIGINT
    finally:
        process.kill()
        process.stdout.close()


def test_the_handler_goes_with_the_command_and_calls_only_who_works() -> None:
    before, called = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), interrupt.handled():
        with interrupt.cancels(lambda: called.append("earlier")):
            pass
        with interrupt.cancels(lambda: called.append("now")):
            signal.raise_signal(signal.SIGINT)
            time.sleep(1)
    assert called == ["now"] and interrupt.was_asked()
    assert signal.getsignal(signal.SIGINT) is before
    with interrupt.handled():
        assert not interrupt.was_asked(), "the next command starts anew"
