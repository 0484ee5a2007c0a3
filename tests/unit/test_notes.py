"""Notes: English sentences that another language can say as well."""

from __future__ import annotations

import copy
import json
import pickle

from adstudio.types import Note

NOTE = Note("cutout.pieces", "The product falls into {count} parts.", count=3)


def test_a_note_is_its_sentence_and_knows_its_figures():
    assert NOTE == "The product falls into 3 parts." and isinstance(NOTE, str)
    assert (NOTE.code, NOTE.figures) == ("cutout.pieces", {"count": 3})
    assert json.dumps([NOTE]) == '["The product falls into 3 parts."]'


def test_a_note_travels_whole():
    for again in (pickle.loads(pickle.dumps(NOTE)), copy.deepcopy(NOTE)):
        assert (again, again.code, again.figures) == (NOTE, NOTE.code, NOTE.figures)
