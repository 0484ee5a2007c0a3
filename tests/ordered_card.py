"""A card with streams: finds what a real one could do in the wrong order, whatever its speed.

On a real card nothing happens when it is asked for: a stream works its kernels and copies off in order, and beside the
host and other streams unless an event says otherwise. Here every operation is computed at once, so numbers are right by
luck; what is looked at is whether they had to be. Each reader and writer of memory that two sides share has a vector
clock, as race detectors for threads do. Two uses of a piece of memory that nothing orders, one of them a write, are a
race: for every speed of card, bus and host at once, not for the one that this machine happens to have.

Watched are the tensors on the card and pinned tensors of the host. As on CUDA, the host waits for a copy from or to
ordinary memory, and for every ``item()``; not for a copy from or to pinned memory that is asked for without blocking.
Memory goes back to the stream that it was taken on, to be had at once, unless ``record_stream`` named others. So what
is taken may still be in use on its own stream: to take memory counts as a write to it.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from device_double import NAME, Card, aten, on_card
from torch.utils import _pytree as tree

Clock = dict[int, int]  # how far each side had come, as far as the owner of the clock knows
HOST, MAIN = -1, 0
_PRIVATE_USE = 20  # torch's number for a device of one's own


@dataclass
class _Memory:
    """Who used a piece of memory, and when by their own clock."""

    name: str
    owner: int = MAIN
    recorded: set[int] = field(default_factory=set)
    written: Clock = field(default_factory=dict)
    read: Clock = field(default_factory=dict)


class Order:
    """What has to have happened before what, and the races among it."""

    def __init__(self) -> None:
        self.races: list[str] = []
        self.sides: set[int] = set()  # streams that have done anything
        self._clocks: dict[int, Clock] = {HOST: {HOST: 0}}
        self._running = [MAIN]
        self._memories: dict[int, _Memory] = {}

    def use(self, side: int, what: str, read: list[torch.Tensor], written: list[torch.Tensor]) -> None:
        """Have the host or a stream use memory now."""
        clock = self.send(side) if side != HOST else self._clocks[HOST]
        clock[side] = clock.get(side, 0) + 1
        self.sides.add(side)
        for tensor in written:
            memory = self._memory(tensor)
            self._check(memory, memory.written | memory.read, clock, side, what)
            self._check(memory, memory.written, clock, side, what)
            memory.written[side] = clock[side]
        for tensor in read:
            memory = self._memory(tensor)
            self._check(memory, memory.written, clock, side, what)
            memory.read[side] = clock[side]

    def send(self, stream: int) -> Clock:
        """The clock of a stream that gets work now: that begins after all that the host knows of."""
        return self.join(self._clocks.setdefault(stream, {}), self._clocks[HOST])

    def join(self, clock: Clock, other: Clock) -> Clock:
        """Let one side know what another knows."""
        clock.update({side: max(clock.get(side, 0), time) for side, time in other.items()})
        return clock

    def wait(self, other: Clock) -> None:
        """Have the host wait until a clock's time has come."""
        self.join(self._clocks[HOST], other)

    def now_running(self) -> int:
        """The stream that kernels go to."""
        return self._running[-1]

    @contextmanager
    def run_on(self, stream: int) -> Iterator[None]:
        """Have kernels go to a stream."""
        self._running.append(stream)
        try:
            yield
        finally:
            self._running.pop()

    def record(self, tensor: torch.Tensor, stream: int) -> None:
        """Have memory wait for a stream before others get it."""
        self._memory(tensor).recorded.add(stream)

    def _memory(self, tensor: torch.Tensor) -> _Memory:
        storage = getattr(tensor, "raw", tensor).untyped_storage()
        key = storage._cdata
        if key not in self._memories:
            self._memories[key] = _Memory(f"{storage.nbytes()} bytes", self.now_running())
            weakref.finalize(storage, self._free, key, isinstance(getattr(tensor, "raw", None), torch.Tensor))
        return self._memories[key]

    def _free(self, key: int, was_on_card: bool) -> None:
        memory = self._memories.pop(key)
        if was_on_card:  # pinned memory waits by itself for the copies it takes part in
            clock = self.send(memory.owner)
            uses = {side: time for side, time in (memory.read | memory.written).items() if side not in memory.recorded}
            self._check(memory, uses, clock, memory.owner, "whoever is given it next")

    def _check(self, memory: _Memory, uses: Clock, clock: Clock, side: int, what: str) -> None:
        self.races += [
            f"{what} on {_name(side)}, and {_name(other)} may still be using {memory.name}"
            for other, time in uses.items()
            if other != side and clock.get(other, 0) < time
        ]


