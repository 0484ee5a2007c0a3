"""The workflows with product photos: one product, several on one backdrop, a whole catalogue."""

from __future__ import annotations

from typing import Any

from workflow_parts import (
    PHOTO,
    PICTURE,
    SAVED,
    WORDS,
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
)


def _photos(number: int, count: int, *more: Step) -> Group:
    photos = tuple(
        Step(f"photo_{index}", "LoadImage", {"image": "example.png"}, 300, picture_height=250)
        for index in range(1, count + 1)
    )
    return Group(f"{number}  상품 사진 · Product photos", (*photos, *more), PHOTO)


def _blend(number: int, **more: Any) -> Group:
    """The ground under the products drawn anew: the model's words are the backdrop's own."""
    values = {"zit": Link("style"), "image": Link("composite"), "mask": Link("composite", 1), "prompt": Link("prompt")}
    step = Step("blend", "AdStudioContactBlend", values | {"seed": 7} | more, room=230)
    return Group(f"{number}  바닥 다듬기 · Contact blend", (step,), PICTURE)


PRODUCT_COMPOSITE = Graph(
    name="03-product-composite",
    columns=(
        (model(),),
        (brief("가을 신메뉴 커피, 낙엽이 있는 따뜻한 나무 테이블", backdrop_only=True),),
        (
            backdrop(3, "4:5", 7),
            Group(
                "4  상품 사진 · Product photo",
                (Step("photo", "LoadImage", {"image": "example.png"}, picture_height=280),),
                PHOTO,
            ),
        ),
        (
            Group(
                "5  누끼 · Cut-out",
                (
                    Step("cutout", "AdStudioBackgroundRemoval", {"image": Link("photo")}),
                    Step("cutout_preview", "PreviewImage", {"images": Link("cutout", 1)}, picture_height=300),
                ),
                PHOTO,
            ),
        ),
        (
            Group(
                "6  합성 · Composite",
                (
                    *placing(),
                    Step("plate_preview", "PreviewImage", {"images": Link("composite", 3)}, picture_height=240),
                ),
                PICTURE,
            ),
        ),
        (_blend(7), letters(8, "blend", keep_clear=Link("composite", 1), by_hand=True)),
        (save(9, "blend"),),
    ),
)

MANY_PRODUCTS = Graph(
    name="05-many-products-one-backdrop",
    columns=(
        (model(),),
        (brief("주말 브런치 세트 출시, 아침 햇살이 드는 나무 테이블", backdrop_only=True),),
        (backdrop(3, "1:1", 5),),
        (_photos(4, 3),),
        (
            Group(
                "5  누끼 · Cut-outs",
                tuple(
                    Step(f"cutout_{index}", "AdStudioBackgroundRemoval", {"image": Link(f"photo_{index}")})
                    for index in (1, 2, 3)
                ),
                PHOTO,
            ),
        ),
        (
            Group(
                "6  합성 · Composite",
                (
                    Step(
                        "composite",
                        "AdStudioBackgroundComposite",
                        {
                            "backdrop": Link("backdrop"),
                            "cutout": Link("cutout_1"),
                            "cutout_2": Link("cutout_2"),
                            "cutout_3": Link("cutout_3"),
                            "manual_placement": True,
                            "base_y": 0.9,
                            "height": 0.34,
                        },
                    ),
                ),
                PICTURE,
            ),
            _blend(7),
        ),
        (letters(8, "blend", keep_clear=Link("composite", 1)), save(9, "blend")),
        (
            Group(
                "10  흰 바탕 대표 이미지 · Main picture on white",
                (
                    Step(
                        "shadow",
                        "AdStudioShadow",
                        {"cutout": Link("cutout_1"), "light": "above", "under_product": True},
                    ),
                    Step(
                        "on_white",
                        "ImageCompositeMasked",
                        {"destination": Link("shadow"), "source": Link("cutout_1", 1), "mask": Link("cutout_1", 2)},
                    ),
                    Step("white_preview", "PreviewImage", {"images": Link("on_white")}, picture_height=300),
                ),
                PHOTO,
            ),
        ),
    ),
)

CATALOGUE = Graph(
    name="06-catalogue-batch",
    columns=(
        (model(),),
        (
            Group(
                "2  브리프 · Brief",
                (
                    Step(
                        "prompt",
                        "AdStudioPromptProcessor",
                        {
                            "brief": "깔끔한 상품 카탈로그, 밝은 스튜디오의 흰 테이블",
                            "style": Link("style", 1),
                            "backdrop_only": True,
                            "writer": Link("writer"),
                        },
                        400,
                        text_height=120,
                        room=120,
                    ),
                ),
                WORDS,
            ),
            backdrop(3, "1:1", 7),
        ),
        (
            _photos(
                4,
                3,
                Step(
                    "photos",
                    "CreateList",
                    {f"inputs.input{index}": Link(f"photo_{index + 1}") for index in range(3)},
                ),
            ),
        ),
        (
            Group(
                "5  누끼 · Cut-outs",
                (
                    Step("cutouts", "AdStudioBackgroundRemoval", {"image": Link("photos")}),
                    Step("cutout_preview", "PreviewImage", {"images": Link("cutouts", 1)}, picture_height=300),
                ),
                PHOTO,
            ),
        ),
        (
            Group(
                "6  합성 · Composite",
                (*placing("cutouts"),),
                PICTURE,
            ),
        ),
        (
            _blend(7),
            Group(
                "8  저장 · Save",
                (
                    Step(
                        "save",
                        "AdStudioSaveImage",
                        {
                            "image": Link("blend"),
                            "ad_prompt": Link("prompt"),
                            "layout": Link("product_layout"),
                            "folder": "ads/catalogue",
                        },
                        400,
                        picture_height=440,
                    ),
                ),
                SAVED,
            ),
        ),
    ),
)
