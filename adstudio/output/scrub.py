"""Take secrets and private places out of what goes into a file that others will see.

Taken out: keys that this machine has, texts in the form that services give to keys, and whatever stands in a field
named like one. Cut short: absolute paths, to their file name; so neither the user's name nor a customer's folder
travels. Words of the ad stay as they are.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..settings import read_settings

REMOVED = "(removed)"
_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_\-. ])(?:api[_\- ]?key|key|token|secret|passw(?:or)?d|pwd|authorization|credentials?|bearer)$"
    r"|apikey|access[_\- ]?key|private[_\- ]?key|client[_\- ]?secret|auth[_\- ]?token"
)
_SECRET_VARIABLE = re.compile(r"(?i)(?:key|token|secret|password|passwd)s?$")
_LONG_WORD = 16  # no key is shorter and without a digit or a mark
_WIDGETS = "widgets_values"  # where a graph's other form holds, without their names, what its nodes were told
_LEAST_SECRET = 6  # a shorter value of a field named "key" is a name, as in C major
_KEYS = re.compile(
    r"""(?x)
    (?<![A-Za-z0-9])(?:
        sk-[A-Za-z0-9_\-]{16,} | (?:hf|r8|gsk|xai|pplx|fal)[_-][A-Za-z0-9_\-]{16,}
        | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_\-]{16,}
        | (?:AKIA|ASIA)[0-9A-Z]{16} | AIza[0-9A-Za-z_\-]{30,} | ya29\.[0-9A-Za-z_\-]{20,}
        | xox[abeoprs]-[A-Za-z0-9\-]{10,} | nvapi-[A-Za-z0-9_\-]{16,} | sq0[a-z]{3}-[A-Za-z0-9_\-]{20,}
        | eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*
    )
    | (?<=://)[^/\s@"']+:[^/\s@"']+(?=@)
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|\Z)
    """,
    re.DOTALL,
)
_LONG = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9]{32,200}(?![A-Za-z0-9+/=])")
_GIVEN = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+(?=\S{16})|\b(?:[\w-]*key|[\w-]*token|[\w-]*secret|password|passwd|pwd)\s*[=:]\s*)([\w.+/=-]{8,})"
)
_QUERY = re.compile(r"(?i)([?&](?:[\w-]*(?:key|token|secret|signature|sig|password))=)[^&\s\"']+")
_ROOTS = (
    "home|Users|root|mnt|media|Volumes|private|tmp|var|opt|srv|data|workspace|content|kaggle|etc|usr|app|run|nix|"
    "notebooks|teamspace"
)
_FOLDER = r"""[^"'<>|\n:*?/\\]*[^"'<>|\n:*?/\\\s]"""  # may hold blanks, but ends with none
_END = r"""[^\s"'<>|,;:*?/\\]"""
_PATH = re.compile(
    rf"""(?x)
    (?<![\w.~/\\])(?:file://)?(?:
        (?:/(?:{_ROOTS})/|~[\w.-]*/)(?:{_FOLDER}/)* (?P<posix>{_END}*)
        | (?:/?[A-Za-z]:[\\/]|\\\\[^\s\\"']+\\)(?:{_FOLDER}[\\/])* (?P<windows>{_END}*)
    )"""
)


def scrub(value: Any, secrets: Iterable[str] | None = None) -> Any:
    """Copy JSON-like data without secrets and private places.

    Args:
        secrets: further texts to take out; None takes those that this machine's environment and settings hold.
    """
    known, named = set(_machine_secrets() if secrets is None else secrets), set(_named(value))
    # A plain word may be a password, and may as well be "prompt": taken out everywhere, it would take the graph along.
    words = {secret for secret in named if secret.isalpha() and len(secret) < _LONG_WORD}
    return _clean(value, _Cleaner(known | (named - words)), words)


class _Cleaner:
    def __init__(self, secrets: set[str]) -> None:
        # Longest first: one key may begin with another.
        known = sorted((secret for secret in secrets if len(secret) >= _LEAST_SECRET), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None
        places = {str(Path.home()), str(Path.cwd()), *_spellings(Path.home())} - {"/", ""}
        self._places = re.compile("|".join(rf"{re.escape(p)}(?=[\\/])" for p in sorted(places, key=len, reverse=True)))
        self._user = _user_pattern()

    def __call__(self, text: str) -> str:
        if text.startswith("data:") and ";base64," in text[:80]:
            return text  # a picture, not words
        if self._known is not None:
            text = self._known.sub(REMOVED, text)
        if text.isalpha() and len(text) < _LONG_WORD:
            return text  # most of a graph: names of nodes and sockets
        text = _KEYS.sub(REMOVED, text)
        text = _QUERY.sub(rf"\1{REMOVED}", text)
        text = _LONG.sub(lambda found: _unless_secret(found[0], least=3), text)
        text = _GIVEN.sub(lambda found: found[1] + (REMOVED if re.search(r"\d", found[2]) else found[2]), text)
        if "/" in text or "\\" in text:
            text = self._places.sub("/home/_", text)
            text = _PATH.sub(lambda found: found["posix"] or found["windows"] or REMOVED, text)
        return self._user.sub(rf"\g<1>{REMOVED}", text) if self._user is not None else text


def _clean(value: Any, clean: _Cleaner, words: set[str], *, in_widgets: bool = False) -> Any:
    if isinstance(value, str):
        return REMOVED if in_widgets and value in words else clean(value)
    if isinstance(value, Mapping):
        return {
            clean(key) if isinstance(key, str) else key: REMOVED
            if _is_secret(key, item)
            else _clean(item, clean, words, in_widgets=in_widgets or key == _WIDGETS)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_clean(item, clean, words, in_widgets=in_widgets) for item in value]
    return value


def _named(value: Any) -> Iterator[str]:
    """What stands in a field named like a secret: a graph's other form repeats it without the name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_secret(key, item):
                yield item
            else:
                yield from _named(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _named(item)


def _is_secret(key: Any, item: Any) -> bool:
    return isinstance(item, str) and len(item) >= _LEAST_SECRET and isinstance(key, str) and _names_a_secret(key)


@lru_cache(maxsize=4096)
def _names_a_secret(key: str) -> bool:
    return bool(_SECRET_NAME.search(key))


def _unless_secret(text: str, least: int) -> str:
    """Leave words and digests, which mix no capitals, small letters and digits."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return REMOVED if all(sum(map(kind, text)) >= least for kind in kinds) else text


def _machine_secrets() -> set[str]:
    found = {value for name, value in os.environ.items() if _SECRET_VARIABLE.search(name) and len(value) >= 8}
    with suppress(InputError):  # a broken settings file is told where it is used
        found |= {key.reveal() for key in read_settings().keys.values()}
    return {secret for secret in found if secret and not secret.startswith(("/", "~"))}


def _spellings(home: Path) -> set[str]:
    return {str(home.resolve()), str(home).replace("\\", "/")}


def _user_pattern() -> re.Pattern[str] | None:
    try:
        name = re.escape(getpass.getuser())
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return None
    return re.compile(rf"(?i)((?:\b(?:user(?:name)?|login|owner)\b\s*[=:]\s*|(?<![\w/])(?={name}@)))\b{name}\b")
