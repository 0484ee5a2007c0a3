"""What language models answered, kept on disk by content: the same question to the same model is asked once.

An entry holds the model's fields and counts of tokens; the brief and the address are only in its name's hash, and a key
is in neither. Reading one goes through the same checks as an answer that has just come.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import config

logger = logging.getLogger("adstudio.chat")

MAX_BYTES = 64 << 20
MAX_ENTRY_BYTES = 64 << 10
_FORM = 1  # of an entry
_PRUNE_EVERY = 64  # writes; looking through the folder takes longer than a write
_STALE_S = 3600


def question_id(*parts: object) -> str:
    """Name a question by all that decides its answer."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class AnswerCache:
    """Answers by question. A folder that cannot be written is no cache, which is logged once.

    Args:
        folder: where; ``cache/words`` in the user's folder where it is left out.
    """

    _complained = False

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder or config.home() / "cache" / "words"
        self._max_bytes = max_bytes
        self._writes = 0
        self._lock = threading.Lock()

    def find(self, question: str) -> dict[str, Any] | None:
        """Return what was kept; whatever is no whole entry counts as nothing."""
        path = self._path(question)
        try:
            with path.open("rb") as file:
                content = file.read(MAX_ENTRY_BYTES + 1)
            entry = json.loads(content) if len(content) <= MAX_ENTRY_BYTES else None
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or entry.get("form") != _FORM or entry.get("question") != question:
            return None
        with suppress(OSError):
            os.utime(path)  # the oldest go first, and this one has just been of use
        return entry

    def keep(self, question: str, entry: Mapping[str, Any]) -> None:
        """Keep an answer; a reader never sees half of it."""
        text = json.dumps({"form": _FORM, "question": question, **entry}, ensure_ascii=False)
        content = text.encode("utf-8", "replace")
        if len(content) > MAX_ENTRY_BYTES:
            return
        path = self._path(question)
        part = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # readable by its owner only
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(part).replace(path)
        except OSError as error:
            with suppress(OSError):
                if part:
                    Path(part).unlink()
            self._complain(error)
            return
        with self._lock:
            self._writes += 1
            is_due = self._writes % _PRUNE_EVERY == 1
        if is_due:
            self.prune()

    def prune(self) -> None:
        """Remove the oldest entries until the rest fits, with a tenth to spare."""
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("??/*"):
            with suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
        found.sort(reverse=True)
        newest, total = found[0][0] if found else 0.0, 0
        for age, size, path in found:
            total += size
            if total > self._max_bytes * 0.9 or (path.suffix == ".part" and newest - age > _STALE_S):
                with suppress(OSError):
                    path.unlink()

    def _path(self, question: str) -> Path:
        return self.folder / question[:2] / f"{question}.json"

    def _complain(self, error: OSError) -> None:
        if not AnswerCache._complained:
            AnswerCache._complained = True
            logger.warning("Answers of language models are not kept: %s (%s)", self.folder, error.strerror)
