"""An edited layout: passes where nothing was edited, is checked again, and tells when it was made for another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.layout.plan.digest import digest_of
from adstudio.layout.plan.edited import _with_locked, joined, settle
from adstudio.layout.plan.reading import to_json
from adstudio.types import Array, Box, LayoutPlan, Mark, Placement, TextBlock

HEADLINE = TextBlock("headline", "여름 세일", Box(0.1, 0.1, 0.9, 0.3))
SUB = TextBlock("sub", "오늘만", Box(0.1, 0.35, 0.9, 0.45))
PROPOSAL = LayoutPlan((HEADLINE, SUB), (Placement(0.5, 0.8, 0.4),), provider="local")


def picture(value: float = 0.6) -> Array:
    return np.full((40, 60, 3), value, np.float32)


def moved(**changes: object) -> LayoutPlan:
    plan = LayoutPlan((replace(HEADLINE, box=Box(0.2, 0.5, 0.8, 0.7)), SUB), picture=digest_of(picture()))
    return replace(plan, **changes)


def test_without_an_edit_the_proposal_passes_and_is_bound_to_the_picture():
    settled = settle(PROPOSAL, " \n", [picture()], "feed")
    assert settled.plan == replace(PROPOSAL, picture=digest_of(picture()), channel="feed", size_px=(60, 40))
    assert not settled.is_edit and not settled.stale


def test_an_edit_counts_instead_of_the_proposal():
    settled = settle(PROPOSAL, to_json(moved()), [picture()])
    assert settled.plan.texts == moved().texts
    assert settled.is_edit and not settled.stale


def test_an_edit_is_checked_like_any_plan_from_outside():
    with pytest.raises(InputError) as error:
        settle(PROPOSAL, to_json(moved()).replace("0.2", "-3"), [picture()])
    assert error.value.code == "layout.bad_box"


@pytest.mark.parametrize(
    ("edit", "channel", "stale"),
    [
        (moved(picture="0" * 16), "", ("picture",)),
        (moved(channel="story"), "feed", ("channel",)),
        (moved(), "feed", ("channel",)),
        (moved(picture=""), "feed", ()),  # made before any run: bound to nothing yet
        (moved(picture="0" * 16, channel="story"), "feed", ("picture", "channel")),
    ],
)
def test_an_edit_for_something_else_is_stale(edit: LayoutPlan, channel: str, stale: tuple[str, ...]):
    settled = settle(PROPOSAL, to_json(edit), [picture()], channel)
    assert settled.stale == stale
    assert settled.plan.texts == edit.texts, "kept unless told otherwise"
    if stale:
        with pytest.raises(InputError, match=stale[0]) as error:
            settle(PROPOSAL, to_json(edit), [picture()], channel, "stop")
        assert error.value.code == "layout.stale"
        assert settle(PROPOSAL, to_json(edit), [picture()], channel, "use proposal").plan.texts == PROPOSAL.texts


def test_what_is_locked_outlives_another_picture():
    locked = replace(SUB, box=Box(0.6, 0.8, 0.9, 0.9), locked=True)
    stands = Placement(0.2, 0.9, 0.3, locked=True)
    edit = LayoutPlan((replace(HEADLINE, text="다른"), locked), (stands,), picture="0" * 16)
    plan = settle(PROPOSAL, to_json(edit), [picture()], when_stale="use proposal").plan
    assert plan.texts == (HEADLINE, locked)
    assert plan.products == (stands,)


def test_a_locked_mark_takes_the_place_of_the_proposed_one():
    code = Mark("qr", Box(0.8, 0.8, 0.95, 0.95), "https://example.com", locked=True)
    logo = Mark("logo", Box(0.05, 0.05, 0.2, 0.2))
    proposal = replace(PROPOSAL, marks=(replace(code, box=Box(0.1, 0.8, 0.25, 0.95), locked=False), logo))
    edit = replace(proposal, marks=(code,), picture="0" * 16)
    assert _with_locked(proposal, edit).marks == (code, logo)


def test_a_locked_block_that_the_proposal_lacks_is_added():
    note = TextBlock("note", "문의 02-123-4567", Box(0.1, 0.9, 0.9, 0.95), locked=True)
    plan = settle(PROPOSAL, to_json(LayoutPlan((note,), picture="0" * 16)), [picture()], when_stale="use proposal").plan
    assert plan.texts == (HEADLINE, SUB, note)


def test_one_level_of_one_channel_is_another_picture():
    other = picture()
    other[3, 5, 1] += 1 / 255
    assert digest_of(other) != digest_of(picture())
    assert digest_of(picture()[:20]) != digest_of(picture()[:, :30])
    assert len(digest_of(other)) == 16


def test_products_join_the_copy_in_every_frame():
    products = LayoutPlan(frames=(PROPOSAL, replace(PROPOSAL, products=(Placement(0.2, 0.9, 0.3),))))
    both = joined(LayoutPlan((HEADLINE,)), products)
    assert [frame.products[0].x for frame in both.frames] == [0.5, 0.2]
    assert all(frame.texts == (HEADLINE,) for frame in both.frames)
    assert joined(PROPOSAL, None) is PROPOSAL
