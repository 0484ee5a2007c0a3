"""Small graphs for the help pictures of the channel nodes, in API form: a photo, and no model."""

from __future__ import annotations

from typing import Any

Graph = dict[str, Any]


def fitted(channel: str) -> Graph:
    """A photo, fitted to a channel, lettered and checked."""
    return {
        "1": _step("LoadImage", image="example.png"),
        "2": _step("AdStudioChannelPreset", channel=channel),
        "3": _step("AdStudioFitToChannel", image=["1", 0], channel=["2", 4], lean=0.5),
        "4": _step(
            "AdStudioTextLayoutAnalyzer", image=["3", 0], channel=["2", 4], headline="가을 신메뉴 커피", **_LAYOUT
        ),
        "5": _step("AdStudioTextOverlay", image=["3", 0], layout=["4", 0], **_LETTERS),
        "6": _step("AdStudioChannelCheck", image=["5", 0], channel=["2", 4], layout=["4", 0], **_CHECK),
        "7": _step("AdStudioSaveImage", image=["6", 0], folder="help", format="png", quality=95),
    }


def template(name: str, channel: str) -> Graph:
    """A product in a layout that its channel fixes."""
    words = {"headline": "가을 신메뉴 커피", "sub": "오늘 하루 1+1"} if name == "kakao_bizboard" else {}
    values = {"headline": "", "sub": "", "advertiser": "", "old_price": "", "app": "", **words}
    return {
        "1": _step("LoadImage", image="example.png"),
        "2": _step("AdStudioBackgroundRemoval", image=["1", 0], **_CUTOUT),
        "3": _step(
            "AdStudioChannelTemplate",
            cutout=["2", 0],
            template=name,
            channel=channel,
            font="official",
            override=False,
            **values,
        ),
        "4": _step("PreviewImage", images=["3", 0]),
    }


def _step(kind: str, **inputs: Any) -> Graph:
    return {"class_type": kind, "inputs": inputs}


_LAYOUT = {"sub": "낙엽 지는 오후의 한 잔", "copy_space": "auto"}
_LETTERS = {"font": "Pretendard", "weight": 800, "min_px": 20, "plate": "auto", "shadow": True, "outline": False}
_CHECK = {"advertiser": "", "override": True, "font": "not told"}
_CUTOUT = {"method": "auto", "invert_mask": False, "edge_trim_px": 0.0, "allow_download": False, "device": "cpu"}
