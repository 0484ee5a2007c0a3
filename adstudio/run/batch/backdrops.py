"""Backdrops that rows share: drawn once, and kept while the rows that ask for them go by."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator

from ...errors import AdStudioError
from ..local.handing import Backdrop, Prepared
from ..local.runner import LocalRunner
from ..local.stages import Run
from ..request import AdResult
from .rows import Row

_KEPT = 4  # rows that share one stand together, so this is seldom more than one


class Backdrops:
    """Draws rows, each on its own backdrop or on the one that it shares; one row at a time.

    Args:
        runner: makes what draws a backdrop whose own row was finished before, failed, or is drawn elsewhere.
    """

    def __init__(self, runner: Callable[[], LocalRunner]) -> None:
        self._runner = runner
        self._kept: OrderedDict[str, Backdrop | AdStudioError] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def draw(self, row: Row, run: Run, legs: Generator[Run, None, AdResult]) -> None:
        """Take a run whose first leg is done through its second.

        Raises:
            AdStudioError: also that of another row, where its backdrop could not be drawn.
        """
        with self._one_at_a_time:
            lead = row.leader or row
            if row.leader is not None or row.words:
                self._of(lead, run).hand_to(run)
            next(legs)
            if row.backdrop and lead.id not in self._kept:
                self._keep(row, Backdrop.by(run))

    def _of(self, leader: Row, run: Run) -> Backdrop:
        if leader.id not in self._kept:
            # The products of the row that asks: they do not show on a backdrop, and the leader's own may be of no use.
            written = Prepared(leader.words, None, None, tuple(run.cutouts), {}, ())
            legs = self._runner().legs(leader.request, prepared=written)
            try:
                next(legs)
                self._keep(leader, Backdrop.by(next(legs)))
            except AdStudioError as error:
                self._keep(leader, error)
            finally:
                legs.close()
        found = self._kept[leader.id]
        if isinstance(found, AdStudioError):
            raise found
        return found

    def _keep(self, leader: Row, found: Backdrop | AdStudioError) -> None:
        self._kept[leader.id] = found
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
