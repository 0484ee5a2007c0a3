"""Read a brief: clean it, check it, and take the quoted copy out of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ...errors import InputError
from .emoji import emoji_words

MAX_CHARS = 2000
_EXAMPLE = "예: ‘따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고’"
_QUOTED = re.compile(
    r"“([^“”\n]*)[”\"]|(?<!\d)\"([^\"“”\n]*)[\"”]|‘([^‘’\n]*)’|「([^「」\n]*)」|『([^『』\n]*)』|《([^《》\n]*)》|«([^«»\n]*)»"
    r"|(?<![A-Za-z0-9])'([^'\n]+)'(?![A-Za-z])"
)
_LABELLED = re.compile(
    r"(?:(?:메인|큰|헤드)\s*)?(?:제목|헤드라인|카피|문구|타이틀|부제목?|서브\s*(?:카피|문구)?)(?:은|는)?\s*[:：]\s*([^\n,，;/|]+)"
)


@dataclass(frozen=True, slots=True)
class Brief:
    """``text`` is the cleaned brief, ``quotes`` the words meant as copy, ``body`` what may steer the picture.

    The body ends with the words that emoji stand for, where the brief's own leave them open.
    """

    text: str
    body: str
    quotes: tuple[str, ...]


def clean(text: str) -> str:
    """Compose Hangul, widen nothing, and drop what no reader sees: controls, emoji, zero-width characters."""
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        code = ord(char)
        if 0x3380 <= code <= 0x33DF or 0xFF01 <= code <= 0xFF5E or 0xFFA0 <= code <= 0xFFDC:
            kept.append(unicodedata.normalize("NFKC", char))  # ㎏, full-width letters, half-width jamo
            continue
        category = unicodedata.category(char)
        if char in "\n\r\u2028\u2029":
            kept.append("\n")
        elif char == "\t" or category in ("Zs", "So", "Sk"):
            kept.append(" ")
        elif category[0] != "C" and category != "Mn":
            kept.append(char)
    lines = (re.sub(r" +", " ", line).strip() for line in unicodedata.normalize("NFC", "".join(kept)).split("\n"))
    return "\n".join(line for line in lines if line)


def read_brief(text: str) -> Brief:
    """Clean and check a brief.

    Raises:
        InputError: ``prompt.brief_not_text``, ``prompt.empty_brief``, ``prompt.brief_too_long``.
    """
    if not isinstance(text, str):
        raise InputError(
            "prompt.brief_not_text", f"The brief must be text, not {type(text).__name__}.", "Give one Korean sentence."
        )
    cleaned = clean(text)
    if not any(unicodedata.category(char)[0] == "L" for char in cleaned):
        came = "an empty one" if not text.strip() else "one without any words"
        raise InputError(
            "prompt.empty_brief",
            f"The brief must say in words what to advertise (광고할 내용을 적어 주세요); {came} came.",
            f"Write one sentence: the product and, if you like, place, colour and mood. {_EXAMPLE}",
        )
    if len(cleaned) > MAX_CHARS:
        raise InputError(
            "prompt.brief_too_long",
            f"The brief may have up to {MAX_CHARS:,} characters; {len(cleaned):,} came.",
            f"Shorten it to the product, place, colour and mood (짧게 줄여 주세요). {_EXAMPLE}",
            most=f"{MAX_CHARS:,}",
            count=f"{len(cleaned):,}",
        )
    body, quotes = _take_quotes(cleaned)
    added = emoji_words(text, body)
    return Brief(cleaned, " , ".join([body, *added]) if body else ", ".join(added), quotes)


def _take_quotes(text: str) -> tuple[str, tuple[str, ...]]:
    found: list[tuple[int, str]] = []

    def take(hit: re.Match[str]) -> str:
        words = re.sub(r"\s+", " ", next((group for group in hit.groups() if group), "")).strip()
        if any(char.isalnum() for char in words):
            found.append((hit.start(), words))
        return "\x00" * (hit.end() - hit.start())  # same length, so positions of later finds stay in reading order

    body = _LABELLED.sub(take, _QUOTED.sub(take, text))
    body = re.sub("\x00+", " , ", body)  # a quote ends a phrase: words on its two sides are no neighbours
    return body.strip(), tuple(words for _, words in sorted(found))
