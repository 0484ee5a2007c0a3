"""The layout analyzer that looks: a model chooses among numbered places, and its layout competes with the local one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...chat.conversation import Answer, Conversation
from ...types import AdCopy, Array, LayoutPlan, Note, Side
from ..copy.candidates import stands, text_spots
from ..copy.contest import choose
from ..picture.energy import measure
from ..picture.freespace import clear_map
from ..picture.rest import find_rest
from ..picture.score import score
from ..plan.reading import check_plan
from ..saliency import LocalAnalyzer, Wishes
from ..stand import score_products
from .stand_task import stand_task
from .task import VERSION, Proposal, text_task

_NO_REASONS = "{model}: 모델이 한국어로 이유를 쓰지 않았습니다."
_NOT_CHOSEN = "고르지 않은 ‘{provider}’의 생각: {thought}"


@dataclass(frozen=True, slots=True)
class VisionAnalyzer:
    """Has a model look at the picture. As ``ports.LayoutAnalyzer``, but each method is a coroutine.

    Args:
        as_is: take the model's layout even where the local one scores better.
    """

    conversation: Conversation
    as_is: bool = False

    @property
    def name(self) -> str:
        return self.conversation.chat.name

    async def place_text(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
        wishes: Wishes = Wishes(),  # noqa: B008 - frozen
    ) -> LayoutPlan:
        """Place copy.

        Raises:
            InputError: as ``LocalAnalyzer.place_text``; nothing was sent.
            ProviderError: the model's server failed, or two answers were of no use.
        """
        local = list(LocalAnalyzer().proposals(image, copy, keep_clear, prefer=prefer, min_px=min_px, wishes=wishes))
        safe = wishes.channel.safe if wishes.channel else None
        busy = measure(image)
        size_px = (image.shape[1], image.shape[0])
        spots = text_spots(busy, clear_map(keep_clear, busy), size_px, local, min_px=min_px, safe=safe)
        task = text_task(image, busy.small, spots, local[0], prefer=prefer, min_px=min_px)
        answer = await self.conversation.answer(task, VERSION, min_px)
        plan = answer.value.plan
        return self._best(answer, replace(plan, score=score(image, plan, keep_clear, busy=busy, safe=safe)), local[0])

    async def place_products(
        self, backdrop: Array, aspects: Sequence[float], *, prefer: Side | None = None
    ) -> LayoutPlan:
        """Stand products on a backdrop. Raises as ``place_text`` does."""
        local = LocalAnalyzer().place_products(backdrop, aspects, prefer=prefer)
        busy = measure(backdrop)
        points = stands(find_rest(busy.small, products=len(aspects)), len(aspects))
        answer = await self.conversation.answer(stand_task(backdrop, points, aspects, local, prefer=prefer), VERSION)
        plan = answer.value.plan
        figures = score_products(busy, plan, aspects, backdrop.shape[1], backdrop.shape[0])
        return self._best(answer, replace(plan, score=figures), local)

    def _best(self, answer: Answer[Proposal], plan: LayoutPlan, local: LayoutPlan) -> LayoutPlan:
        said = answer.value
        thought = f"{answer.model}: {said.reasoning}"
        silent = Note("layout.no_reasons", _NO_REASONS, model=answer.model)
        reasons = (thought if said.reasoning else silent, *said.notes, *answer.notes)
        seen = check_plan(replace(plan, provider=self.name, reasons=reasons))
        winner = choose([seen, local], as_is=self.as_is)
        if winner.provider == self.name:
            return winner
        if said.reasoning:
            lost = Note("layout.not_chosen", _NOT_CHOSEN, provider=self.name, thought=thought)
            return replace(winner, reasons=(*winner.reasons, lost))
        return winner
