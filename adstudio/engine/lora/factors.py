"""What an adapter file adds to each layer, as small factors that are never multiplied out to a full weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..tensors.safetensors_file import load_mapped
from ..tensors.safetensors_header import read_header
from .keys import Patch, plan_patches
from .names import Widths

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class LowRank:
    """``scale * up @ down``.

    Shapes: ``down [rank,in]``, ``up [out,rank]``.
    """

    down: torch.Tensor
    up: torch.Tensor
    scale: float

    @property
    def bytes(self) -> int:
        """Bytes of both factors."""
        return self.down.nbytes + self.up.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Kronecker:
    """``scale * kron(left, right)``, of it the rows from ``skip`` on, ``height`` of them.

    Shapes: ``left [a,b]``, ``right [c,d]`` with ``b*d`` = in.
    """

    left: torch.Tensor
    right: torch.Tensor
    scale: float
    skip: int
    height: int

    @property
    def bytes(self) -> int:
        """Bytes of both factors."""
        return self.left.nbytes + self.right.nbytes


Factors = dict[str, LowRank | Kronecker]


def read_factors(path: Path, linears: Widths, dtype: torch.dtype) -> Factors:
    """Read an adapter, layer by layer; tensors that have the dtype already stay in the mapped file.

    Raises:
        ModelError: as ``plan_patches``.
    """
    patches = plan_patches(read_header(path), linears, path.name)
    tensors = load_mapped(path)
    return {patch.layer: _factor(patch, tensors, dtype, linears[patch.layer][0]) for patch in patches}


def multiply_kronecker(
    x: torch.Tensor, left: torch.Tensor, right: torch.Tensor, skip: int, height: int
) -> torch.Tensor:
    """``x @ kron(left, right)[skip : skip + height].T`` without building the product.

    Shapes: ``[..., b*d] -> [..., height]``.
    """
    (_, b), (c, d) = left.shape, right.shape
    first, last = skip // c, -(-(skip + height) // c)
    inner = x.reshape(*x.shape[:-1], b, d) @ right.T
    outer = (left[first:last] @ inner).flatten(-2)
    return outer[..., skip - first * c : skip - first * c + height]


def join_low_ranks(parts: Sequence[LowRank]) -> tuple[torch.Tensor, torch.Tensor]:
    """Several adapters of one layer as one: their ranks side by side. A single one keeps its own tensors.

    Returns:
        ``down [ranks,in]`` and ``up [out,ranks]``; their scales are left to the caller.
    """
    if len(parts) == 1:
        return parts[0].down, parts[0].up
    return torch.cat([part.down for part in parts]), torch.cat([part.up for part in parts], dim=1)


def _factor(patch: Patch, tensors: Tensors, dtype: torch.dtype, height: int) -> LowRank | Kronecker:
    found = {role: tensors[key] for role, key in patch.tensors.items()}
    scale = float(tensors[patch.alpha]) / patch.rank if patch.alpha else patch.scale
    skip = patch.rows[0] if patch.rows else 0
    if "down" in found:
        return LowRank(found["down"].to(dtype), found["up"][skip : skip + height].to(dtype), scale)
    left, right = _side(found, "w1").to(dtype), _side(found, "w2").to(dtype)
    return Kronecker(left, right, scale, skip, height)


def _side(found: Tensors, side: str) -> torch.Tensor:
    if side in found:
        return found[side]
    return found[f"{side}_a"].float() @ found[f"{side}_b"].float()
