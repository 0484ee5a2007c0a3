"""Keep lettering, and the product of a composite, out of whatever goes towards the picture, whoever wrote it.

A picture model letters what it finds between quotes, what it is told to letter and what carries letters in life. So
quoted words, other scripts, addresses, prices and names in capitals go; what asks for lettering goes phrase by phrase.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache, lru_cache

from ...types import Note, PromptParts
from ..lettering_words import asks_for_lettering, carries_lettering, is_brand, latin_words
from ..sentence import text_free_clauses, vocabulary
from ..tables import PACKAGED, read_table

_QUOTED = re.compile(
    r"[\"“”„‟«»「」『』《》〈〉＂][^\"“”„‟«»「」『』《》〈〉＂]*[\"“”„‟«»「」『』《》〈〉＂]|(?<![A-Za-z])['‘‚`][^'’`]*['’`](?![A-Za-z])"
)
_ADDRESS = re.compile(
    r"(?:https?:/*|www\.)\S*|\S+@\S+|[@#]\w+|\b[\w-]+\.(?:com|net|org|shop|store|io|ai|kr|co\.kr)\b\S*", re.I
)
_PRICE = re.compile(
    r"[₩$€¥£￦]\s?\d[\d,.]*|\b\d[\d,.]*\s?(?:[₩$€¥£￦원%％]|(?:won|krw|usd|dollars?|percent)\b)(?:\s?off\b)?"
    r"|\b\d{2,4}-\d{3,4}-\d{4}\b|\b\d\s?\+\s?\d\b",
    re.I,
)
_MARK = re.compile(r"<[^<>]*>|\[/?[A-Z]+\]")  # <|im_end|> and its like would end the user's turn
_OTHER = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ÿ0-9 ,.'&/\n;:!?-]+")
_PHRASE_END = re.compile(r"[,;:!?\n]+|\.(?!\d)|(?<!\d)\.")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
_TAIL = re.compile(
    r"\s+(?:with|showing|bearing|featuring|reading|saying|that|which|whose|under|beside|against|and|or|in|on|of)\b"
)
_LOOSE_END = re.compile(
    r"(?:\s+(?:and|or|with|of|on|in|at|by|for|from|to|an?|the|under|over|beside|showing|bearing|than))+$", re.I
)
_LOOSE_START = re.compile(r"^(?:(?:and|or|with|of|but|by)\s+)+", re.I)
_BACKDROP = PACKAGED / "backdrop.yaml"
_GONE = "xgonex"  # where something quoted stood
_QUOTES_GONE = Note("prompt.quotes_gone", "따옴표 안의 말은 그림에 글자로 나타나서 뺐어요")
_ADDRESSES_GONE = Note("prompt.addresses_gone", "주소나 계정은 그림에서 뺐어요")
_PRICES_GONE = Note("prompt.prices_gone", "가격과 숫자 표기는 그림에서 뺐어요")
_HANGUL_GONE = Note("prompt.hangul_gone", "한글은 그림 지시에서 뺐어요")
_CAPITALS_GONE = Note("prompt.capitals_gone", "대문자로 된 상표 같은 이름은 그림에서 뺐어요")
_NAMELESS = frozenset(("a", "an", "the", "some", "its", "of", "with", "and", "or", "on", "in", "at", "by", "for", "to"))


@lru_cache(maxsize=4096)
def clean_part(text: str, is_subject: bool = False) -> tuple[str, tuple[str, ...]]:
    """Return a phrase without anything that would be lettered, and Korean notes on what went.

    Args:
        is_subject: it names the product, which may be a thing that carries letters, such as a monitor.
    """
    notes: list[str] = []
    given = text
    text = _MARK.sub(" ", text)
    text = _take(_QUOTED, text, notes, _QUOTES_GONE, f" {_GONE} ")
    text = _take(_ADDRESS, text, notes, _ADDRESSES_GONE)
    text = _take(_PRICE, text, notes, _PRICES_GONE)
    if _HANGUL.search(text):
        notes.append(_HANGUL_GONE)
    text = _OTHER.sub(" ", text.replace("’", "'").replace("‘", "'"))
    text = re.sub(r"(?<![A-Za-z])'|'(?![A-Za-z])", " ", text)
    if sum(map(str.isalpha, text)) > 8 and text.isupper():
        text = text.lower()  # a small model may shout
    is_torn = text != given
    kept: list[str] = []
    for phrase in _PHRASE_END.split(text):
        bare, said = _clean_phrase(phrase, is_subject, is_torn=is_torn)
        notes += said
        if bare and bare not in kept:
            kept.append(bare)
    return ", ".join(kept), tuple(dict.fromkeys(notes))


def guard_parts(parts: PromptParts) -> tuple[PromptParts, tuple[str, ...]]:
    """Clean every part of a prompt but our own text-free clause; see ``clean_part``."""
    cleaned: dict[str, str] = {}
    notes: list[str] = []
    for field in fields(parts):
        if text := getattr(parts, field.name):
            if field.name == "text_free" and is_text_free(text):
                continue
            cleaned[field.name], said = clean_part(text, field.name == "subject")
            notes += said
    return replace(parts, **cleaned), tuple(dict.fromkeys(notes))


def is_text_free(clause: str) -> bool:
    """Tell whether a clause is one of our own wordings, perhaps after things that are asked for bare."""
    ours = next((own for own in text_free_clauses() if clause.endswith(own)), None)
    before = "" if ours is None else clause.removesuffix(ours).rstrip(", ")
    return ours is not None and clean_part(before)[0] == before


def without_product(parts: PromptParts, product: str) -> tuple[PromptParts, tuple[str, ...]]:
    """Take a product out of a backdrop: its name, and every phrase that shares a telling word with it.

    Our own phrases of a scene stay, so that a mood lamp does not cost the mood; the router keeps off places that are
    called like the product.

    Args:
        product: the product in English, e.g. ``a glass of strawberry latte``.
    """
    telling = product_words(product)
    kept: dict[str, str] = {}
    gone: list[str] = []
    for name in ("setting", "props", "palette", "light", "mood", "camera", "text_free"):
        phrases = [phrase for phrase in getattr(parts, name).split(", ") if phrase]
        told = [phrase for phrase in phrases if phrase not in _scene_phrases() and telling & product_words(phrase)]
        gone += told
        kept[name] = ", ".join(phrase for phrase in phrases if phrase not in told)
    said = "배경만 그려요: 제품을 말하는 ‘{phrase}’ 뺌"
    notes = tuple(Note("prompt.product_gone", said, phrase=phrase) for phrase in gone)
    return replace(parts, subject="", **kept), notes


def product_words(phrase: str) -> frozenset[str]:
    """The words of a phrase that tell what a thing is, in the singular."""
    words = (part for word in latin_words(phrase.lower()) for part in word.split("-"))
    return frozenset(_singular(word) for word in words if len(word) > 2 and word not in _plain_words())


@cache
def _scene_phrases() -> frozenset[str]:
    words = vocabulary()
    tables = ("places", "lights", "moods")
    phrases = {row["phrase"] for table in tables for row in words[table].values()}
    phrases |= {f"{row['phrase']} colour palette" for row in words["colours"].values()}
    return frozenset(phrases.union(*(clause.split(", ") for clause in text_free_clauses())))


@cache
def _plain_words() -> frozenset[str]:
    return frozenset(read_table(_BACKDROP)["plain"])


def _singular(word: str) -> str:
    if word in (compounds := read_table(_BACKDROP)["compounds"]):
        return compounds[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "oes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word


def _take(pattern: re.Pattern[str], text: str, notes: list[str], note: str, instead: str = " ") -> str:
    left = pattern.sub(instead, text)
    if left != text:
        notes.append(note)
    return left


def _clean_phrase(phrase: str, is_subject: bool, *, is_torn: bool) -> tuple[str, list[str]]:
    notes: list[str] = []
    words = phrase.split()
    bare = " ".join(word for word in words if not is_brand(word.strip(".,'&/-")))
    if len(bare.split()) < len(words):
        notes.append(_CAPITALS_GONE)
    unquoted = " ".join(bare.replace(_GONE, " ").split())
    bare = _cut(bare.strip(" -'&/"), is_subject) or _cut(unquoted.strip(" -'&/"), is_subject)
    if _is_lettered(phrase.replace(_GONE, ""), is_subject):
        words = f"{' '.join(phrase.replace(_GONE, '').split()):.60}"
        notes = [Note("prompt.letters_gone", "글자를 부르는 말을 뺐어요: {words}", words=words)]
    if is_torn or bare != phrase.strip():  # what is whole may end in a preposition: "Advertising photograph of"
        bare = _LOOSE_START.sub("", _LOOSE_END.sub("", f" {bare}").strip())
    return (bare if _names_something(bare) else ""), notes


def _cut(phrase: str, is_subject: bool) -> str:
    """The longest beginning of a phrase that asks for no lettering: ``a cup with a logo`` → ``a cup``."""
    if not _is_lettered(phrase, is_subject):
        return phrase
    heads = [phrase[: hit.start()] for hit in _TAIL.finditer(phrase)]
    return next((h for h in reversed(heads) if not _is_lettered(h, is_subject) and _names_something(h)), "")


def _is_lettered(phrase: str, is_subject: bool) -> bool:
    return _GONE in phrase or asks_for_lettering(phrase) or (not is_subject and carries_lettering(phrase))


def _names_something(phrase: str) -> bool:
    return any(word.lower() not in _NAMELESS for word in latin_words(phrase))
