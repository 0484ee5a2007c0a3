"""Find a channel by any of its names: ``kakao_bizboard``, ``kakao-bizboard``, ``비즈보드``, ``kakao_native:2x1``."""

from __future__ import annotations

import difflib

from ..errors import InputError
from ..types import Channel
from .channel_table import Entry, Fact, entries, menu_entries


def get_entry(name: str) -> Entry:
    """Find a channel with all its sizes and sources.

    Raises:
        InputError: ``channels.unknown`` with the nearest names; ``channels.bad_table``.
    """
    known = entries()
    bare = bare_name(name.partition(":")[0])
    names = {bare_name(each): entry for entry in known.values() for each in (entry.id, entry.korean, *entry.aliases)}
    if bare and bare in names:
        return names[bare]
    near = [names[each].id for each in difflib.get_close_matches(bare, names, 3, 0.5)]
    hint = f"Did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
    raise InputError(
        "channels.unknown",
        f"There is no channel '{name:.40}'.",
        f"{hint}'adstudio channels' lists them all.",
        name=name[:40],
    )


def get_channel(name: str) -> Channel:
    """Find a channel in one of its sizes; without ``:size`` in its usual one.

    Returns:
        a channel whose ``size_px`` is (0, 0) where no size is known.

    Raises:
        InputError: ``channels.unknown``, ``channels.unknown_size``, ``channels.bad_table``.
    """
    entry = get_entry(name)
    sizes, wanted = entry.sizes, name.partition(":")[2].strip()
    if not wanted:
        return next(iter(sizes.values()), entry.sizeless)
    by_name = {_size_key(size): channel for size, channel in sizes.items()}
    if _size_key(wanted) not in by_name:
        there = ", ".join(f"{entry.id}:{size}" for size in sizes) or "none that is known"
        raise InputError(
            "channels.unknown_size",
            f"The channel {entry.id} has no size '{wanted:.20}'.",
            f"It has {there}.",
        )
    return by_name[_size_key(wanted)]


def get_channels(names: str) -> tuple[Channel, ...]:
    """Find several channels, named one a line or between commas; each once, and each with a size.

    Raises:
        InputError: ``channels.none_named``, ``channels.no_size``, and what :func:`get_channel` finds.
    """
    asked = [name.strip() for name in names.replace("\n", ",").split(",") if name.strip()]
    if not asked:
        raise InputError(
            "channels.none_named", "No channel was named.", "Write one a line, such as instagram_feed or 비즈보드."
        )
    return tuple({channel.id: channel for channel in (require_size(get_channel(name)) for name in asked)}.values())


def require_size(channel: Channel) -> Channel:
    """Return a channel whose size is known.

    Raises:
        InputError: ``channels.no_size``.
    """
    if 0 in channel.size_px:
        raise InputError(
            "channels.no_size",
            f"The size of {channel.english} is not known: no source for it could be found.",
            f"Write what the upload form says as '{channel.id}' into channels.yaml in your Ad Studio folder.",
            channel=channel.korean,
        )
    return channel


def find_fact(channel: Channel, rule: str) -> Fact | None:
    """Who states a rule of a channel; None for a channel that is not of the table."""
    entry = entries().get(channel.id.partition(":")[0])
    if entry is None:
        return None
    if rule.startswith(("size", "ratio", "safe")):
        size = channel.id.partition(":")[2] or next(iter(entry.sizes), "")
        rule = f"size {size}"
    found = next((fact for fact in entry.facts if fact.name == rule), None)
    if found is None and rule == "bytes":  # a limit of one size alone
        return find_fact(channel, "size")
    return found


def channel_names() -> list[str]:
    """List every channel in every size that is known, for a menu."""
    return [channel.id for entry in menu_entries().values() for channel in entry.sizes.values()]


def _size_key(size: str) -> str:
    return size.strip().lower().replace(":", "x").replace("×", "x").replace("*", "x")


def bare_name(name: str) -> str:
    """A name as it is compared: letters and digits alone, small."""
    return "".join(char for char in name.lower() if char.isalnum())
