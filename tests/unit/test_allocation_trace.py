"""The trace of a run without a card sees what is taken and given back, in order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.allocation_trace import CARD, Trace

_PRODUCTS = (2 * 4096 + 8 * 16) * 1024


def sizes(trace: Trace) -> list[int]:
    """The sizes as they come, and the negative size of what goes."""
    known = {event.piece: event.size for event in trace.events if event.size}
    return [event.size or -known[event.piece] for event in trace.events if not event.moment]


@pytest.fixture(autouse=True)
def _as_the_engine_draws():
    with torch.inference_mode():
        yield


def test_views_take_nothing_and_the_last_of_them_gives_back():
    with Trace() as trace:
        rows = torch.empty(4, 8, device=CARD)
        view = rows.view(-1)[3:]
        del rows
        assert sizes(trace) == [128] and trace.live == 128
        wide = view.to(torch.float64)
        del view, wide
    assert sizes(trace) == [128, 29 * 8, -128, -29 * 8] and trace.live == 0


def test_what_was_there_before_is_not_counted_and_its_place_may_be_taken():
    before = torch.empty(4, 8, device=CARD)
    with Trace() as trace:
        row = before.t()[0]
        del before, row
        rows = torch.empty(4, 8, device=CARD)
    assert sizes(trace) == [128] and trace.peak == trace.live == rows.nbytes


def test_what_stays_at_home_is_not_counted():
    with Trace() as trace:
        home = torch.ones(3)
        there = home.to(CARD)
        back = there.cpu()
        there.copy_(home)
        home.copy_(there)
        is_fine = bool(torch.isfinite(there).all())
    assert back.device.type == "cpu" and is_fine
    assert next(size for size in sizes(trace) if size > 0) == 12
    assert home.tolist() == [1.0, 1.0, 1.0]


def test_a_product_takes_its_result_and_once_a_workspace():
    with Trace() as trace:
        rows, matrix = torch.empty(1, 4, 8, device=CARD), torch.empty(16, 8, device=CARD)
        for _ in range(2):
            out = functional.linear(rows, matrix)
            del out
    assert sizes(trace) == [128, 512, 256, _PRODUCTS, -256, 256, -256]


def test_attention_takes_no_table_of_all_pairs():
    with Trace() as trace:
        query = torch.empty(1, 2, 100, 128, device=CARD, dtype=torch.bfloat16)
        out = functional.scaled_dot_product_attention(query, query, query)
    result = 2 * 100 * 128 * 2
    assert sizes(trace)[1:] == [result, 4 * 2 * 100, -4 * 2 * 100]
    assert out.shape == query.shape and out.transpose(1, 2).is_contiguous()


def test_a_head_too_wide_for_flash_is_summed_up_in_float32():
    with Trace() as trace:
        query = torch.empty(1, 1, 100, 512, device=CARD, dtype=torch.bfloat16)
        functional.scaled_dot_product_attention(query, query, query)
    result = 100 * 512 * 2
    assert sizes(trace)[1:] == [result, 2 * result, -2 * result, -result]


def test_doubling_a_map_takes_the_larger_map_alone():
    with Trace() as trace:
        cells = torch.empty(1, 4, 8, 8, device=CARD, dtype=torch.bfloat16)
        functional.interpolate(cells, scale_factor=2.0, mode="nearest")
    assert sizes(trace) == [512, 2048, -2048]


@pytest.mark.parametrize(("copies", "beside"), [(False, []), (True, [512 + 1024, -512 - 1024])])
def test_a_convolution_may_be_reckoned_with_copies(copies: bool, beside: list[int]):
    with Trace(convolutions_copy=copies) as trace:
        cells, filters = torch.empty(1, 4, 8, 8, device=CARD), torch.empty(8, 4, 3, 3, device=CARD)
        out = functional.conv2d(cells[..., :4, :], filters, padding=1)
        del out
    assert sizes(trace)[2:] == [1024, *beside, -1024]


def test_what_is_spared_is_marked():
    with Trace() as trace:
        with trace.spared():
            torch.empty(8, device=CARD)
        torch.empty(8, device=CARD)
    assert [event.is_spare for event in trace.events if event.size] == [True, False]
