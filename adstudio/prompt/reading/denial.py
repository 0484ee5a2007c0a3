"""The words by which a brief denies what it just named: 노란색 말고, 겨울 느낌 NO, 발렌타인 아님, 빨강X."""

from __future__ import annotations

# An X between two things joins them (곰표 X 맥주), so it denies only where it is glued on or ends the phrase. For texts
# of any case, and with no groups, so that other patterns can take it in.
DENYING = (
    r"(?:말고|말구|말곤|빼고|빼구|빼\s?주|빼\s?줘|빼서|뺀|제외|아니|아닌|아님|없이|없는|없게|없도록|없었|없음|싫|금지|사절|말아|대신|쓰지|넣지|"
    r"필요\s?없|노노|ㄴㄴ|[Nn][Oo](?![A-Za-z])|(?<=[가-힣])[xX](?![A-Za-z0-9가-힣])|[xX](?=\s*(?:$|[,.)/!\n]))|"
    r"안\s?(?:나오|보이|들어|넣|쓰|돼|되|됨))"
)
# NO 겨울: only where a phrase begins, for elsewhere it belongs to what stands before.
DENYING_BEFORE = r"(?:(?:^|\s)(?:안|덜)|(?:^|[,.!/\n])\s*(?:[Nn][Oo]|노))\s*$"
