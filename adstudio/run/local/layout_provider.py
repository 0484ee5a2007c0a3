"""Who lays out the pictures of a run, behind the same two methods as the local analyzer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...chat.waiting import wait
from ...layout import providers
from ...layout.providers import LayoutChoice
from ...types import AdCopy, Array, LayoutPlan, Side
from ..recorder import Recorder
from ..request import AdRequest


def check_layout_provider(request: AdRequest) -> None:
    """Refuse a layout provider that cannot be asked, before anything is spent; one with a fallback may fail later.

    Raises:
        InputError, ProviderError: as ``layout.providers.check_choice``.
    """
    if not request.fallback:
        providers.check_choice(_choice(request))


@dataclass
class RequestedAnalyzer:
    """The analyzer that a request names; implements ``ports.LayoutAnalyzer``.

    Args:
        fallbacks: ``layout`` and the provider that failed, once one has.
    """

    request: AdRequest
    recorder: Recorder
    name: str = providers.LOCAL
    fallbacks: dict[str, str] = field(default_factory=dict)

    def place_text(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
        **wishes: Any,
    ) -> LayoutPlan:
        """Place copy, as ``LocalAnalyzer.place_text`` does."""
        return self._laid_out(
            lambda one: one.place_text(image, copy, keep_clear, prefer=prefer, min_px=min_px, **wishes)
        )

    def place_products(self, backdrop: Array, aspects: Sequence[float], *, prefer: Side | None = None) -> LayoutPlan:
        """Stand products on a backdrop, as ``LocalAnalyzer.place_products`` does."""
        return self._laid_out(lambda one: one.place_products(backdrop, aspects, prefer=prefer))

    def _laid_out(self, work: Callable[[Any], LayoutPlan]) -> LayoutPlan:
        laid = wait(providers.lay_out(_choice(self.request, self.recorder), work))
        self.name = laid.asked
        if laid.fallback_from:
            self.fallbacks["layout"] = laid.fallback_from
        if self.request.layout_provider != providers.LOCAL:
            for reason in laid.plan.reasons:
                self.recorder.note(reason)
        return laid.plan


def _choice(request: AdRequest, recorder: Recorder | None = None) -> LayoutChoice:
    return LayoutChoice(
        request.layout_provider,
        request.layout_as_proposed,
        request.fallback,
        spare_model=request.language_model,
        base_url=request.base_url,
        check_cancelled=None if recorder is None else recorder.check_cancelled,
    )
