"""Names of files as they lie on the disk, from how they were typed.

macOS keeps Hangul parted into its letters, keyboards type it composed, and both look the same. A file that comes from a
Mac in an archive or over the network is not found on Linux by the name that stands in the folder.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

_FORMS = ("NFC", "NFD")


def as_it_lies(argument: str) -> str:
    """The argument of a command as the disk spells it, where it names something that is there in another spelling.

    What is there as it was typed, and what is no name at all, comes back as it is; of a name that is still to be
    written, the folders on the way to it are looked up. ``--option=NAME`` is read, too.
    """
    option, equals, name = argument.partition("=") if argument.startswith("--") else ("", "", argument)
    if name.isascii() or "\0" in name:
        return argument
    found = _found(Path(name))
    return argument if found is None else f"{option}{equals}{found}"


def _found(path: Path) -> Path | None:
    here, is_other = Path(path.anchor), False
    for part in path.parts[1 if path.anchor else 0 :]:
        spelled = next((form for form in _spellings(part) if _exists(here / form)), part)
        here, is_other = here / spelled, is_other or spelled != part
    return here if is_other else None


def _spellings(part: str) -> tuple[str, ...]:
    return (part, *(unicodedata.normalize(form, part) for form in _FORMS))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # longer than the system allows, as a brief may be
        return False
