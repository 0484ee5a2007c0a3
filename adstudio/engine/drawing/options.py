"""How a checkpoint is run, beside what it draws: choices of speed and memory, each off until somebody asks.

What nobody has measured a gain of is not offered on widgets, commands or routes. It can be asked for here, so that
`benchmarks/card.py` can measure it, and graphs that were saved with it still run.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError

BF16, FP8_WEIGHTS, FP8_PRODUCTS = PRECISIONS = ("bf16", "fp8 weights", "fp8 products")
OFFERED_PRECISIONS = (BF16, FP8_WEIGHTS)
AUTO_ATTENTION = "auto"
ATTENTIONS = (AUTO_ATTENTION, "flash", "cudnn", "efficient", "math")


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one handle; two handles of a checkpoint may differ.

    Args:
        precision: ``fp8 weights`` keeps the transformer's large matrices in 8 bits on the device, at half the memory;
            they are widened again where they are used. The picture changes a little. ``fp8 products`` brings what is
            multiplied with them to 8 bits too, and multiplies there, a little farther from the picture in bf16. It
            needs a card from Ada (L4) on; whether it is faster there has not been measured, so it is not offered.
        compiled: compile the repeated blocks at their first use, which takes a minute; later pictures come faster,
            whatever their size, prompt and adapters. They differ by rounding.
        channels_last: keep the VAE's filters in the order that its convolutions like best, in memory of its own; it
            comes faster, and differs by rounding.
        one_pass: draw the pictures of a batch together as far as memory allows. Each may differ from its single run by
            the rounding of larger matrices.
        attention: the kernel of torch's that computes attention; ``auto`` leaves the choice to torch. A kernel that
            the device lacks is refused when drawing begins. Compiled blocks keep the kernel they were compiled with.
            No other choice has been seen to be faster than torch's own, so it is not offered.
    """

    precision: str = BF16
    compiled: bool = False
    channels_last: bool = False
    one_pass: bool = False
    attention: str = AUTO_ATTENTION

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise InputError(
                "options.unknown_precision",
                f"The precision '{self.precision}' is not known.",
                f"Use one of {', '.join(OFFERED_PRECISIONS)}.",
                name=self.precision,
            )
        if self.attention not in ATTENTIONS:
            raise InputError(
                "options.unknown_attention",
                f"The attention '{self.attention}' is not known.",
                f"Use one of {', '.join(ATTENTIONS)}.",
            )
