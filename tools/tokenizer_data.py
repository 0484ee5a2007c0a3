"""Write the merges of Qwen's tokenizer, which the pack ships, from the file of ranks that Qwen publishes.

    python tools/tokenizer_data.py qwen.tiktoken

``qwen.tiktoken`` (Apache-2.0) lies in the Python package ``dashscope`` under ``resources``, and beside Qwen's first
models. A token of the file is what two earlier ones make: their ranks are all that has to be stored.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import sys
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from adstudio.engine.forms.qwen_tokenizer import BYTES, MERGES  # noqa: E402


def main() -> None:
    """Read the ranks, find each token's two halves, and write them."""
    parser = argparse.ArgumentParser(description="Write the merges of Qwen's tokenizer.")
    parser.add_argument("ranks", type=Path)
    lines = parser.parse_args().ranks.read_bytes().split(b"\n")
    tokens = [base64.b64decode(line.split()[0]) for line in lines if line]
    if tuple(tokens[:256]) != BYTES:
        raise SystemExit("The first 256 tokens are not the single bytes in GPT-2's order.")
    rank_of = {token: rank for rank, token in enumerate(tokens)}
    pairs = [_halves(token, rank, rank_of) for rank, token in enumerate(tokens) if rank >= 256]
    MERGES.parent.mkdir(exist_ok=True)
    MERGES.write_bytes(pack(np.array(pairs, "<u4")))
    print(f"{MERGES.relative_to(ROOT)}: {len(pairs)} merges in {MERGES.stat().st_size:,} bytes")


def pack(pairs: np.ndarray) -> bytes:
    """Compress ``[merges, 2]`` ranks below 2**24; equal bytes of all numbers lie together, which packs best."""
    return zlib.compress(pairs.view(np.uint8).reshape(-1, 2, 4)[:, :, :3].transpose(1, 2, 0).tobytes(), 9)


def _halves(token: bytes, rank: int, rank_of: dict[bytes, int]) -> tuple[int, int]:
    """The two tokens that the byte-pair rule, stopped just before ``rank``, leaves of a token."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:
        joined = [rank_of.get(left + right, rank) for left, right in itertools.pairwise(parts)]
        at = min(range(len(joined)), key=joined.__getitem__)
        if joined[at] >= rank:
            raise SystemExit(f"Token {rank} is not made of two earlier ones.")
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return rank_of[parts[0]], rank_of[parts[1]]


if __name__ == "__main__":
    main()
