"""Where figures and addresses stand in a brief: prices, hours, dates, counts, phones, links: copy, never scenery."""

from __future__ import annotations

import re

from .counters import join_words

_COUNTERS = join_words("measures", "others")
_UNITS = f"(?:{join_words('latin')})(?![A-Za-z])"
_NATIVE = "한|두|세|네|다섯|여섯|열|스무|몇|반"
_NATIVE_COUNTERS = join_words("native")
_MONEY_WORD = "[일이삼사오육칠팔구]?(?:만|천|백)(?:[일이삼사오육칠팔구](?:만|천|백))*(?:원|원대)"
_FIGURES = re.compile(
    r"https?://\S+|www\.\S+|(?<![\w-])[A-Za-z0-9-]+\.(?:com|net|kr|shop|io)\S*"
    r"|@[\w.]+"
    r"|0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}|1[568]\d{2}[-. ]\d{4}"
    r"|(?:since|est\.?|Since|SINCE|EST\.?)\s?\d{4}"
    rf"|(?<![가-힣]){_MONEY_WORD}(?![가-힣]{{3}})"
    r"|[₩$]\s?\d[\d,.]*"
    rf"|(?:(?:아침|오전|오후|저녁|밤|새벽|매일|월|하루|최대|선착순)\s?)?\d[\d,.:/]*(?:\s?[~∼+×xX*-]\s?\d[\d,.:/]*)*\+*\s?%?(?:만\d*천?|천\d*백?)?"
    rf"(?:(?:{_UNITS})|(?:{_COUNTERS})+(?:까지|부터|이상|만|씩|마다|짜리)?(?![가-힣]{{2}})|\s(?:{_COUNTERS})(?![가-힣]))?"
    rf"|(?<![가-힣])(?:{_NATIVE})\s?(?:{_NATIVE_COUNTERS})(?=$|[^가-힣]|(?:에|씩|만|을|를|도|이|은|는|의|로|더|당|째|부터|까지|드|하|짜리)(?![가-힣]{{2}}))"
)


def find_figures(body: str) -> list[tuple[int, int]]:
    """Find the spans of figures and addresses, in reading order."""
    return [hit.span() for hit in _FIGURES.finditer(body) if hit.end() > hit.start()]
