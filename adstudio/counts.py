"""English counts: "1 step", but "2 steps"."""

from __future__ import annotations


def counted(count: int | str, one: str, many: str = "") -> str:
    """Say a count with what it counts; ``many`` is ``one`` with an s where it is left out.

    Verbs go with it: ``counted(1, "job is", "jobs are")``. A count that has a shape of its own comes as it is to be
    read: ``"1.5"``.
    """
    shown = f"{count:,}" if isinstance(count, int) else count
    return f"{shown} {one if shown == '1' else many or one + 's'}"
