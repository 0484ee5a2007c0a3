"""Notes: English sentences that another language can say as well."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from adstudio.counts import counted
from adstudio.errors import ProviderError
from adstudio.types import Note

ERROR = ProviderError("provider.timeout", "No answer came.", "Run it again.", host="h")
LOST = Note("prompt.fallback", "{provider} failed: {why}", because=ERROR, provider="openai")
NOTE = Note("cutout.pieces", "The product falls into {count} parts.", count=3)


def test_a_note_is_its_sentence_and_knows_its_figures():
    assert NOTE == "The product falls into 3 parts." and isinstance(NOTE, str)
    assert (NOTE.code, NOTE.figures) == ("cutout.pieces", {"count": 3})
    assert json.dumps([NOTE]) == '["The product falls into 3 parts."]'


@pytest.mark.parametrize(("count", "said"), [(0, "0 parts lie"), (1, "1 part lies"), (1200, "1,200 parts lie")])
def test_a_count_and_its_words_agree(count: int, said: str):
    note = Note("cutout.pieces", "{count:part lies|parts lie} there", count=count)
    assert (note, note.figures) == (f"{said} there", {"count": count})
    assert counted(count, "part lies", "parts lie") == said


def test_a_word_without_a_plural_of_its_own_takes_an_s():
    assert (counted(1, "step"), counted(2, "step"), counted("1.5", "second")) == ("1 step", "2 steps", "1.5 seconds")


def test_a_note_knows_the_error_that_it_tells():
    assert LOST == "openai failed: No answer came. Run it again." and "why" not in LOST.figures
    assert LOST.error == {
        "code": "provider.timeout",
        "message": "No answer came.",
        "hint": "Run it again.",
        "figures": {"host": "h"},
    }
    assert NOTE.error is None


def test_a_note_travels_whole():
    for note in (NOTE, LOST):
        for again in (pickle.loads(pickle.dumps(note)), copy.deepcopy(note)):
            assert (again, again.code, again.figures, again.error) == (note, note.code, note.figures, note.error)
