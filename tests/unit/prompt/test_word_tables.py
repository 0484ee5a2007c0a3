"""The packaged word lists: large enough, sound, and every product of theirs really found."""

from __future__ import annotations

from adstudio.prompt import processor
from adstudio.prompt.lettering_words import asks_for_lettering
from adstudio.prompt.reading.entries import entries
from adstudio.prompt.reading.scan import scan
from adstudio.prompt.sentence import vocabulary


def test_the_lexicon_is_large_and_covers_the_trades() -> None:
    products = [entry for entry in entries() if entry.kind == "product"]
    assert len(products) >= 800
    assert len({entry.value for entry in products}) >= 30


def test_every_word_is_found_when_it_stands_alone() -> None:
    lost = []
    for entry in entries():
        for word in entry.words:
            if not any(entry.kind in {e.kind for e in match.entries} for match in scan(word)):
                lost.append(f"{entry.kind} {word}")
    assert not lost


def test_every_product_is_drawn_under_its_own_name() -> None:
    lost = []
    for entry in entries():
        if entry.kind == "product" and entry.english and not entry.wrap:
            word = entry.words[0]
            positive = processor.write(f"{word} 광고").positive
            if f"of {entry.english.replace('~', '')} on " not in positive and entry is scan(word)[0].of("product"):
                lost.append(f"{word}: {positive[:70]}")
    assert not lost


def test_no_packaged_english_asks_for_lettering() -> None:
    words = vocabulary()
    phrases = [row["phrase"] for table in ("places", "colours", "lights", "moods") for row in words[table].values()]
    phrases += [entry.english for entry in entries()]
    assert not [phrase for phrase in phrases if asks_for_lettering(phrase)]


def test_the_scene_phrases_are_the_ones_the_demo_model_learnt() -> None:
    """They are training captions: a changed word silently spoils the embedded model."""
    words = vocabulary()
    assert list(words["places"]) == [
        "cafe_window", "marble", "wood", "linen", "studio", "podium", "arch", "silk", "leaf_shadow", "night_bokeh",
        "greenery", "seaside",
    ]  # fmt: skip
    assert words["places"]["cafe_window"]["phrase"] == "a wooden café table by a bright window"
    assert words["moods"]["luxury"]["phrase"] == "dark and luxurious mood"
    assert words["text_free"] == "plain surfaces without any lettering"
