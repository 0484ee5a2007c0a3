"""Where figures and addresses stand in a brief: prices, hours, dates, counts, phones, links. They are copy, never scenery."""

from __future__ import annotations

import re

_COUNTERS = "|".join(sorted((
    "퍼센트|프로|만원|천원|백원|원대|원|만|천|개월|개입|개|팩|병|박스|상자|종류|종|입|인분|인용|인석|인|명|분간|분|회권|회차|회|잔|마리|판|송이|세트|켤레|장|포기|포|구|캔|"
    "시간|주년|주|년산|년생|년근|년도|년|그릇|접시|줄|봉지|봉|통|망|근|조각|쪽|모|되|벌|권|호점|호|층|평|살|세|일간|일|월|박|컷|컬러|가지|단지|단|팀|대|미|번째|번|출구|도|"
    "키로|킬로|그램|리터|미터|센치|인치|초|시|반|돈|캐럿|도씨|한정|기|차|점|등급|코스|타임|사발|모금|스푼|꼬치|줄기|다발|바구니|묶음|짝|쌍|채|척|칸|석|위|년차|학년|교시|급"
).split("|"), key=len, reverse=True))
_UNITS = "(?:kg|g|ml|l|cm|mm|m|k|KG|ML|L|inch)(?![A-Za-z])"
_NATIVE = "한|두|세|네|다섯|여섯|열|스무|몇|반"
_NATIVE_COUNTERS = (
    "개|병|박스|상자|잔|마리|판|송이|켤레|장|포기|캔|시간|그릇|접시|줄|봉지|통|조각|쪽|모|벌|권|명|분|번|달|단|팀|대|가지|사발|모금|스푼|꼬치|다발|바구니|묶음|쌍|"
    "채|컵|입|점|끼|상자|줄기|세트|컵|살|돈|달분|병씩|봉"
)
_MONEY_WORD = "[일이삼사오육칠팔구]?(?:만|천|백)(?:[일이삼사오육칠팔구](?:만|천|백))*(?:원|원대)"
_FIGURES = re.compile(
    r"https?://\S+|www\.\S+|[\w-]+\.(?:com|net|kr|shop|io)\S*"
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
