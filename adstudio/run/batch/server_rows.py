"""A row on a ComfyUI server: its ad, on the backdrop that it shares, and the same design on its channels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from ...errors import InputError
from ...prompt.providers import RULES
from ...types import AdPrompt
from ..local.finish_stages import check_finish
from ..recorder import OnEvent
from ..remote.scene import Scene
from ..request import ZIT, AdRequest, AdResult
from .channel_files import Design, bring_to_channels, check_channels
from .kept_designs import kept
from .lanes import Made, made_by
from .rows import Row

_KEPT = 16  # backdrops whose words are remembered; rows that share one stand together


class ServerRunner(Protocol):
    """Whoever has servers draw requests: ``ComfyRunner``."""

    def run(
        self, request: AdRequest, on_event: OnEvent | None = None, *, scene: Scene | None = None, masks: bool = False
    ) -> AdResult:
        """Run a request to the end."""
        ...

    def cancel(self) -> None:
        """Stop what is under way. Safe from any thread."""
        ...


class ServerRows:
    """Draws rows with runners, and remembers the words of shared backdrops. Safe from any thread."""

    def __init__(self) -> None:
        self._backdrops: OrderedDict[str, _Backdrop] = OrderedDict()
        self._lock = threading.Lock()

    def draw(self, row: Row, runner: ServerRunner, folder: Path, on_event: OnEvent | None = None) -> Made:
        """Draw a row.

        Args:
            folder: of the store.

        Raises:
            AdStudioError: what ended it.
        """
        result = self._drawn(row, runner, on_event)
        design = Design.of(result)
        made = bring_to_channels(row, design, made_by(result), folder)
        return kept(row, design, made, folder)

    def _drawn(self, row: Row, runner: ServerRunner, on_event: OnEvent | None) -> AdResult:
        masks = bool(row.channels)
        if not row.backdrop:
            return runner.run(row.request, on_event, masks=masks)
        lead = row.leader or row
        backdrop = self._backdrop(lead)
        with backdrop.writing:
            if lead.words:
                backdrop.prompts, backdrop.is_written = lead.words, True
            if not backdrop.is_written and lead.request.provider != RULES:
                # A model may write: the others wait for what it writes, as it would write otherwise for each.
                result = runner.run(row.request, on_event, scene=_scene(row, lead, ()), masks=masks)
                written = result.prompts[0].provider != RULES
                backdrop.prompts, backdrop.is_written = result.prompts if written else (), True
                return result
        return runner.run(row.request, on_event, scene=_scene(row, lead, backdrop.prompts), masks=masks)

    def _backdrop(self, lead: Row) -> _Backdrop:
        with self._lock:
            found = self._backdrops.setdefault(lead.id, _Backdrop())
            self._backdrops.move_to_end(lead.id)
            if len(self._backdrops) > _KEPT:
                self._backdrops.popitem(last=False)
            return found


class _Backdrop:
    """The words of a backdrop, once a language model has written them."""

    def __init__(self) -> None:
        self.writing = threading.Lock()
        self.is_written = False
        self.prompts: tuple[AdPrompt, ...] = ()


def check_for_server(row: Row) -> None:
    """Refuse a row that no server could draw.

    Raises:
        InputError: ``batch.not_on_server``, or what channels, the client and the writers of words refuse.
    """
    from ..asked import check_words
    from ..remote.refusals import check_fits

    request = row.request
    if row.backdrop and request.engine != ZIT:
        raise InputError(
            "batch.not_on_server",
            f"The column 'backdrop' goes with Z-Image Turbo, which draws the same picture again; '{request.engine}' "
            "was asked for.",
            "Take one of the two columns out.",
        )
    if row.channels:
        check_channels(row.channels)
        check_finish(request)  # those files are saved, and signed, on this machine
    check_words(request)
    check_fits(request)


def _scene(row: Row, lead: Row, prompts: tuple[AdPrompt, ...]) -> Scene | None:
    return None if row is lead and not prompts else Scene(lead.request, prompts)
