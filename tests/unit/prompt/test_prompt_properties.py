"""Whatever people type: no crash, no Hangul and no lettering in the picture prompt, short, and repeatable."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.lettering_words import asks_for_lettering
from adstudio.prompt.reading.entries import entries
from adstudio.prompt.sentence import vocabulary
from adstudio.types import Note

_WORDS = sorted({word for entry in entries() for word in entry.words})
_ODD = [
    *("말고", "없이", "배경", "왼쪽에서", "빛", "글자는", "위에", "간판", "로고", "제목:", "ㅋㅋㅋ", "🍓", "\n"),
    *("“세일”", '"SALE 50%"', "'", '"', "50%", "1+1", "9,900원", "ＡＢＣ"),
    *("poster", "TEXT", "sign saying HELLO", "neon-sign", "word's", "letter.ing", "NAME"),
]
_BRIEFS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(_WORDS + _ODD * 30), min_size=1, max_size=14).map(" ".join),
    st.lists(st.sampled_from(_WORDS + _ODD * 30), min_size=1, max_size=10).map("".join),
    st.lists(st.sampled_from([*_ODD, "fresh", "latte", "bread", "on", "with", "카페"]), min_size=1, max_size=8).map(
        " ".join
    ),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)
_QUICK = settings(max_examples=150, suppress_health_check=list(HealthCheck))


@_QUICK
@given(brief=_BRIEFS, seed=st.integers(0, 2**31 - 1), backdrop_only=st.booleans())
def test_any_brief_makes_a_clean_prompt_or_a_clear_refusal(brief: str, seed: int, backdrop_only: bool) -> None:
    try:
        prompt = processor.write(brief, seed=seed, backdrop_only=backdrop_only)
    except errors.InputError as error:
        assert error.code in ("prompt.empty_brief", "prompt.brief_too_long")
        return
    drawn = prompt.positive.removesuffix(f"{vocabulary()['text_free']}.")
    assert drawn != prompt.positive
    assert re.fullmatch(r"[A-Za-zÀ-ÿ' ,-]*", drawn), drawn
    assert not asks_for_lettering(drawn), drawn
    assert len(prompt.positive.split()) <= 110
    assert all(isinstance(note, Note) for note in prompt.notes), prompt.notes
    assert prompt == processor.write(brief, seed=seed, backdrop_only=backdrop_only)


@_QUICK
@given(brief=_BRIEFS)
def test_any_brief_makes_sound_copy(brief: str) -> None:
    try:
        copy = processor.write_copy(brief)
    except errors.InputError as error:
        assert error.code in ("prompt.empty_brief", "prompt.brief_too_long")
        return
    assert all(isinstance(note, Note) for note in copy.notes), copy.notes
    assert copy.headline.strip() == copy.headline != ""
    assert 5 <= len(copy.hashtags) <= 15
    assert not re.search(r"\{n\}|\[[은이을과]/", copy.headline + copy.sub)
