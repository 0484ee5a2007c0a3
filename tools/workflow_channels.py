"""The workflows of channels: one design on many of them with the white main picture beside it, and an ad for one."""

from __future__ import annotations

from workflow_parts import (
    LETTERS,
    PHOTO,
    PICTURE,
    SAVED,
    Graph,
    Group,
    Link,
    Step,
    backdrop,
    brief,
    letters,
    model,
    placing,
    save,
    text_layout,
)

ONE_DESIGN_MANY_CHANNELS = Graph(
    name="07-one-design-many-channels",
    columns=(
        (model(),),
        (brief("가을 신메뉴 커피, 낙엽이 있는 따뜻한 나무 테이블", backdrop_only=True),),
        (
            backdrop(3, "1:1", 7),
            Group(
                "4  상품 사진 · Product photo",
                (
                    Step("photo", "LoadImage", {"image": "example.png"}, picture_height=280),
                    Step("cutout", "AdStudioBackgroundRemoval", {"image": Link("photo")}),
                ),
                PHOTO,
            ),
        ),
        (
            Group(
                "5  디자인 하나 · One design",
                (
                    *placing(),
                    text_layout("composite", keep_clear=Link("composite", 1)),
                ),
                LETTERS,
            ),
        ),
        (
            Group(
                "6  여러 채널로 · To many channels",
                (
                    Step(
                        "reflow",
                        "AdStudioReflow",
                        {
                            "image": Link("backdrop"),
                            "layout": Link("text_layout"),
                            "product_layout": Link("product_layout"),
                            "cutout": Link("cutout"),
                        },
                        400,
                        text_height=140,
                        room=120,
                    ),
                    Step("lettering", "AdStudioTextOverlay", {"image": Link("reflow"), "layout": Link("reflow", 1)}),
                    Step(
                        "check",
                        "AdStudioChannelCheck",
                        {"image": Link("lettering"), "channel": Link("reflow", 2), "layout": Link("reflow", 1)},
                        400,
                        room=120,
                    ),
                ),
                LETTERS,
            ),
        ),
        (
            Group(
                "7  저장 · Save",
                (
                    Step(
                        "save",
                        "AdStudioSaveImage",
                        {
                            "image": Link("check"),
                            "original": Link("reflow"),
                            "ad_prompt": Link("prompt"),
                            "layout": Link("reflow", 1),
                            "folder": "ads/channels",
                        },
                        400,
                        picture_height=440,
                    ),
                ),
                SAVED,
            ),
            Group(
                "8  흰 바탕 대표 이미지 · White main picture",
                (
                    Step(
                        "main",
                        "AdStudioChannelTemplate",
                        {"cutout": Link("cutout"), "template": "marketplace_white", "channel": "smartstore"},
                        400,
                        room=150,
                    ),
                    Step(
                        "save_main",
                        "AdStudioSaveImage",
                        {"image": Link("main"), "folder": "ads/channels"},
                        400,
                        picture_height=300,
                    ),
                ),
                PHOTO,
            ),
        ),
    ),
)

_CHANNEL = Link("preset", 4)

AD_FOR_ONE_CHANNEL = Graph(
    name="08-ad-for-one-channel",
    columns=(
        (model(),),
        (brief("봄 신메뉴 딸기 케이크, 분홍빛 대리석 위 상큼한 분위기", channel="instagram_story"),),
        (
            Group(
                "3  채널 · Channel",
                (
                    Step(
                        "preset",
                        "AdStudioChannelPreset",
                        {"channel": "instagram_story", "zit": Link("style")},
                        room=120,
                    ),
                ),
                LETTERS,
            ),
            Group(
                "4  이미지 · Picture",
                (
                    Step(
                        "picture",
                        "AdStudioText2Image",
                        {
                            "zit": Link("style"),
                            "prompt": Link("prompt"),
                            "width": Link("preset"),
                            "height": Link("preset", 1),
                            "seed": 3,
                        },
                        room=230,
                    ),
                    Step("fitted", "AdStudioFitToChannel", {"image": Link("picture"), "channel": _CHANNEL}, room=80),
                ),
                PICTURE,
            ),
        ),
        (letters(5, "fitted", channel=_CHANNEL),),
        (save(6, "fitted", channel=_CHANNEL),),
    ),
)
