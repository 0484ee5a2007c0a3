"""Styles: named looks from ``data/styles.yaml`` and the user's own."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..types import Note, Style
from .picture_words import check_english
from .reading.denial import DENYING
from .reading.notes import became, said
from .tables import bad_table, check_fields, menu_names, read_table, stamp, table_files

_FIELDS = {
    "korean": str,
    "aliases": list,
    "phrase": str,
    "negative": str,
    "lora": str,
    "weight": float,
    "triggers": list,
    "opening": str,
    "backdrop": str,
    "rendering": str,
    "lens": bool,
    "leave_out": list,
    "words": list,
}
AUTO = "auto"
_USUAL = "realistic"
# 수채화 클래스 is sold, 수채화 느낌 is asked for
_ENDING = (
    r"\s?(?:느낌|풍|스타일|톤|감성|분위기|화풍|그림체|그림|무드|터치|렌더|처럼|같은|같이|으로|로(?![가-힣])|로\s그린"
    r"|style|look)"
)
_DENIED = (
    r"(?:\s?(?:느낌|풍|스타일|톤|감성|분위기|화풍|그림체|그림|사진|무드))?\s?(?:은|는|이|가|을|를|로|으로)?"
    rf"\s?(?:{DENYING}|안\s)"
)
_CASE = r"(?:으로|로|의|은|는|을|를|이|가|인|한)(?![가-힣])"
_STRONGEST = 4.0
_LONGEST_TRIGGER = 80


def styles() -> dict[str, Style]:
    """All styles by name, in the order of the files; a user's file may add to them or replace them."""
    return dict(_styles(stamp("styles")))


def style_choices() -> list[str]:
    """List every style name, for a menu."""
    return menu_names("styles")


def get_style(name: str) -> Style:
    """Find a style by its name, its Korean name or one of its aliases.

    Raises:
        InputError: ``prompt.unknown_style`` with the nearest names.
    """
    known = styles()
    wanted = str(name).strip()
    if found := known.get(wanted.lower().replace("_", "-").replace(" ", "-")) or known.get(wanted):
        return found
    others = {_plain(word): style for style in known.values() for word in (style.korean, *style.aliases) if word}
    if (style := others.get(_plain(wanted))) is not None:
        return style
    near = difflib.get_close_matches(wanted.lower(), [*known, *others], 3, 0.5)
    raise InputError(
        "prompt.unknown_style",
        f"There is no style '{wanted:.40}'.",
        (f"Did you mean {' or '.join(near)}? " if near else "") + f"Styles: {', '.join(known)}.",
        name=wanted[:40],
    )


def choose_style(name: str, body: str) -> tuple[Style, tuple[str, ...]]:
    """Find the style of that name; ``auto`` takes what the brief asks for (``수채화 느낌``), else a photograph.

    Returns:
        The style, and Korean notes on why it is that.

    Raises:
        InputError: ``prompt.unknown_style`` with the nearest names.
    """
    asked = _asked_style(body)
    if str(name).strip().lower() != AUTO:
        chosen = get_style(name)
        if asked and asked[0].name != chosen.name:
            words = "‘{said}’: 스타일은 고른 대로 ‘{kept}’ 그대로예요. auto로 두면 따라가요"
            kept = chosen.korean or chosen.name
            return chosen, (Note("prompt.style_kept", words, said=asked[1], kept=kept, style=chosen.name),)
        return chosen, ()
    if asked:
        return asked[0], (became(said(asked[1]), "style", asked[0].korean or asked[0].name, asked[0].name),)
    return styles()[_USUAL], ()


def _asked_style(body: str) -> tuple[Style, str] | None:
    """The style that a brief asks for first, with the words that do; ``실사 말고`` does not ask for one."""
    text = body.lower()
    found: list[tuple[int, int, str, str]] = []
    for name, pattern, _ in _askings(stamp("styles")):
        found += [(hit.start(), -len(hit[0]), name, hit[0]) for hit in pattern.finditer(text)]
    return (styles()[min(found)[2]], min(found)[3].strip()) if found else None


