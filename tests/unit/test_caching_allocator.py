"""The model of PyTorch's allocator does what its rules say, in cases worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.caching_allocator import MIB, CachingAllocator, OutOfMemory, Setting

GROWING = Setting(expandable=True)


def test_small_tensors_share_a_segment_of_two_mebibytes():
    card = CachingAllocator()
    first = card.take(100)
    card.take(513)
    assert (first.size, card.allocated, card.reserved) == (512, 512 + 1024, 2 * MIB)
    card.take(MIB)
    assert card.reserved == 2 * MIB
    card.take(MIB)  # 1 MiB less 1.5 KiB is left: too little
    assert card.reserved == 4 * MIB


@pytest.mark.parametrize(
    ("size", "segment"), [(MIB + 1, 20), (10 * MIB - 512, 20), (10 * MIB, 10), (10 * MIB + 1, 12), (345 * MIB, 346)]
)
def test_large_tensors_come_in_steps(size: int, segment: int):
    card = CachingAllocator()
    card.take(size)
    assert card.reserved == segment * MIB


def test_what_is_left_of_a_segment_is_split_off_only_where_it_is_more_than_a_mebibyte():
    card = CachingAllocator()
    whole = card.take(19 * MIB)  # of a segment of 20: the last MiB goes with it
    assert (whole.size, card.reserved) == (20 * MIB, 20 * MIB)
    card = CachingAllocator()
    part = card.take(11 * MIB - 512)  # of a segment of 12: a MiB and 512 bytes are left, just enough
    assert (part.size, card.reserved) == (11 * MIB - 512, 12 * MIB)
    card = CachingAllocator()
    card.take(5 * MIB)
    card.take(5 * MIB)
    assert (card.allocated, card.reserved) == (10 * MIB, 20 * MIB)


def test_the_smallest_free_block_that_fits_is_taken():
    card = CachingAllocator()
    large, small = card.take(64 * MIB), card.take(32 * MIB)
    place = small.address
    card.give_back(large)
    card.give_back(small)
    assert card.take(30 * MIB).address == place
    assert card.reserved == 96 * MIB


def test_neighbours_that_are_free_become_one_and_those_of_other_segments_do_not():
    card = CachingAllocator()
    whole = card.take(64 * MIB)
    card.give_back(whole)
    parts = [card.take(32 * MIB), card.take(16 * MIB), card.take(16 * MIB)]
    assert card.reserved == 64 * MIB
    for number in (0, 2, 1):  # the middle one last: it joins both
        card.give_back(parts[number])
    card.take(64 * MIB)
    assert card.reserved == 64 * MIB

    card = CachingAllocator()
    pieces = [card.take(32 * MIB), card.take(32 * MIB)]
    for piece in pieces:
        card.give_back(piece)
    card.take(64 * MIB)
    assert (card.allocated, card.reserved) == (64 * MIB, 128 * MIB), "this is what fragmentation is"


def test_segments_that_are_free_whole_go_back_before_memory_is_out():
    card = CachingAllocator(limit=100 * MIB)
    card.give_back(card.take(60 * MIB))
    card.take(80 * MIB)
    assert (card.reserved, card.peak_reserved, card.returns) == (80 * MIB, 80 * MIB, 1)
    with pytest.raises(OutOfMemory, match="24 MiB"):
        card.take(24 * MIB)

    card = CachingAllocator(limit=100 * MIB)
    whole = card.take(60 * MIB)
    card.give_back(whole)
    card.take(30 * MIB)  # half of it is in use: it cannot go
    with pytest.raises(OutOfMemory):
        card.take(60 * MIB)


def test_growing_segments_map_pages_behind_their_end():
    card = CachingAllocator(GROWING)
    card.take(100)
    first = card.take(30 * MIB)  # two pages of 20
    assert card.reserved == (2 + 40) * MIB
    second = card.take(30 * MIB)  # ten are left, one more page
    assert card.reserved == (2 + 60) * MIB
    card.give_back(first)
    card.give_back(second)
    card.take(64 * MIB)  # all of it and one more page: no fragmentation
    assert card.reserved == (2 + 80) * MIB


def test_the_end_of_a_growing_segment_is_taken_last():
    card = CachingAllocator(GROWING)
    hole = card.take(40 * MIB)
    card.take(20 * MIB)
    tail = card.take(20 * MIB)
    place = hole.address
    card.give_back(hole)
    card.give_back(tail)
    assert card.take(20 * MIB).address == place, "though the end is as large as asked for and the hole is not"


def test_pages_in_the_middle_of_a_growing_segment_go_back_and_are_mapped_again():
    card = CachingAllocator(GROWING, limit=100 * MIB)
    card.take(10 * MIB)
    middle = card.take(60 * MIB)
    last = card.take(10 * MIB)
    card.give_back(middle)
    assert card.reserved == 80 * MIB
    card.empty_cache()  # 10 to 70 MiB were free: the pages 20 to 60 are free whole
    assert card.reserved == 40 * MIB
    card.take(60 * MIB)
    assert card.reserved == 80 * MIB, "the very same place: 40 that were unmapped, and the free parts beside them"
    card.give_back(last)


def test_blocks_beyond_the_largest_split_stay_whole():
    card = CachingAllocator(Setting(max_split=128 * MIB), limit=500 * MIB)
    card.give_back(card.take(200 * MIB))
    card.take(64 * MIB)
    assert card.reserved == 264 * MIB, "a smaller one takes nothing of it"
    card.take(190 * MIB)
    assert card.reserved == 264 * MIB, "one that leaves less than 20 MiB takes it whole"


def test_sizes_are_rounded_between_powers_of_two():
    card = CachingAllocator(Setting(divisions=4))
    assert card.take(1200 * 1024).size == 1280 * 1024
    assert card.take(2 * MIB).size == 2 * MIB
    assert card.take(1000).size == 1024


def test_unused_segments_go_back_from_the_threshold_on():
    card = CachingAllocator(Setting(collect_from=0.5), limit=200 * MIB)
    card.give_back(card.take(60 * MIB))
    card.give_back(card.take(80 * MIB))
    assert card.reserved == 140 * MIB  # what is asked for is above half of the limit only from now on
    card.take(90 * MIB)
    assert card.reserved <= 170 * MIB and card.returns == 0
