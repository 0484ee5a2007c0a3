"""A folder among the models that this user may not enter: menus do without it, and the nodes are there all the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adstudio.engine.forms.model_files import KINDS, files_holding
from adstudio.text.faces import fonts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="becomes another user in a process of its own")
NOBODY = 65534


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder whose names can be read and nothing else."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    folder = root / "locked"
    folder.mkdir()
    for name in ("model.safetensors", "font.ttf"):
        (folder / name).write_bytes(b"nobody's")
    folder.chmod(0o444)
    yield root
    folder.chmod(0o755)
    shutil.rmtree(root)


def passes_for_others(work: Callable[[], object]) -> bool:
    """Whether something ends well for a user whom the locks hold; none does that for root."""
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def test_the_lock_holds(locked: Path):
    assert not passes_for_others((locked / "locked" / "model.safetensors").stat)


@pytest.mark.parametrize("part", KINDS)
def test_models_are_offered_without_it(locked: Path, part: str):
    assert passes_for_others(lambda: files_holding(part, [locked]))


def test_fonts_are_offered_without_it(locked: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADSTUDIO_FONTS", str(locked))
    fonts.font_names()  # what is read once is read before
    assert passes_for_others(fonts.font_names)
