from __future__ import annotations

import pytest

from adstudio.engine.tensors.byte_size import byte_size


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (20_540_000_000, "20.5 GB"),
        (1_000_000_000, "1.0 GB"),
        (999_000_000, "999 MB"),
        (3_280_000, "3 MB"),
        (49_152, "49 kB"),
        (640, "640 bytes"),
        (0, "0 bytes"),
    ],
)
def test_a_number_of_bytes_is_never_rounded_to_nothing(count: int, said: str) -> None:
    assert byte_size(count) == said
