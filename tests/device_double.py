"""A card made of Python: a device of its own for torch, whose tensors compute on the processor and keep a card's rules.

Numbers are the processor's, to the bit. What a card does not bear is refused: operations over tensors on both sides,
numpy that reads a tensor by itself. What would make the host wait for a card is written down. Time and memory are not
played. torch lets a program have one such device, and other libraries take it for an accelerator of theirs: only a
process that does nothing else may ask for it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils import _pytree as tree
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing

NAME = "card"
ASKED = "ADSTUDIO_DEVICE_DOUBLE"  # set where a process is for these tests alone
aten: Any = torch.ops.aten

_COPIES = (aten._to_copy.default, aten.copy_.default)
_COUNTS = (aten.nonzero.default, aten.masked_select.default, aten._unique2.default)  # what comes out has any length
_INDEXING = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)
# Torch makes these of smaller steps. Where the processor does them in one, other steps would give other last digits.
_WHOLE = (aten.linear, aten.matmul, aten.conv1d, aten.conv2d, aten.conv3d, aten.scaled_dot_product_attention, aten.silu)
_OVERRIDEABLE = 4  # of the ways to compute attention: the one that a device brings itself


class OnCard(torch.Tensor):
    """A tensor of that device; ``raw`` holds its numbers."""

    raw: torch.Tensor

    @staticmethod
    def __new__(cls, raw: torch.Tensor) -> OnCard:
        """Wrap numbers."""
        made = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            raw.size(),
            strides=raw.stride(),
            storage_offset=raw.storage_offset(),
            dtype=raw.dtype,
            layout=raw.layout,
            device=torch.device(NAME, 0),
        )
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute."""
        return _compute(func, args, kwargs or {}, Card())

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        """Not the numbers: whoever prints them has copied them."""
        return f"OnCard({list(self.shape)}, {self.dtype})"


class Card(TorchDispatchMode):
    """Has tensors made on the card inside.

    It keeps in ``waits`` every operation for which the host waits for the card, and in ``sent`` what is copied to it
    from ordinary memory, which the host may have to wait for as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.sent: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute, here or there."""
        return _compute(func, args, kwargs or {}, self)

    def __enter__(self) -> Card:
        """Have ``torch.tensor`` bring what it reads to the device by an operation that is seen here."""
        self._before = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        """Be as before."""
        torch._C._set_only_lift_cpu_tensors(self._before)
        super().__exit__(*error)


def register() -> torch.device:
    """Make the device known to this process, once."""
    if NAME not in str(torch._C._get_privateuse1_backend_name()):
        backend_registration._setup_privateuseone_for_python_backend(NAME)
    return torch.device(NAME, 0)


def on_card(value: Any) -> bool:
    """Whether a value is a tensor of that device."""
    return isinstance(value, OnCard)


def _compute(func: Any, args: Any, kwargs: dict[str, Any], card: Card) -> Any:
    kwargs.pop("pin_memory", None)  # there is no other memory here
    leaves = tree.tree_leaves((args, kwargs))
    given = [value for value in leaves if isinstance(value, torch.Tensor)]
    asked = next((value for value in leaves if isinstance(value, torch.device)), None)
    goes_there = asked is not None and asked.type == NAME
    if not goes_there and not any(map(on_card, given)):
        return func(*args, **kwargs)
    if func.overloadpacket not in _WHOLE and func._can_decompose():
        with card:
            out = func.decompose(*args, **kwargs)
        if out is not NotImplemented:
            return out
    _note(func, args, kwargs, goes_there, card)
    if func not in _COPIES:
        _check(func, args, given)
    if func is aten._fused_sdp_choice.default:
        return _OVERRIDEABLE
    raw_args, raw_kwargs = tree.tree_map_only(OnCard, lambda value: value.raw, (args, kwargs))
    if asked is not None:
        raw_kwargs["device"] = torch.device("cpu")
    if func is aten._scaled_dot_product_fused_attention_overrideable.default:
        return _attend(*raw_args, **raw_kwargs)
    out = func(*raw_args, **raw_kwargs)
    if isinstance(out, bool | int | float):  # a number for the host
        card.waits.append(f"{func} {list(args[0].shape)}")
        return out
    if asked is not None and not goes_there:
        return out.clone()
    if func is aten.copy_.default and not on_card(args[0]):
        return args[0]
    if func is aten._to_copy.default and out is raw_args[0]:
        out = out.clone()
    with torch.inference_mode(not func.is_view and torch.is_inference_mode_enabled()):  # a view is of its base's kind
        wrapped = tree.tree_map_only(torch.Tensor, OnCard, out)
    return return_and_correct_aliasing(func, args, kwargs, wrapped)


def _attend(
    q: Any, k: Any, v: Any, bias: Any = None, drop: float = 0.0, causal: bool = False, *_: Any, **more: Any
) -> Any:
    out = torch.nn.functional.scaled_dot_product_attention(q, k, v, bias, drop, causal, scale=more.get("scale"))
    nothing = out.new_empty(0)
    return (
        OnCard(out),
        OnCard(nothing),
        OnCard(nothing),
        OnCard(nothing),
        0,
        0,
        OnCard(nothing),
        OnCard(nothing),
        OnCard(nothing),
    )


def _check(func: Any, args: Any, given: list[torch.Tensor]) -> None:
    """A card computes with what lies on it, with single numbers, and with indices from anywhere."""
    if func in _INDEXING:
        given = [args[0], *(value for value in args[2:3] if isinstance(value, torch.Tensor))]
    if strange := [list(value.shape) for value in given if not on_card(value) and value.dim() > 0]:
        raise RuntimeError(f"{func}: expected all tensors on the card, but {strange} are on the processor")


def _note(func: Any, args: Any, kwargs: dict[str, Any], goes_there: bool, card: Card) -> None:
    said = f"{func} {list(args[0].shape)}" if args and isinstance(args[0], torch.Tensor) else str(func)
    if func in _COPIES:
        leaves_home = not on_card(args[0] if func is _COPIES[0] else args[1])
        arrives = goes_there if func is _COPIES[0] else on_card(args[0])
        is_brief = kwargs.get("non_blocking") or True in args[2:3]
        if leaves_home and arrives and not is_brief:
            card.sent.append(said)
        elif not leaves_home and not (arrives or is_brief or (func is _COPIES[0] and kwargs.get("device") is None)):
            card.waits.append(said)
    elif func in _COUNTS:
        card.waits.append(said)
    elif func in _INDEXING and any(value is not None and value.dtype == torch.bool for value in args[1]):
        card.waits.append(f"{said} by a mask")
