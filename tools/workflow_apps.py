"""The workflows that open as a form (App mode): what a shop owner fills in, and the graph behind it."""

from __future__ import annotations

from dataclasses import replace

from workflow_graphs import IMAGE_TO_IMAGE, TEXT_TO_IMAGE
from workflow_parts import LETTERS, MODEL, PHOTO, SAVED, WORDS, Graph, Group, Link, Step, model, save, text_layout
from workflow_products import PRODUCT_COMPOSITE

_BRIEF = (("prompt", "brief"), ("prompt", "industry"), ("style", "style"))
_WORDS = (("text_layout", "headline"), ("text_layout", "sub"), ("lettering", "font"))
_LAYOUT = (("editor", "layout_editor"),)


def _editable_letters(number: int, picture: str, keep_clear: Link | None = None) -> Group:
    """The copy, laid out, moved by hand and drawn."""
    steps = (
        text_layout(picture, keep_clear),
        Step(
            "editor",
            "AdStudioLayoutEditor",
            {"image": Link(picture), "layout": Link("text_layout"), "when_stale": "use proposal"},
            width=500,
            picture_height=640,
        ),
        Step("lettering", "AdStudioTextOverlay", {"image": Link(picture), "layout": Link("editor")}),
    )
    return Group(f"{number}  문구 · Lettering", steps, LETTERS)


def _fixed(group: Group) -> Group:
    """Keep the seed: a layout is moved by hand on the last run's picture, which the next run has to draw again."""
    return Group(group.title, tuple(replace(step, after_generate="fixed") for step in group.steps), group.color)


def _edited_save(number: int, picture: str) -> Group:
    group = save(number, picture)
    return Group(
        group.title,
        tuple(replace(step, values=step.values | {"layout": Link("editor")}) for step in group.steps),
        group.color,
    )


CREATE_AD = Graph(
    name="Create ad.app",
    form=(*_BRIEF, *_WORDS, ("picture", "aspect"), ("picture", "seed"), *_LAYOUT),
    columns=(
        *(tuple(_fixed(group) for group in column) for column in TEXT_TO_IMAGE.columns[:-2]),
        (_editable_letters(4, "picture"),),
        (_edited_save(5, "picture"),),
    ),
)

EDIT_AD = Graph(
    name="Edit ad.app",
    form=(
        ("photo", "image"),
        *_BRIEF,
        ("picture", "strength"),
        *_WORDS,
        ("picture", "seed"),
        *_LAYOUT,
    ),
    columns=(
        (model(),),
        *(tuple(_fixed(group) for group in column) for column in IMAGE_TO_IMAGE.columns[1:-2]),
        (_editable_letters(5, "picture"),),
        (_edited_save(6, "picture"),),
    ),
)

PRODUCT_AD = Graph(
    name="Product ad.app",
    form=(
        ("photo", "image"),
        *_BRIEF,
        *_WORDS,
        ("backdrop", "aspect"),
        ("backdrop", "seed"),
        ("composite", "shadow"),
        *_LAYOUT,
    ),
    # The composite's road, with a layout at its end that is moved by hand.
    columns=(
        *(tuple(_fixed(group) for group in column) for column in PRODUCT_COMPOSITE.columns[:-2]),
        (_fixed(PRODUCT_COMPOSITE.columns[-2][0]),),
        (_editable_letters(8, "blend", keep_clear=Link("composite", 1)),),
        (_edited_save(9, "blend"),),
    ),
)

BIZBOARD_AD = Graph(
    name="Bizboard ad.app",
    form=(("photo", "image"), ("copy", "brief"), ("copy", "industry"), ("banner", "advertiser")),
    columns=(
        (
            Group(
                "1  문구를 쓰는 쪽 · Who writes",
                (
                    Step("loader", "AdStudioZitLoader"),
                    Step("writer", "AdStudioLanguageModel", {"zit": Link("loader")}),
                ),
                MODEL,
            ),
        ),
        (
            Group(
                "2  문구 · Copy",
                (
                    Step(
                        "copy",
                        "AdStudioAdCopy",
                        {"brief": "소담카페 에스프레소 신메뉴", "channel": "kakao_bizboard", "writer": Link("writer")},
                        400,
                        text_height=120,
                        room=120,
                    ),
                ),
                WORDS,
            ),
            Group(
                "3  상품 사진 · Product photo",
                (Step("photo", "LoadImage", {"image": "example.png"}, 400, picture_height=280),),
                PHOTO,
            ),
        ),
        (
            Group(
                "4  누끼 · Cut-out",
                (
                    Step("cutout", "AdStudioBackgroundRemoval", {"image": Link("photo")}),
                    Step("cutout_preview", "PreviewImage", {"images": Link("cutout", 1)}, picture_height=300),
                ),
                PHOTO,
            ),
        ),
        (
            Group(
                "5  정해진 틀 · Locked template",
                (
                    Step(
                        "banner",
                        "AdStudioChannelTemplate",
                        {"cutout": Link("cutout"), "headline": Link("copy", 3), "sub": Link("copy", 4)},
                        400,
                        room=120,
                    ),
                ),
                LETTERS,
            ),
        ),
        (
            Group(
                "6  저장 · Save",
                (
                    Step(
                        "save",
                        "AdStudioSaveImage",
                        {"image": Link("banner"), "layout": Link("banner", 1), "channel": Link("banner", 2)},
                        400,
                        picture_height=300,
                    ),
                ),
                SAVED,
            ),
        ),
    ),
)

APPS = (CREATE_AD, EDIT_AD, PRODUCT_AD, BIZBOARD_AD)
