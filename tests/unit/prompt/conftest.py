"""What the prompt tests share: a user folder of their own, so that nobody's own word lists change a result."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "adstudio-home"
    (folder / "lexicon").mkdir(parents=True)
    monkeypatch.setenv("ADSTUDIO_HOME", str(folder))
    return folder
