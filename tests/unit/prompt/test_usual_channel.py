"""The channel that a trade usually takes, where copy is asked for ``auto``."""

from __future__ import annotations

from pathlib import Path

import pytest

from adstudio.errors import InputError
from adstudio.prompt import processor
from adstudio.prompt.copy_limits import find_excess, get_limits
from adstudio.prompt.industries import industries


def test_auto_takes_the_trade_s_first_channel_and_says_so() -> None:
    copy = processor.write_copy("동네 카페 딸기라떼", channel="auto", provider="rules")
    limits = get_limits(industries()["cafe"].channels[0])
    assert limits.korean in copy.notes[0]
    assert len(copy.hashtags) <= limits.most("hashtags")
    assert not find_excess(copy, limits)
    named = processor.write_copy("동네 카페 딸기라떼", channel=limits.channel, provider="rules")
    assert (copy.headline, copy.caption, copy.hashtags) == (named.headline, named.caption, named.hashtags)


def test_every_channel_of_every_trade_is_known() -> None:
    assert all(get_limits(channel) for shop in industries().values() for channel in shop.channels)


def test_a_channel_that_nobody_knows_is_refused_with_its_line(user_folder: Path) -> None:
    (user_folder / "industries.yaml").write_text("surf:\n  korean: 서핑샵\n  channels: [nochannel]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 3.*nochannel"):
        processor.write("서핑샵 오픈", provider="rules")
