"""Muon for matrices and convolutions, AdamW for the rest, behind one step.

Source: K. Jordan, "Muon: an optimizer for hidden layers" (2024). torch's own Muon takes 2-D tensors only; a convolution
``[out,in,kh,kw]`` is treated here as the matrix ``[out, in*kh*kw]``.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch


def orthogonalise(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Newton-Schulz iteration towards the nearest semi-orthogonal matrix, in bfloat16."""
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return (x.T if tall else x).to(matrix.dtype)


class MuonAdam:
    """Two optimisers with one learning-rate multiplier."""

    def __init__(
        self,
        named: Iterable[tuple[str, torch.nn.Parameter]],
        muon_lr: float,
        adam_lr: float,
        first_last: tuple[str, ...],
    ):
        named = [(name, p) for name, p in named if p.requires_grad]
        self.matrices = [
            p
            for name, p in named
            if p.ndim >= 2 and min(p.shape[0], p[0].numel()) > 8 and not name.startswith(first_last)
        ]
        chosen = {id(p) for p in self.matrices}
        rest = [p for _, p in named if id(p) not in chosen]
        self.momentum = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.98), weight_decay=0.0)
        self.muon_lr, self.adam_lr = muon_lr, adam_lr
        self.parameters = self.matrices + rest

    @torch.no_grad()
    def step(self, scale: float, clip: float = 1.0) -> float:
        """Update with both learning rates times ``scale``; returns the gradient norm."""
        norm = float(torch.nn.utils.clip_grad_norm_([p for p in self.parameters if p.grad is not None], clip))
        for group in self.adam.param_groups:
            group["lr"] = self.adam_lr * scale
        self.adam.step()
        for p, momentum in zip(self.matrices, self.momentum, strict=True):
            if p.grad is None:
                continue
            momentum.lerp_(p.grad, 0.05)
            update = orthogonalise(p.grad.lerp(momentum, 0.95).reshape(p.shape[0], -1))
            p.add_(update.reshape(p.shape), alpha=-self.muon_lr * scale * max(1, p.shape[0] / p[0].numel()) ** 0.5)
        for p in self.parameters:
            p.grad = None
        return norm

    def state_dict(self) -> dict:
        return {"momentum": self.momentum, "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        for mine, saved in zip(self.momentum, state["momentum"], strict=True):
            mine.copy_(saved)
        self.adam.load_state_dict(state["adam"])
