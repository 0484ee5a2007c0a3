"""Keep lettering out of phrases that others wrote for the picture."""

from __future__ import annotations

import re

from .lettering_words import asks_for_lettering

_QUOTED = re.compile(r"[\"“”„«»「」『』《》][^\"“”„«»「」『』《》]*[\"“”„«»「」『』《》]")
_FOREIGN = re.compile(r"[^A-Za-zÀ-ÿ0-9 ,.'%&/()-]+")


def clean_part(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a phrase without Hangul, quotes and words that ask for lettering, and Korean notes on what went."""
    notes: list[str] = []
    plain = _QUOTED.sub(" ", text)
    if plain != text:
        notes.append("따옴표 안의 말은 그림에서 뺐어요")
    ascii_only = _FOREIGN.sub(" ", plain.replace("’", "'").replace("\n", ", "))
    if re.search("[가-힣]", plain):
        notes.append("한글은 그림 지시에서 뺐어요")
    kept: list[str] = []
    for phrase in re.split(r"[,.;]\s*", ascii_only):
        bare = " ".join(phrase.split()).strip(" -'")
        if not bare:
            continue
        if asks_for_lettering(bare):
            notes.append(f"글자를 부르는 말을 뺐어요: {bare:.60}")
        else:
            kept.append(bare)
    return ", ".join(kept), tuple(notes)
