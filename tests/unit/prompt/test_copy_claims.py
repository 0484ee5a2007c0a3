"""Strict claims: each rule finds its own, leaves look-alikes alone, and our own lines make none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.copy.claims import claim_rules, find_claims, flag_copy
from adstudio.prompt.copy.lines import TONES, copy_lines, fill
from adstudio.types import AdCopy

# rule: (industry, texts that make the claim, texts that only look like it)
EXAMPLES: dict[str, tuple[str, list[str], list[str]]] = {
    "superlative": (
        "cafe",
        ["최고의 커피", "동네에서 가장 맛있는 집"],
        ["오늘 최고기온 33도", "최대 50% 할인 6월 3일까지", "최대한 빨리"],
    ),
    "first_or_only": ("cafe", ["국내 최초 로스팅", "동네 유일한 빵집"], ["최초 방문 고객", "유일한 휴무일은 월요일"]),
    "ranking": ("cafe", ["판매 1위 라떼", "1위입니다", "넘버원 카페"], ["11위안화", "한우 1등급", "1위안"]),
    "hundred_percent": (
        "fashion",
        ["만족도 100%", "100퍼센트 리얼 망고"],
        ["가격 100원", "울 100% 니트", "100% 환불"],
    ),
    "absolute": (
        "general",
        ["완벽한 마무리", "무조건 예뻐져요", "품질을 보장"],
        ["완벽주의 디자이너", "품질보증서 동봉", "무조건은 아니에요"],
    ),
    "original": (
        "korean_food",
        ["원조 감자탕", "진짜 원조 집"],
        ["자원조사 안내", "원조할매국밥 점심특선", "해외 원조 물자", "병원조명 교체"],
    ),
    "comparison": ("bakery", ["타사보다 저렴", "다른 집과 다르게"], ["타사 제품 호환", "다른 곳에서 만나요"]),
    "award": (
        "cosmetics",
        ["브랜드 대상 수상", "식약처 인증 크림", "방송에 나온 맛집"],
        ["본인 인증 후 구매", "수상 스키 체험", "인증샷 이벤트"],
    ),
    "sale_without_period": (
        "fashion",
        ["겨울 패딩 세일", "원목 책상 특가"],
        ["겨울 세일 1월 31일까지", "할인점 오픈", "세일즈 매니저 모집"],
    ),
    "pressure": ("fashion", ["마감 임박!", "역대급 할인"], ["마감은 밤 9시", "마지막 주문 9시"]),
    "medical_food": (
        "health_food",
        ["관절염 치료에", "면역력 강화 홍삼", "피로 회복 음료"],
        ["식중독 예방 수칙", "치료 중인 분은 상담하세요", "예방 접종 안내"],
    ),
    "functional_food": (
        "health_food",
        ["효능 좋은 홍삼", "장 건강 요거트"],
        ["조명 효과가 예쁜 카페", "기능성 의류"],
    ),
    "natural_food": ("dessert", ["천연 재료로", "슈퍼푸드 스무디"], ["천연기념물 옆 카페", "천연염색 앞치마"]),
    "additive_free": ("bakery", ["무설탕 빵", "방부제 없는 빵"], ["설탕 빼 드려요", "무가지 배포"]),
    "organic": ("produce", ["유기농 딸기", "무농약 쌀"], ["친환경 포장", "유기농업기능사 모집"]),
    "origin": ("meat", ["한우 선물세트", "국내산 돼지"], ["국산차 주차", "국내산 여부 문의"]),
    "medical_cosmetics": (
        "cosmetics",
        ["아토피에 좋은 크림", "피부 재생 앰플", "여드름 제거"],
        ["마음의 상처를 달래는 향", "기구 소독 완료"],
    ),
    "functional_cosmetics": ("cosmetics", ["미백 크림", "주름 개선 앰플"], ["주름 스커트", "치아 미백"]),
    "growth": (
        "dessert",
        ["키 크는 우유", "키가 쑥쑥 크는 젤리", "머리가 좋아지는 간식"],
        ["키 큰 화분", "키우는 재미가 있는 다육이", "아이 키 측정 이벤트"],
    ),
    "success_rate": (
        "general",
        ["합격률 95%", "재구매율은 87%", "98% 만족도"],
        ["합격률 안내", "만족도 4.9점", "95% 할인"],
    ),
    "removal_rate": (
        "electronics",
        ["미세먼지 99.9% 제거", "세균 99% 살균", "제거율 98%"],
        ["50% 할인", "먼지 제거 필터", "5% 적립"],
    ),
    "side_effects": (
        "cosmetics",
        ["부작용 없는 크림", "피부에 무해", "무자극 세럼"],
        ["부작용 안내를 읽어 주세요", "자극적인 빨강"],
    ),
    "expert": (
        "cosmetics",
        ["피부과 추천 크림", "의사가 개발한"],
        ["의사소통 수업", "전문가용 브러시", "추천 병원"],
    ),
    "slimming": ("gym", ["10kg 감량", "살이 쏙 빠지는"], ["다이어트 식단 상담", "살 빠질 걱정 없이"]),
    "before_after": ("cosmetics", ["시술 전후 사진", "비포 애프터"], ["식전후 30분", "오전·오후 상담"]),
    "clinic_promise": ("clinic", ["무통 임플란트", "최첨단 장비"], ["통증이 있으면 상담하세요", "최신 소식"]),
    "clinic_inducement": ("clinic", ["스케일링 할인", "무료 검진"], ["무료 주차", "할인은 없습니다"]),
    "pharmacy": ("clinic", ["만병통치 한약", "특효약"], ["명약수터 앞", "처방전 접수"]),
    "medical_goods": (
        "gym",
        ["체형 교정 필라테스", "통증 완화 매트"],
        ["심리치료사 강연", "원고 교정"],
    ),
    "alcohol": (
        "bar",
        ["한 잔 하세요", "맥주 무제한"],
        ["음주를 권하지 않아요", "와인 리스트 안내", "한 잔의 온도"],
    ),
    "exercise_promise": (
        "pilates",
        ["거북목 탈출 필라테스", "허리 통증 개선", "4주 완성 몸만들기"],
        ["통증이 있으신 분은 먼저 상담해요", "주 2회 그룹 수업", "허리 사이즈 안내"],
    ),
    "repair_terms": (
        "phone_repair",
        ["정품 액정 교체", "애플 공식 센터", "무상 수리", "사진 100% 복구"],
        ["정품 부품이 아닙니다", "배터리 교체 안내", "비공식 사설 수리점"],
    ),
    "remodelling_terms": (
        "interiors",
        ["업계 최저 견적", "추가 비용 없는 시공", "평생 보증"],
        ["추가 비용이 있을 수 있어요", "하자 보수 기간 안내", "최저기온에도 시공"],
    ),
    "education": (
        "academy",
        ["합격 보장", "3주 완성"],
        ["합격을 응원해요", "수업은 3주 동안", "완성 작품 전시"],
    ),
    "investment": ("real_estate", ["수익 보장", "시세 차익"], ["수익을 보장하지 않습니다", "투자 상담"]),
    "environment": ("kitchen", ["친환경 그릇", "무독성 도마"], ["친환경 자동차 주차", "자연을 닮은 그릇"]),
    "imitation": ("fashion", ["샤넬st 자켓", "명품급 가방"], ["짝퉁 주의", "명품 수선"]),
}
RULES = {rule.name: rule for rule in claim_rules()}


def flagged(text: str, industry: str, rule: str) -> bool:
    return any(flag.reason == RULES[rule].reason for flag in find_claims(text, industry))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_its_claims_and_no_look_alikes(rule: str) -> None:
    industry, claims, others = EXAMPLES[rule]
    assert len(claims) >= 2
    assert len(others) >= 2
    assert [text for text in claims if not flagged(text, industry, rule)] == []
    assert [text for text in others if flagged(text, industry, rule)] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_each_rule_names_its_law_its_source_and_a_day(rule) -> None:
    assert "법" in rule.law
    assert "제" in rule.law
    assert rule.source.startswith("law.go.kr/")
    assert rule.checked[:2] == "20"
    assert rule.reason.endswith("요.") and rule.reason_en.endswith(".") and not re.search("[가-힣]", rule.reason_en)


def test_rules_of_other_trades_do_not_apply() -> None:
    assert find_claims("여드름 치료 상담", "cosmetics")
    assert not find_claims("여드름 치료 상담", "clinic")
    assert find_claims("치료에 좋은 차", "tea")


def test_a_flag_tells_where_what_and_why() -> None:
    copy = AdCopy("최고의 라떼", caption="국내 최초 라떼", hashtags=("#1위맛집",))
    flags = flag_copy(copy, "cafe")
    assert [(flag.field, flag.text) for flag in flags] == [
        ("headline", "최고"),
        ("caption", "국내 최초"),
        ("hashtags", "1위"),
    ]
    assert all(flag.reason and "표시·광고의 공정화에 관한 법률" in flag.source for flag in flags)


def test_a_period_anywhere_settles_a_sale() -> None:
    assert processor.write_copy("원목 책상 특가").flags
    assert not processor.write_copy("원목 책상 특가 6월 30일까지").flags


def test_the_users_own_headline_is_flagged_and_kept() -> None:
    copy = processor.write_copy('카페 "동네 최고의 라떼"')
    assert copy.headline == "동네 최고의 라떼"
    assert [flag.text for flag in copy.flags if flag.field == "headline"] == ["최고"]


def test_our_own_lines_make_no_claims() -> None:
    lines = copy_lines()
    industries = [*lines.shops]
    found = []
    for table in (
        lines.shops,
        lines.seasons,
        lines.captions,
        {row.name: row for row in (*lines.intents, *lines.actions)},
    ):
        for name, row in table.items():
            trades = [name] if table is lines.shops else industries
            texts = [fill(line.replace("{w}", "소식"), "라떼") for rows in row.lines.values() for line in rows]
            text = "\n".join([*texts, " ".join(f"#{tag}" for tag in row.tags)])
            found += [(name, flag.text, flag.reason) for trade in trades for flag in find_claims(text, trade)]
    assert not set(found)
    assert len(TONES) == 4


def test_a_user_adds_rules_and_a_broken_one_is_told(user_folder: Path) -> None:
    rule = (
        "slang:\n  patterns: [존맛]\n  reason: 속된 말이에요.\n"
        "  law: 우리 규칙\n  source: 내부\n  checked: '2026-01-01'\n"
    )
    (user_folder / "claims.yaml").write_text(rule, encoding="utf-8")
    assert [flag.text for flag in find_claims("존맛 떡볶이", "snack")] == ["존맛"]
    (user_folder / "claims.yaml").write_text(rule.replace("[존맛]", "['(존맛']"), encoding="utf-8")
    with pytest.raises(errors.InputError, match="no pattern"):
        find_claims("떡볶이", "snack")
