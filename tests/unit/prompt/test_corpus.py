"""Coverage and routing on the corpus: briefs of every trade, half of them never tuned on."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from unit.prompt.corpus_score import HALVES, account, briefs, score

from adstudio.prompt import processor
from adstudio.prompt.industries import GENERAL, industries
from adstudio.prompt.reading.romanize import romanize
from adstudio.prompt.sentence import vocabulary


def test_the_corpus_is_large_and_covers_every_trade() -> None:
    first = Counter(
        row["industry"] if isinstance(row["industry"], str) else row["industry"][0]
        for half in HALVES
        for row in briefs(half)
    )
    assert first.total() >= 300
    assert len(briefs("held_out")) >= 100
    assert set(first) == set(industries()) - {GENERAL}
    assert min(first.values()) >= 7
    every = [row["brief"] for half in HALVES for row in briefs(half)]
    assert len(set(every)) == len(every)


# A little below what was measured: see docs/own-words.md.
@pytest.mark.parametrize(("half", "least"), [("tune", 0.98), ("held_out", 0.92)])
def test_content_words_are_understood(half: str, least: float) -> None:
    assert score(half).coverage >= least


@pytest.mark.parametrize(("half", "least"), [("tune", 0.97), ("held_out", 0.91)])
def test_briefs_are_routed_as_a_designer_would(half: str, least: float) -> None:
    assert score(half).routing >= least, "\n".join(score(half).wrong)


@pytest.mark.parametrize(("half", "least"), [("tune", 0.95), ("held_out", 0.85)])
def test_copy_is_told_from_content(half: str, least: float) -> None:
    told = score(half)
    assert 1 - len(told.copy_lost) / told.copy_asked >= least, "\n".join(told.copy_lost)


@pytest.mark.parametrize("half", HALVES)
def test_copy_and_unknown_words_never_reach_the_picture(half: str) -> None:
    for row in briefs(half):
        drawn = processor.write(row["brief"]).positive.removesuffix(f"{vocabulary()['text_free']}.")
        assert not re.search(r"[가-힣\d]", drawn), row["brief"]
        words = set(re.findall(r"[a-z]+", drawn.lower()))
        forbidden = {romanize(word) for word in row.get("copy", ()) if re.fullmatch("[가-힣]+", word)}
        forbidden |= {word.latin for word in account(row["brief"]).unknown if re.fullmatch("[가-힣]+", word.korean)}
        assert not forbidden & words, row["brief"]


def test_function_words_do_not_carry_the_figure() -> None:
    told = [account(row["brief"]) for half in HALVES for row in briefs(half)]
    assert sum(len(one.function) for one in told) < 0.3 * sum(len(one.understood) for one in told)
