"""The seams: what the library asks of the world around it. Implemented outside; see ``docs/architecture.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from .chat import ChatMessage, Completion
from .types import AdCopy, AdPrompt, Array, CopyRequest, LayoutPlan, PromptRequest

ENDLESS = 2**62  # bytes: what a host says is free where nothing is copied to a device


class Host(Protocol):
    """Whoever owns the device: ComfyUI's model manager, or plain torch."""

    def on_device(
        self, component: Any, activation_bytes: int = 0, *, streamed: bool = False
    ) -> AbstractContextManager[Any]:
        """Lend ``component`` (a ``torch.nn.Module``) on the compute device for the length of a ``with`` block.

        Yields the compute ``torch.device``. ``activation_bytes`` is what the work inside will need beside the weights.
        The engine never calls ``.to()`` on a component nor empties caches: placing and evicting is the host's.

        Args:
            streamed: have only the blocks that run right now on the device; slower, and the pictures are the same.
        """
        ...

    def workspace(self, work_bytes: int) -> AbstractContextManager[Any]:
        """Make room on the compute device for arrays, for the length of a ``with`` block.

        Yields the ``torch.device`` to compute them on, or None where that is no faster than numpy: on a processor.
        Models that are lent stay; running out of memory inside is raised as torch does, never answered by numpy.
        """
        ...

    def free_bytes(self) -> int:
        """Room on the device for weights and work, counting what could be evicted; ``ENDLESS`` where none is."""
        ...

    def release(self, component: Any) -> None:
        """Send ``component`` home now, unless somebody uses it. It comes back by itself when it is lent again."""
        ...

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Report ``step`` of ``total``; ``preview`` is a small ``[h,w,3]`` picture or None."""
        ...

    def check_cancelled(self) -> None:
        """Raise the host's own interrupt (``adstudio.ports.Cancelled`` in the plain host) when the user cancelled."""
        ...

    def model_file(self, kind: str, name: str) -> Path | None:
        """Find ``name`` among the host's model folders of ``kind`` (``diffusers``, ``loras``, ``rembg`` …)."""
        ...

    def model_folders(self, kind: str) -> tuple[Path, ...]:
        """The host's model folders of ``kind`` that exist, the first one first."""
        ...


class Watcher(Protocol):
    """Whoever waits for a long job without a device: a download, a conversion. Every ``Host`` is one."""

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Report ``step`` of ``total``."""
        ...

    def check_cancelled(self) -> None:
        """Raise the host's own interrupt when the user cancelled."""
        ...


class Cancelled(BaseException):
    """The user cancelled. A BaseException, like ComfyUI's own, so no ``except Exception`` swallows it."""


class PromptWriter(Protocol):
    """Turns a Korean brief into an English prompt and Korean copy. Coroutines, so that a wait for a service is free."""

    name: str

    async def write_prompt(self, request: PromptRequest) -> AdPrompt: ...

    async def write_copy(self, request: CopyRequest) -> AdCopy: ...


class ChatModel(Protocol):
    """A language model that answers a conversation: a service, or the text encoder that is loaded anyway."""

    name: str
    model: str

    async def complete(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], max_tokens: int, seed: int = 0
    ) -> Completion:
        """Answer with JSON of ``schema``; who asks checks that it is.

        Args:
            schema: JSON schema of one flat object: text, enumerations and lists of text.

        Raises:
            ProviderError: it could not answer.
        """
        ...


class LayoutAnalyzer(Protocol):
    """Proposes where copy and products go on a picture."""

    name: str

    def place_text(self, image: Array, copy: AdCopy, keep_clear: Array | None = None) -> LayoutPlan: ...

    def place_products(self, backdrop: Array, aspects: list[float]) -> LayoutPlan: ...


class Matting(Protocol):
    """Finds the foreground of a photo: ``[H,W,3] -> [H,W]`` matte, 1 = foreground."""

    name: str

    def matte(self, photo: Array) -> Array: ...
