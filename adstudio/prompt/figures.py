"""Where figures and addresses stand in a brief: prices, hours, dates, counts, phones, links: copy, never scenery."""

from __future__ import annotations

import re

# Longest first: 20인치 is no 20인.
_COUNTERS = (
    "퍼센트|바구니|프로|만원|천원|백원|원대|개월|개입|박스|상자|종류|인분|인용|인석|분간|회권|회차|마리|송이|세트|켤레|포기|시간|주년|년산|년생|년근|년도|그릇|접시|봉지|조각|호점|"
    "일간|컬러|가지|단지|번째|출구|키로|킬로|그램|리터|미터|센치|인치|캐럿|도씨|한정|등급|코스|타임|사발|모금|스푼|꼬치|줄기|다발|묶음|년차|학년|교시|원|만|천|개|팩|병|종|입|인|"
    "명|분|회|잔|판|장|포|구|캔|주|년|줄|봉|통|망|근|쪽|모|되|벌|권|호|층|평|살|세|일|월|박|컷|단|팀|대|미|번|도|초|시|반|돈|기|차|점|짝|쌍|채|척|칸|석|위|급"
)
_UNITS = "(?:kg|g|ml|l|cm|mm|m|k|KG|ML|L|inch)(?![A-Za-z])"
_NATIVE = "한|두|세|네|다섯|여섯|열|스무|몇|반"
_NATIVE_COUNTERS = (
    "개|병|박스|상자|잔|마리|판|송이|켤레|장|포기|캔|시간|그릇|접시|줄|봉지|통|조각|쪽|모|벌|권|명|분|번|달|단|팀|대|가지|사발|모금|스푼|꼬치|다발|바구니|묶음|쌍|"
    "채|컵|입|점|끼|상자|줄기|세트|컵|살|돈|달분|병씩|봉"
)
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
