"""Notes on how a brief was read as usual: nobody has to look at them, and a page says them in its own language."""

from __future__ import annotations

from ...types import Note

Why = tuple[str, str]  # in Korean and in English

VARIANT: Why = ("변형", "the variant")
NOTHING_SAID: Why = ("정해진 말이 없어 골랐어요", "chosen, as nothing was said")
NO_LIGHT_SAID: Why = ("빛 방향은 말이 없어 골랐어요", "chosen, as no light was said")
ENGLISH_WORDS: Why = ("영어 낱말", "English words")
_KOREAN = {
    "product": "제품", "place": "장소", "colour": "색", "mood": "분위기", "light": "빛", "copy": "글자 자리",
    "season": "계절", "style": "스타일",
}  # fmt: skip


def said(words: str) -> Why:
    """Because the brief says so."""
    return f"‘{words}’", f"“{words}”"


def became(why: Why, axis: str, meaning: str, english: str = "") -> Note:
    """Tell what something in the picture is, and why.

    Args:
        axis: ``product``, ``place``, ``colour``, ``mood``, ``light``, ``copy``, ``season`` or ``style``.
        english: what the meaning is called in English; empty where it is English.
    """
    return Note(
        "reading.became",
        "{why} → {what}: {meaning}",
        why=why[0],
        what=_KOREAN[axis],
        meaning=meaning,
        cause=why[1],
        axis=axis,
        english=english or meaning,
    )
