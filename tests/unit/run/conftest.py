"""A tiny checkpoint, real photos, and the command line as a user calls it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tiny_checkpoint import build_checkpoint

from adstudio.run.cli import main


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights in the real classes, whose pictures are large enough to letter."""
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "z-image-tiny", base_px=192)


@pytest.fixture(scope="session")
def coffee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real photo of a cup."""
    path = tmp_path_factory.mktemp("photos") / "coffee.png"
    Image.fromarray(data.coffee()[::2, ::2]).save(path)
    return path


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A product that comes cut out: a red box on a transparent ground."""
    rgba = np.zeros((120, 100, 4), np.uint8)
    rgba[30:110, 20:80] = (200, 40, 60, 255)
    path = tmp_path_factory.mktemp("photos") / "box.png"
    Image.fromarray(rgba).save(path)
    return path


@dataclass(frozen=True)
class Said:
    """What a command left behind: exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.out.splitlines()[-1])


Run = Callable[..., Said]


@pytest.fixture
def adstudio(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as leave:  # argparse's own way out
            code = int(leave.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run