class OrderedCard(Card):
    """A card whose uses of memory are ordered, or not. ``module`` stands where ``torch.cuda`` stands for CUDA."""

    def __init__(self) -> None:
        super().__init__()
        self.order = Order()
        self.module = _Module(self.order)
        self._pinned: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute, and look at who uses what."""
        if func is aten.record_stream.default:
            self.order.record(args[0], args[1].stream_id)
            return None
        is_pinned = bool((kwargs or {}).get("pin_memory"))
        out = super().__torch_dispatch__(func, types, args, dict(kwargs or {}))
        if is_pinned:
            self._pinned.add((key := out.untyped_storage())._cdata)
            weakref.finalize(key, self._pinned.discard, key._cdata)
        if not func.is_view:
            self._look(func, args, kwargs or {}, out)
        return out

    def read_by_host(self, tensor: torch.Tensor) -> None:
        """Have the host look at a tensor of its own, which a copy may be on its way to."""
        if tensor.untyped_storage()._cdata in self._pinned:
            self.order.use(HOST, "reading", [tensor], [])

    def _look(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        def watched(value: Any) -> list[torch.Tensor]:
            found = [leaf for leaf in tree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]
            return [leaf for leaf in found if on_card(leaf) or leaf.untyped_storage()._cdata in self._pinned]

        given = {**dict(zip((a.name for a in func._schema.arguments), args, strict=False)), **kwargs}
        changed = {a.name for a in func._schema.arguments if a.alias_info is not None and a.alias_info.is_write}
        written = watched([given.get(name) for name in changed]) + watched(out)
        read = watched([value for name, value in given.items() if name not in changed])
        if not read and not written:
            return
        on_device = any(map(on_card, read + written))
        side = self.order.now_running() if on_device else HOST
        self.order.use(side, str(func), read, written)
        if on_device and self._host_waits(func, given, out):
            self.order.wait(self.order.send(side))

    def _host_waits(self, func: Any, given: dict[str, Any], out: Any) -> bool:
        if isinstance(out, bool | int | float):
            return True
        ends = [value for value in (given.get("self"), given.get("src"), out) if isinstance(value, torch.Tensor)]
        at_home = [end for end in ends if not on_card(end) and end.dim() > 0]
        if func not in (aten.copy_.default, aten._to_copy.default) or not at_home:
            return False
        is_brief = bool(given.get("non_blocking")) and all(e.untyped_storage()._cdata in self._pinned for e in at_home)
        return not is_brief


class _Stream(torch.Stream):
    _numbers = iter(range(1, 2**31))

    def __new__(cls, order: Order, number: int | None = None) -> Any:
        number = next(cls._numbers) if number is None else number
        return super().__new__(cls, stream_id=number, device_index=0, device_type=_PRIVATE_USE)

    def __init__(self, order: Order, number: int | None = None) -> None:
        self.order = order

    def wait_event(self, event: Any) -> None:
        self.order.join(self.order.send(self.stream_id), event.clock)

    def wait_stream(self, stream: Any) -> None:
        self.order.join(self.order.send(self.stream_id), self.order.send(stream.stream_id))

    def synchronize(self) -> None:
        self.order.wait(self.order.send(self.stream_id))


class _Event:
    """Of CUDA: an event that was never set has always been reached."""

    def __init__(self, order: Order) -> None:
        self.order, self.clock = order, dict[int, int]()

    def record(self, stream: Any) -> None:
        self.clock = dict(self.order.send(stream.stream_id))

    def synchronize(self) -> None:
        self.order.wait(self.clock)


class _Module:
    """What ``torch.get_device_module`` gives for the card."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def Stream(self, device: torch.device) -> _Stream:
        assert device.type == NAME
        return _Stream(self._order)

    def Event(self) -> _Event:
        return _Event(self._order)

    def current_stream(self, device: torch.device) -> _Stream:
        assert device.type == NAME
        return _Stream(self._order, self._order.now_running())

    @contextmanager
    def stream(self, stream: _Stream) -> Iterator[None]:
        with self._order.run_on(stream.stream_id):
            yield


def _name(side: int) -> str:
    return {HOST: "the host", MAIN: "the computation's stream"}.get(side, f"stream {side}")
