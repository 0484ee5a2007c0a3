"""What runs on the nodes of a Ray cluster: the CPU stage as a task, an engine as an actor. All of it pickles."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from ... import __version__
from ...errors import AdStudioError, ServerError
from ..local.device_owner import DeviceOwner
from ..local.handing import Prepared
from ..local.runner import LocalRunner
from ..request import AdResult
from .backdrops import Backdrops
from .channel_files import Design, bring_to_channels
from .kept_designs import kept
from .lanes import Made, failed, made_by
from .rows import Row
from .server_rows import ServerRows


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """A row on its way to an engine, with what was read and written for it."""

    row: Row
    prepared: Prepared | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What an engine gives back.

    Args:
        files: every stored file by its name in the store, in the order in which they have to be written.
        names: of ``files`` the ads, each with what follows the row's name.
    """

    made: Made | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    names: tuple[tuple[str, str], ...] = ()
    error: AdStudioError | None = None


def prepare(row: Row) -> Parcel:
    """Write a row's words and cut its product out; what fails is left to the engine, which then says why."""
    legs = LocalRunner().legs(row.request)
    try:
        return Parcel(row, Prepared.by(next(legs)))
    except AdStudioError:
        return Parcel(row)
    finally:
        legs.close()


class Engine:
    """Holds a model, or speaks for a ComfyUI server. Two rows may be in it: one is drawn while one is lettered.

    Args:
        version: of Ad Studio where the rows come from.
    """

    def __init__(self, server: str, version: str) -> None:
        self._server = server
        self._version = version
        self._device_owner = DeviceOwner()
        self._rows = ServerRows()
        self._backdrops = Backdrops(lambda: LocalRunner(host=self._device_owner()))

    def draw(self, parcel: Parcel) -> Drawn:
        """Draw a row to its files, as bytes."""
        if self._version != __version__:
            other = ServerError(
                "batch.other_version",
                f"A node of the cluster has Ad Studio {__version__}, the rows come from {self._version}.",
                "Install the same version on every node.",
            )
            return Drawn(error=other)
        with tempfile.TemporaryDirectory(prefix="adstudio-") as folder:
            store = Path(folder)
            try:
                made = self._made(parcel, store)
            except Exception as error:
                return Drawn(error=failed(parcel.row, error).error)
            names = {path: path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()}
            # Origins first, as the records of the ads name them.
            ordered = sorted(names, key=lambda path: (not names[path].startswith("origin/"), names[path]))
            files = {names[path]: path.read_bytes() for path in ordered}
            return Drawn(replace(made, files=()), files, tuple((end, names[path]) for end, path in made.files))

    def _made(self, parcel: Parcel, store: Path) -> Made:
        row = parcel.row
        if self._server:
            from ..remote.runner import ComfyRunner

            with ComfyRunner(self._server, store) as runner:
                return self._rows.draw(row, runner, store)
        result = self._result(parcel, store)
        design = Design.of(result)
        made = bring_to_channels(row, design, made_by(result), store)
        return kept(row, design, made, store)

    def _result(self, parcel: Parcel, store: Path) -> AdResult:
        legs = LocalRunner(store, host=self._device_owner()).legs(parcel.row.request, prepared=parcel.prepared)
        try:
            self._backdrops.draw(parcel.row, next(legs), legs)
            next(legs)
        except StopIteration as end:
            return end.value
        finally:
            legs.close()
        raise AssertionError("a run has three legs")
