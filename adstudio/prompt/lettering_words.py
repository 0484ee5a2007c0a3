"""Words that ask for lettering. None of them may reach the picture: the copy is set on the picture afterwards."""

from __future__ import annotations

import re

# Latin words with which people ask a picture model for text, signs or print.
ENGLISH = frozenset(
    "advert advertisement alphabet banner billboard brochure calligraphy caption captions catchphrase coupon coupons discount "
    "engraved engraving event flyer flyers font fonts handwriting handwritten hangul headline inscribed inscription "
    "label labeled labelled labels leaflet letter lettered lettering letters logo logos logotype menu-board monogram name neon-sign "
    "number numbers pamphlet phrase placard poster posters price prices pricing printed quote quotes sale saying says "
    "sentence sign signage signboard signs slogan slogans subtitle subtitles tagline text texts title titles trademark type "
    "typeface typographic typography watermark watermarks word words wordmark write writing written".split()
)
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]+(?:['-][A-Za-zÀ-ÿ]+)*")


def latin_words(text: str) -> list[str]:
    """List the Latin words of a text."""
    return _LATIN.findall(text)


def asks_for_lettering(phrase: str) -> bool:
    """Tell whether any English word of a phrase asks for text in the picture."""
    return any(
        word in ENGLISH for whole in latin_words(phrase) for word in (whole.lower(), *whole.lower().split("-"))
    )
