"""ComfyUI's node API as this pack writes it, also where the host's is older and knows fewer words.

What an older API does not know is told from the API itself, not from a version. It is left out, or said in the older
way: search words, results that are shown midway and the fold of advanced widgets are comforts, and no node may be
missing for the lack of one.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io as _core

__all__ = ["adapted", "io", "knows_input", "knows_schema"]

_FOLD = "advanced"


def knows_schema(word: str, api: Any = None) -> bool:
    """Whether a node's schema can hold ``word``."""
    return word in (api or _core).Schema.__dataclass_fields__


def knows_input(word: str, api: Any = None) -> bool:
    """Whether a widget can be made with ``word``."""
    return word in inspect.signature((api or _core).String.Input.__init__).parameters


def adapted(api: Any) -> Any:
    """The API itself where it knows all words of the pack's nodes, else a stand-in that does without those it lacks."""
    words = ("search_aliases", "has_intermediate_output")
    return api if knows_input(_FOLD, api) and all(knows_schema(word, api) for word in words) else _OlderApi(api)


class _OlderApi:
    """Hands on everything of an older API; only what makes schemas and widgets is wrapped."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._api, name)
        if name == "Schema":
            found = _without_unknown(found, frozenset(found.__dataclass_fields__))
        elif isinstance(getattr(found, "Input", None), type) and not knows_input(_FOLD, self._api):
            found = _OlderType(found)
        setattr(self, name, found)
        return found


class _OlderType:
    """One of the API's types. Its widgets fold away by the word that the page reads, handed on as it is."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self.Input = functools.partial(_folded, kind.Input)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)


def _folded(make: Callable[..., Any], *values: Any, **words: Any) -> Any:
    if words.pop(_FOLD, None):
        words["extra_dict"] = {**(words.get("extra_dict") or {}), _FOLD: True}
    return make(*values, **words)


def _without_unknown(make: Callable[..., Any], known: frozenset[str]) -> Callable[..., Any]:
    @functools.wraps(make)
    def build(**words: Any) -> Any:
        return make(**{word: value for word, value in words.items() if word in known})

    return build


if TYPE_CHECKING:

    class io(Any):
        """What a type checker knows of it: nothing, as ComfyUI is not installed beside it."""
else:
    io = adapted(_core)