def take_style(body: str) -> tuple[str, tuple[str, ...]]:
    """Take the words for a style out of a brief, asked for or denied: they name no product (플랫 is a shoe, too).

    Returns:
        The body with spaces in their place, so that all else stands where it stood, and the words.
    """
    text, taken = body.lower(), []
    if len(text) != len(body):
        return body, ()
    for _, _, pattern in _askings(stamp("styles")):
        for hit in pattern.finditer(text):
            taken.append((hit.start(), body[hit.start() : hit.end()].strip()))
            body = body[: hit.start()] + " " * len(hit[0]) + body[hit.end() :]
    return body, tuple(dict.fromkeys(words for _, words in sorted(taken)))


@lru_cache(maxsize=4)
def _askings(_: object) -> tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]:
    """By style: what asks for it, and all that names it as a style, with the ending or the denial behind it."""
    found: list[tuple[str, re.Pattern[str], re.Pattern[str]]] = []
    for style in styles().values():
        own = "|".join(_spaced(word) for word in sorted(style.words, key=len, reverse=True))
        named = [style.name, *([style.korean] if style.korean else []), *style.aliases]
        names = "|".join(_spaced(word) for word in sorted(named, key=len, reverse=True))
        ways = [f"(?:{own})", f"(?:{names}){_ENDING}"] if own else [f"(?:{names}){_ENDING}"]
        if style.name != "none":
            said = rf"(?<![a-z가-힣])(?:{'|'.join(ways)})"
            whole = re.compile(rf"{said}(?:{_DENIED}[가-힣]*|{_CASE})?")
            found.append((style.name, re.compile(rf"{said}(?!{_DENIED})"), whole))
    return tuple(found)


def _spaced(word: str) -> str:
    return r"\s?".join(re.escape(part) for part in word.lower().split())


def _plain(word: str) -> str:
    return word.replace(" ", "").lower()


@lru_cache(maxsize=4)
def _styles(_: object) -> tuple[tuple[str, Style], ...]:
    found: dict[str, Style] = {}
    for path in table_files("styles"):
        for name, fields in read_table(path).items():
            check_fields(path, name, fields, _FIELDS, required=("phrase",))
            for field in ("phrase", "opening", "backdrop", "rendering"):
                check_english(path, name, fields.get(field, ""), field)
            _check_adapter(path, name, fields)
            found[name] = Style(
                name=name,
                phrase=fields["phrase"].strip(),
                negative=fields.get("negative", ""),
                lora=fields.get("lora") or None,
                weight=float(fields.get("weight", 1.0)),
                korean=fields.get("korean", "").strip(),
                aliases=tuple(fields.get("aliases", ())),
                triggers=tuple(word.strip() for word in fields.get("triggers", ())),
                opening=fields.get("opening", "").strip(),
                backdrop=fields.get("backdrop", "").strip(),
                rendering=fields.get("rendering", "").strip(),
                has_lens=fields.get("lens", True),
                leave_out=tuple(word.strip().lower() for word in fields.get("leave_out", ())),
                words=tuple(word.strip().lower() for word in fields.get("words", ())),
            )
    return tuple(found.items())


def _check_adapter(path: Path, name: str, fields: dict[str, Any]) -> None:
    if abs(fields.get("weight", 1.0)) > _STRONGEST:
        what = f"'{name}.weight' should be between {-_STRONGEST:g} and {_STRONGEST:g}, but it is {fields['weight']:g}"
        raise bad_table(path, what, name, "weight")
    for word in fields.get("triggers", ()):
        if len(word) > _LONGEST_TRIGGER or "\n" in word:
            what = f"'{name}.triggers' should list short words as the adapter was trained with, not '{word:.40}'"
            raise bad_table(path, what, name, "triggers")
    if fields.get("triggers") and not fields.get("lora"):
        what = f"'{name}.triggers' are words for an adapter, but '{name}' names none with 'lora'"
        raise bad_table(path, what, name, "triggers")
