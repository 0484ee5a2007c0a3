"""All parts of an ad find a place: in groups, on one line, inside the safe zone, round what a person has locked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.transform import resize

from adstudio.errors import InputError
from adstudio.layout.copy.compositions import COMPOSITIONS
from adstudio.layout.copy.copysize import most_lines, read_copy
from adstudio.layout.copy.stacks import unit_of
from adstudio.layout.picture.energy import measure, shrink
from adstudio.layout.picture.faces import find_faces
from adstudio.layout.picture.freespace import Ground, clear_map
from adstudio.layout.picture.metrics import contains
from adstudio.layout.picture.score import score
from adstudio.layout.plan.reading import check_plan
from adstudio.layout.saliency import LocalAnalyzer, Wishes
from adstudio.types import AdCopy, Array, Box, Channel, LayoutPlan, Mark, Placement, TextBlock

FULL = AdCopy(
    "따뜻한 커피 한 잔의 여유",
    "가을 한정 메뉴, 오늘 하루만",
    price="4,900원",
    old_price="6,500원",
    badge="1+1",
    call_to_action="지금 주문하기",
    legal="이미지는 실제와 다를 수 있습니다.",
    hours="매일 09:00–21:00",
    link="https://pf.kakao.com/_abc",
)
RATIOS = [(512, 512), (512, 640), (576, 1024), (1024, 576), (1024, 512)]
LOCAL = LocalAnalyzer()


def calm(width: int, height: int) -> Array:
    return np.full((height, width, 3), 0.6, np.float32)


def bottle(width: int, height: int, x: float = 0.5) -> Array:
    """A mask of something that stands on the ground."""
    mask = np.zeros((height, width), np.float32)
    half = round(0.1 * min(width, height))
    mask[int(0.5 * height) : int(0.85 * height), int(x * width) - half : int(x * width) + half] = 1
    return mask


def of_role(plan: LayoutPlan, role: str) -> TextBlock:
    (block,) = [block for block in plan.texts if block.role == role]
    return block


def parts(plan: LayoutPlan) -> list[Box]:
    return [part.box for part in (*plan.texts, *plan.marks)]


@pytest.mark.parametrize("size", RATIOS)
def test_every_part_is_placed_apart_from_the_others_and_from_the_product(size: tuple[int, int]):
    mask = bottle(*size)
    plan = LOCAL.place_text(calm(*size), FULL, mask, wishes=Wishes(with_logo=True))
    assert {block.role for block in plan.texts} == {"headline", "sub", "price", "badge", "cta", "legal", "hours"}
    assert {mark.kind: mark.content for mark in plan.marks} == {"qr": FULL.link, "logo": ""}
    assert (of_role(plan, "price").text, of_role(plan, "price").was) == (FULL.price, FULL.old_price)
    assert plan.score is not None and plan.score.overlap == 1 and plan.score.safe_zone == 1
    for box in parts(plan):
        left, top, right, bottom = box.pixels(*size)
        assert not mask[top:bottom, left:right].any()
    qr = next(mark.box for mark in plan.marks if mark.kind == "qr")
    assert qr.width * size[0] == pytest.approx(qr.height * size[1], abs=0.1), "a QR code is square"


@pytest.mark.parametrize("size", RATIOS)
def test_copy_is_set_on_one_line_and_in_the_order_of_reading(size: tuple[int, int]):
    plan = LOCAL.place_text(calm(*size), replace(FULL, badge="", link=""))
    head, sub, price, cta = (of_role(plan, role) for role in ("headline", "sub", "price", "cta"))
    assert head.box.y1 <= sub.box.y0 and price.box.y1 <= cta.box.y0
    assert len({block.align for block in (head, sub)}) == 1
    if head.align == "left":
        assert head.box.x0 == sub.box.x0
    assert price.box.y1 <= head.box.y0 or price.box.y0 >= sub.box.y1 or price.box.x0 >= head.box.x1
    assert plan.score is not None and plan.score.alignment > 0.8


@pytest.mark.parametrize("size", RATIOS)
def test_a_button_without_a_price_never_stands_apart_from_its_copy(size: tuple[int, int]):
    words = AdCopy("여름 세일", "최대 50% 할인, 이번 주말까지", call_to_action="쿠폰 받기")
    for plan in LOCAL.proposals(calm(*size), words, bottle(*size)):
        left, top, right, bottom = of_role(plan, "cta").box.pixels(*size)
        gaps = []
        for role in ("headline", "sub"):
            box = of_role(plan, role).box.pixels(*size)
            gaps.append(max(left - box[2], box[0] - right, top - box[3], box[1] - bottom))
        assert min(gaps) < 0.12 * unit_of(*size), plan.reasons[-1]


def test_small_print_and_hours_lie_at_the_lower_edge():
    plan = LOCAL.place_text(calm(512, 512), FULL)
    legal, hours = of_role(plan, "legal").box, of_role(plan, "hours").box
    assert legal.y1 == pytest.approx(1 - 0.06, abs=1e-3) and hours.y1 <= legal.y0
    assert all(box.y0 < hours.y0 for box in parts(plan) if box not in (legal, hours))
    assert legal.height < of_role(plan, "sub").box.height


def test_code_stands_in_a_corner_and_the_line_gives_way():
    plan = LOCAL.place_text(calm(512, 512), FULL)
    code, legal = plan.marks[0].box, of_role(plan, "legal").box
    assert code.x1 == pytest.approx(0.94, abs=1e-3) and code.y1 == pytest.approx(0.94, abs=1e-3)
    assert legal.x1 <= code.x0


@pytest.mark.parametrize("x", [0.3, 0.7])
def test_badge_hangs_near_the_product(x: float):
    mask = bottle(640, 640, x)
    badge = of_role(LOCAL.place_text(calm(640, 640), FULL, mask), "badge").box
    assert badge.width == pytest.approx(badge.height, abs=1e-4)
    middle = (badge.x0 + badge.x1) / 2, (badge.y0 + badge.y1) / 2
    assert abs(middle[0] - x) < 0.3 and 0.3 < middle[1] < 0.8


def test_badge_on_a_banner_is_large_enough_for_its_letters():
    plan = LOCAL.place_text(calm(1029, 258), AdCopy("가을 신메뉴", badge="신메뉴"))
    assert of_role(plan, "badge").box.width * 1029 > 70


def test_badge_of_many_words_becomes_long_instead_of_huge():
    badge = of_role(
        LOCAL.place_text(calm(640, 640), replace(FULL, badge="카카오톡 채널을 추가하면 오백원 할인")), "badge"
    ).box
    assert badge.width > 1.6 * badge.height and badge.height < 0.2


def test_several_compositions_are_proposed_scored_and_told():
    proposals = list(LOCAL.proposals(calm(640, 640), FULL))
    assert len(proposals) >= 5
    assert proposals[0] == LOCAL.place_text(calm(640, 640), FULL)
    assert len({tuple(parts(plan)) for plan in proposals}) == len(proposals)
    told = proposals[0].reasons[-1]
    assert told.count("점") >= len(proposals)
    for plan in proposals:
        assert plan.score == score(calm(640, 640), plan)
        assert check_plan(plan) == plan


def test_names_of_compositions_are_unique():
    assert len({one.korean for one in COMPOSITIONS}) == len(COMPOSITIONS) == len({one.name for one in COMPOSITIONS})


# --- channels ---


SAFE = Box(0.1, 0.14, 0.9, 0.79)
STORY = Channel("story", "스토리", "Story", (576, 1024), safe=SAFE)


@settings(max_examples=25)
@given(
    st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), st.floats(0, 0.2), st.floats(0, 0.3), st.floats(0.6, 0.8),
              st.floats(0.5, 0.7)),
    st.sampled_from(RATIOS),
)  # fmt: skip
def test_everything_stays_inside_any_safe_zone(safe: Box, size: tuple[int, int]):
    channel = Channel("any", "아무", "any", size, safe=safe)
    try:
        plan = LOCAL.place_text(calm(*size), FULL, min_px=12, wishes=Wishes(channel=channel))
    except InputError as error:
        assert error.code in {"layout.no_room", "layout.no_room_for_code"}
        return
    assert all(contains(safe, box) for box in parts(plan))
    assert plan.score is not None and plan.score.safe_zone == 1
    assert plan.channel == "any"


def test_channel_size_and_provider_are_noted_in_the_plan():
    plan = LOCAL.place_text(calm(576, 1024), FULL, wishes=Wishes(channel=STORY))
    assert (plan.channel, plan.size_px, plan.provider) == ("story", (576, 1024), "local")
    assert any("story" in reason for reason in plan.reasons)


def test_safe_zone_without_room_is_refused_in_words():
    narrow = replace(STORY, safe=Box(0.45, 0.45, 0.55, 0.55))
    with pytest.raises(InputError) as error:
        LOCAL.place_text(calm(576, 1024), FULL, wishes=Wishes(channel=narrow))
    assert error.value.code == "layout.no_room_for_code"
    with pytest.raises(InputError) as error:
        LOCAL.place_text(calm(576, 1024), replace(FULL, link=""), wishes=Wishes(channel=narrow))
    assert error.value.code == "layout.no_room"


# --- what a person decided ---


def test_locked_parts_stay_and_the_rest_flows_around_them():
    picture = calm(640, 640)
    first = LOCAL.place_text(picture, FULL)
    head = replace(
        of_role(first, "headline"), box=Box(0.1, 0.4, 0.6, 0.6), text="내가 쓴 제목", color="#ff0000", locked=True
    )
    code = Mark("qr", Box(0.06, 0.06, 0.26, 0.26), "https://mine", locked=True)
    stand = Placement(0.8, 0.8, 0.3, locked=True)
    previous = LayoutPlan((head, of_role(first, "sub")), (stand, replace(stand, locked=False)), marks=(code,))
    plan = LOCAL.place_text(picture, FULL, wishes=Wishes(previous=previous))
    assert of_role(plan, "headline") == head
    assert plan.marks == (code,)
    assert plan.products == (stand,)
    others = [box for box in parts(plan) if box not in (head.box, code.box)]
    assert len(others) == 6
    assert all(box.overlap(held) < 1e-6 for box in others for held in (head.box, code.box))
    assert any("고정하신" in reason for reason in plan.reasons)


def test_plan_that_is_locked_whole_stays_as_it_is():
    block = TextBlock("headline", "제목", Box(0.2, 0.2, 0.5, 0.4), locked=True)
    plan = LOCAL.place_text(calm(400, 400), AdCopy("다른 제목"), wishes=Wishes(previous=LayoutPlan((block,))))
    assert plan.texts == (block,) and plan.score is not None


def test_unlocked_previous_plan_changes_nothing():
    picture = calm(400, 400)
    plan = LOCAL.place_text(picture, FULL)
    moved = replace(plan, texts=tuple(replace(block, box=Box(0, 0, 0.1, 0.1)) for block in plan.texts))
    assert LOCAL.place_text(picture, FULL, wishes=Wishes(previous=moved)) == plan


def test_old_price_without_a_price_is_refused():
    with pytest.raises(InputError) as error:
        LOCAL.place_text(calm(400, 400), AdCopy("세일", old_price="6,500원"))
    assert error.value.code == "layout.old_price_alone"


@pytest.mark.parametrize("name", ["price", "badge", "call_to_action", "hours", "legal", "link"])
def test_any_part_can_stand_alone(name: str):
    plan = LOCAL.place_text(calm(400, 400), AdCopy("", **{name: "가게"}))
    assert len(parts(plan)) == 1 and plan.score is not None


# --- faces and free boxes ---


def test_face_is_found_and_kept_free():
    astronaut = (data.astronaut() / 255).astype(np.float32)
    busy = measure(astronaut)
    (face,) = busy.faces
    assert contains(Box(0.3, 0.05, 0.6, 0.4), face)
    best = LOCAL.place_text(astronaut, AdCopy("가을 신메뉴 출시", "고구마 라떼와 밤 케이크"))
    assert all(box.overlap(face) < 0.05 * face.width * face.height for box in parts(best))
    assert any("얼굴" in reason for reason in best.reasons)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket"])
def test_no_face_is_seen_where_there_is_none(name: str):
    assert find_faces(shrink((getattr(data, name)() / 255).astype(np.float32))) == []


@pytest.mark.parametrize("size", [300, 512, 1024])
def test_face_is_found_at_any_size_of_the_picture(size: int):
    assert len(measure(np.asarray(resize(data.astronaut(), (size, size)), np.float32)).faces) == 1


def test_hit_without_skin_is_no_face():
    small = shrink((data.astronaut() / 255).astype(np.float32))
    assert find_faces(small) and not find_faces(np.ascontiguousarray(small[..., ::-1])), "a blue face is none"


def test_face_of_a_grey_picture_is_seen_by_its_shape():
    small = shrink((data.astronaut() / 255).astype(np.float32))
    assert find_faces(np.repeat(small.mean(axis=2, keepdims=True), 3, axis=2))


def strip_costs(picture: Array, mask: Array | None = None) -> list[tuple[float, float, float]]:
    """Cost of a column of copy and what it covers, from the left edge of a picture to the right, with that edge."""
    height, width = picture.shape[:2]
    busy = measure(picture)
    ground = Ground.of(busy, clear_map(mask, busy), width, height)
    lefts = np.linspace(0, 0.8 * width, 17)
    box = lefts, 0.3 * height, lefts + 0.2 * width, 0.7 * height
    return sorted(zip(map(float, ground.cost(*box)), lefts, ground.covered(*box), strict=True))


def test_emptiest_places_keep_off_the_subject(disc: Array):
    costs = strip_costs(disc)
    assert costs[0][1] + 0.2 * disc.shape[1] < 330 <= costs[-1][1] + 0.2 * disc.shape[1]


def test_places_on_a_mask_come_last():
    mask = np.zeros((400, 400), np.float32)
    mask[:, :200] = 1
    costs = strip_costs(calm(400, 400), mask)
    assert costs[0][2] == 0 and costs[0][1] >= 200
    assert costs[-1][2] > 0


def test_words_that_a_no_break_space_joins_stay_joined():
    words = read_copy(AdCopy("봄\u00a0한정 딸기\t라떼", "오늘 \u3000 하루만"))
    assert (words.headline, words.sub) == ("봄\u00a0한정 딸기 라떼", "오늘 하루만")
    assert most_lines(words.headline) == 3


def test_copy_of_nothing_that_is_seen_is_no_copy():
    with pytest.raises(InputError) as caught:
        read_copy(AdCopy("\u200b", "\ufeff \u2060"))
    assert caught.value.code == "layout.no_copy"
