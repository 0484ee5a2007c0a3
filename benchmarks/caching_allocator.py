"""PyTorch's own CUDA allocator as a model: what it takes from CUDA for a recorded sequence of tensors.

Written after c10/cuda/CUDACachingAllocator.cpp of torch 2.13 for one stream. Tensors are pieces of *blocks*, blocks lie
side by side in *segments*, and a segment is what CUDA was asked for. A free block is given to the smallest request that
fits it; neighbours that are free become one block; nothing goes back to CUDA before CUDA has no more to give. With
``expandable`` there is one endless segment for small and one for large tensors, behind whose end pages are mapped.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

KIB, MIB, GIB = 2**10, 2**20, 2**30
_STEP = 512
_SMALL = MIB  # tensors up to this size lie in segments of their own
_SMALL_SEGMENT = 2 * MIB
_LARGE_SEGMENT = 20 * MIB
_OWN_SEGMENT = 10 * MIB  # from here on a segment is made for one tensor
_SEGMENT_STEP = 2 * MIB
_ROUNDING = 20 * MIB  # by how much a block that is never split may be too large
_ENDLESS = 2**50


@dataclass(frozen=True, slots=True)
class Setting:
    """What ``PYTORCH_ALLOC_CONF`` can say; 0 where it says nothing.

    Args:
        max_split: bytes from which on a block is never split (``max_split_size_mb``).
        divisions: parts between two powers of two to which sizes are rounded up (``roundup_power2_divisions``).
        collect_from: share of the limit from which on unused segments go back before more is asked for
            (``garbage_collection_threshold``).
    """

    expandable: bool = False
    max_split: int = 0
    divisions: int = 0
    collect_from: float = 0.0


class OutOfMemory(Exception):
    """CUDA has no more to give, whatever goes back to it."""


@dataclass(slots=True, eq=False)
class _Block:
    address: int
    size: int
    pool: _Pool
    before: _Block | None = None
    behind: _Block | None = None
    is_used: bool = False
    is_mapped: bool = True
    since: int = 0  # how many requests the pool had had when it became free

    @property
    def is_whole(self) -> bool:
        """Whether the block is all of its segment."""
        return self.before is None and self.behind is None


class _Pool:
    """Free blocks, the smallest first and of these the one with the lowest address; and pages that are not mapped."""

    def __init__(self, *, is_small: bool) -> None:
        self.is_small = is_small
        self._free: list[tuple[int, int]] = []
        self._by_address: dict[int, _Block] = {}
        self.unmapped: list[_Block] = []
        self.calls = 0

    def put(self, block: _Block) -> None:
        insort(self._free, (block.size, block.address))
        self._by_address[block.address] = block

    def remove(self, block: _Block) -> None:
        del self._free[bisect_left(self._free, (block.size, block.address))]
        del self._by_address[block.address]

    def from_size(self, size: int) -> list[_Block]:
        return [self._by_address[address] for _, address in self._free[bisect_left(self._free, (size, 0)) :]]

    def smallest(self, size: int) -> _Block | None:
        place = bisect_left(self._free, (size, 0))
        return self._by_address[self._free[place][1]] if place < len(self._free) else None


class CachingAllocator:
    """The allocator of one device.

    Args:
        limit: bytes that CUDA gives at most.
    """

    def __init__(self, setting: Setting = Setting(), limit: int = _ENDLESS) -> None:
        self._setting, self._limit = setting, limit
        self._small, self._large = _Pool(is_small=True), _Pool(is_small=False)
        self._next_address = _STEP
        self.allocated = self.reserved = self.peak_allocated = self.peak_reserved = 0
        self.returns = 0  # how often segments had to go back before more could be taken: each makes the card wait

    def take(self, size: int) -> _Block:
        """A block for a tensor of ``size`` bytes.

        Raises:
            OutOfMemory: there is none, even after everything unused has gone back.
        """
        size = self._rounded(size)
        pool = self._small if size <= _SMALL else self._large
        block = self._find(pool, size)
        if block is None and self._setting.collect_from:
            self._collect()
        if block is None:
            block = self._ask_cuda(pool, size)
        if block is None and self._return_oversized(size):
            block = self._ask_cuda(pool, size)
        if block is None:
            self.returns += 1
            self.empty_cache()
            block = self._ask_cuda(pool, size)
        if block is None:
            raise OutOfMemory(f"{size / MIB:.0f} MiB")
        self._split(block, size)
        block.is_used = True
        self.allocated += block.size
        self.peak_allocated = max(self.peak_allocated, self.allocated)
        return block

    def give_back(self, block: _Block) -> None:
        """Take a block back; its neighbours that are free become one with it."""
        self.allocated -= block.size
        block.is_used, block.since = False, block.pool.calls
        self._join(block)
        block.pool.put(block)

    def empty_cache(self) -> None:
        """Give back to CUDA what is not in use: segments that are free whole, of growing ones the pages."""
        for pool in (self._small, self._large):
            for block in pool.from_size(0):
                if self._setting.expandable:
                    self._unmap(block)
                elif block.is_whole:
                    self._send_back(block)

    def _rounded(self, size: int) -> int:
        parts = self._setting.divisions
        if parts > 1 and size > _STEP * parts:
            power = 1 << (size.bit_length() - 1)
            step = power // parts
            return size if size == power else -(-size // step) * step
        return max(_STEP, -(-size // _STEP) * _STEP)

    def _find(self, pool: _Pool, size: int) -> _Block | None:
        pool.calls += 1
        block = pool.smallest(size)
        if block is None:
            return None
        if self._setting.expandable:
            # The last block counts with all that could be mapped behind it, so that it is taken last.
            block = min(pool.from_size(size), key=lambda each: (self._could_be(each), each.size, each.address))
        split = self._setting.max_split or _ENDLESS
        if (size < split <= block.size) or (size >= split and block.size >= size + _ROUNDING):
            return None
        pool.remove(block)
        return block

    def _could_be(self, block: _Block) -> int:
        behind = block.behind
        return block.size + (behind.size if behind is not None and not behind.is_mapped else 0)

    def _ask_cuda(self, pool: _Pool, size: int) -> _Block | None:
        if self._setting.expandable:
            return self._grow(pool, size)
        small = _SMALL_SEGMENT if size <= _SMALL else _LARGE_SEGMENT if size < _OWN_SEGMENT else 0
        segment = small or -(-size // _SEGMENT_STEP) * _SEGMENT_STEP
        if self.reserved + segment > self._limit:
            return None
        self._reserve(segment)
        self._next_address += segment + _STEP  # never side by side: blocks of two segments do not become one
        return _Block(self._next_address - segment - _STEP, segment, pool)

    def _split(self, block: _Block, size: int) -> None:
        rest = block.size - size
        if self._setting.expandable or block.pool.is_small:
            is_split = rest >= _STEP
        else:
            is_split = rest > _SMALL and size < (self._setting.max_split or _ENDLESS)
        if is_split:
            block.pool.put(self._cut(block, size))

    def _cut(self, block: _Block, size: int) -> _Block:
        """Cut a block after ``size`` bytes and return what lies behind."""
        behind = _Block(block.address + size, block.size - size, block.pool, block, block.behind)
        behind.is_mapped = block.is_mapped
        if block.behind is not None:
            block.behind.before = behind
        block.behind, block.size = behind, size
        return behind

    def _join(self, block: _Block) -> None:
        """Make a block and its free neighbours of the same kind one, which lies in no list."""
        for other in (block.before, block.behind):
            if other is None or other.is_used or other.is_mapped != block.is_mapped:
                continue
            other.pool.remove(other) if other.is_mapped else other.pool.unmapped.remove(other)
            block.size += other.size
            if other is block.before:
                block.address, block.before = other.address, other.before
                if block.before is not None:
                    block.before.behind = block
            else:
                block.behind = other.behind
                if block.behind is not None:
                    block.behind.before = block

    def _reserve(self, size: int) -> None:
        self.reserved += size
        self.peak_reserved = max(self.peak_reserved, self.reserved)

    def _grow(self, pool: _Pool, size: int) -> _Block | None:
        """Map pages until there is a block of ``size``; it lies in no list."""
        page = _SMALL_SEGMENT if pool.is_small else _LARGE_SEGMENT
        block = self._place_to_grow(pool, size)
        while not block.is_mapped or block.size < size:
            there = block.size if block.is_mapped else 0
            target = block.behind if block.is_mapped else block
            assert target is not None
            pages = -(-min(size - there, target.size) // page) * page
            if self.reserved + pages > self._limit:
                return None
            self._reserve(pages)
            pool.unmapped.remove(target)
            if pages < target.size:
                insort(pool.unmapped, self._cut(target, pages), key=lambda each: each.address)
            target.is_mapped = True
            self._join(target)
            pool.put(target)
            block = target
        pool.remove(block)
        return block

    def _place_to_grow(self, pool: _Pool, size: int) -> _Block:
        for block in pool.unmapped:
            first = block.before if block.before is not None and not block.before.is_used else block
            room, each = 0, first
            while room < size and each is not None and not each.is_used:
                room, each = room + each.size, each.behind
            if room >= size:
                return first
        segment = _Block(self._next_address, _ENDLESS, pool, is_mapped=False)
        self._next_address += 2 * _ENDLESS
        pool.unmapped.append(segment)
        return segment

    def _collect(self) -> None:
        """Send back segments that lay unused longer than the average, until the threshold is kept."""
        aim = self.reserved - int(self._setting.collect_from * self._limit)
        while aim > 0:
            ages = {block: self._large.calls - block.since for block in self._large.from_size(0) if block.is_whole}
            old = [block for block, age in ages.items() if age >= sum(ages.values()) / len(ages)]
            if not old or self._setting.expandable:
                return
            for block in old:
                aim -= block.size
                self._send_back(block)

    def _return_oversized(self, size: int) -> bool:
        """Send back a segment that is never split and large enough, or several; tell whether that was done."""
        if not self._setting.max_split:
            return False
        fitting = self._large.from_size(max(size, self._setting.max_split))
        released = 0
        for block in fitting[:1] or reversed(self._large.from_size(self._setting.max_split)):
            if released < size:
                released += block.size
                self._send_back(block)
        return released >= size

    def _send_back(self, block: _Block) -> None:
        block.pool.remove(block)
        self.reserved -= block.size

    def _unmap(self, block: _Block) -> None:
        """Give back the whole pages within a free block."""
        page = _SMALL_SEGMENT if block.pool.is_small else _LARGE_SEGMENT
        origin = block
        while origin.before is not None:
            origin = origin.before
        first = origin.address + -(-(block.address - origin.address) // page) * page
        last = origin.address + (block.address + block.size - origin.address) // page * page
        if last <= first:
            return
        block.pool.remove(block)
        self.reserved -= last - first
        middle = self._cut(block, first - block.address) if first > block.address else block
        if middle is not block:
            block.pool.put(block)
        if last < middle.address + middle.size:
            block.pool.put(self._cut(middle, last - middle.address))
        middle.is_mapped = False
        self._join(middle)
        insort(block.pool.unmapped, middle, key=lambda each: each.address)
