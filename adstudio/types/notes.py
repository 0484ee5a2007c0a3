"""Sentences about a result that another language can say as well."""

from __future__ import annotations

import string
from typing import Any

from ..counts import counted
from ..errors import AdStudioError

_USUAL = frozenset(("reading", "receipt"))


class Note(str):
    """A sentence that knows its code and figures: ``Note("cutout.pieces", "{count} parts.", count=3)``.

    It is a plain string to everyone who wants no more: English, or Korean where what stands round it is Korean.
    ``sentence`` is a format of the figures; those that have a shape of their own, such as a share, come as they are to
    be read: ``"46%"``. As in the page's own sentences, ``{count:part|parts}`` is "1 part" or "3 parts".

    Args:
        because: an error that the sentence tells; it stands for ``{why}``.
    """

    code: str
    figures: dict[str, str | int]
    error: dict[str, Any] | None

    @property
    def is_usual(self) -> bool:
        """Whether it tells what was read or done as it was meant to be, so that nobody has to look at it."""
        return self.code.partition(".")[0] in _USUAL

    def __new__(cls, code: str, sentence: str, *, because: AdStudioError | None = None, **figures: str | int) -> Note:
        said = figures if because is None else {**figures, "why": str(because)}
        made = super().__new__(cls, _SENTENCES.format(sentence, **said))
        made.code, made.figures = code, figures
        made.error = None if because is None else because.told()
        return made

    def told_as(self, words: str, **figures: str | int) -> Note:
        """The same note in other words, such as a longer sentence that holds it, with more figures."""
        return _again(words, self.code, {**self.figures, **figures}, self.error)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (str(self), self.code, self.figures, self.error)


class _Sentences(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            return counted(value, *format_spec.split("|"))
        return super().format_field(value, format_spec)


_SENTENCES = _Sentences()


def _again(words: str, code: str, figures: dict[str, str | int], error: dict[str, Any] | None) -> Note:
    made = str.__new__(Note, words)
    made.code, made.figures, made.error = code, figures, error
    return made
