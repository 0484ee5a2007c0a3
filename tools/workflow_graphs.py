"""The shipped workflows, described once: which nodes, in which groups, with which values and links."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOTES = Path(__file__).parent / "workflow_notes"


@dataclass(frozen=True)
class Link:
    """The output of another step."""

    step: str
    output: int = 0


@dataclass(frozen=True)
class Step:
    """One node. Inputs that are not named keep the node's default."""

    key: str
    node: str
    values: dict[str, Any] = field(default_factory=dict)
    width: float = 340
    text_height: float = 110
    picture_height: float = 0
    room: float = 0  # left free below it: the node grows when a run shows something on it
    after_generate: str = "randomize"


@dataclass(frozen=True)
class Group:
    """A titled frame around a stack of nodes."""

    title: str
    steps: tuple[Step, ...]
    color: str


@dataclass(frozen=True)
class Graph:
    """One workflow: columns of groups from left to right."""

    name: str
    columns: tuple[tuple[Group, ...], ...]

    @property
    def note(self) -> str:
        """What the note beside the graph says, in Markdown."""
        return (NOTES / f"{self.name}.md").read_text(encoding="utf-8")

    @property
    def uuid(self) -> str:
        """The same for ever, so that a regenerated file is the same workflow to ComfyUI."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"zit-ad-studio/{self.name}"))

    def steps(self) -> Iterator[Step]:
        """All nodes in reading order, which is the order of their ids."""
        for column in self.columns:
            for group in column:
                yield from group.steps

    def ids(self) -> dict[str, int]:
        """The number of each node by its key."""
        return {step.key: number for number, step in enumerate(self.steps(), start=1)}


MODEL = "#6aa5e3"
WORDS = "#d77fd0"
PICTURE = "#e3b341"
PHOTO = "#d39a6a"
LETTERS = "#7cc48d"
SAVED = "#b0b0b0"


def _model(style: str = "realistic") -> Group:
    steps = (
        Step("loader", "AdStudioZitLoader"),
        Step("style", "AdStudioLoraStyle", {"zit": Link("loader"), "style": style}, room=40),
        Step("writer", "AdStudioLanguageModel", {"zit": Link("loader")}),
    )
    return Group("1  모델과 스타일 · Model and style", steps, MODEL)


def _brief(brief: str, *, backdrop_only: bool = False) -> Group:
    values = {"brief": brief, "style": Link("style", 1), "backdrop_only": backdrop_only, "writer": Link("writer")}
    steps = (
        Step("prompt", "AdStudioPromptProcessor", values, 400, text_height=120, room=120),
        Step(
            "copy",
            "AdStudioAdCopy",
            {"prompt": Link("prompt"), "writer": Link("writer")},
            400,
            text_height=60,
            room=120,
        ),
    )
    return Group("2  브리프와 문구 · Brief and copy", steps, WORDS)


def _letters(number: int, picture: str, keep_clear: Link | None = None) -> Group:
    where: dict[str, Any] = {"image": Link(picture), "copy": Link("copy"), "prompt": Link("prompt")}
    steps = (
        Step("text_layout", "AdStudioTextLayoutAnalyzer", where | ({"keep_clear": keep_clear} if keep_clear else {})),
        Step("lettering", "AdStudioTextOverlay", {"image": Link(picture), "layout": Link("text_layout")}),
    )
    return Group(f"{number}  문구 · Lettering", steps, LETTERS)


def _save(number: int, picture: str) -> Group:
    values = {
        "image": Link("lettering"),
        "original": Link(picture),
        "ad_prompt": Link("prompt"),
        "layout": Link("text_layout"),
    }
    return Group(f"{number}  저장 · Save", (Step("save", "AdStudioSaveImage", values, 400, picture_height=440),), SAVED)


TEXT_TO_IMAGE = Graph(
    name="01-text-to-image-ad",
    columns=(
        (_model(),),
        (_brief("봄맞이 딸기라떼 출시, 분홍빛 대리석 위 상큼한 분위기"),),
        (
            Group(
                "3  이미지 · Picture",
                (
                    Step(
                        "picture",
                        "AdStudioText2Image",
                        {"zit": Link("style"), "prompt": Link("prompt"), "aspect": "4:5", "seed": 7},
                        room=230,
                    ),
                ),
                PICTURE,
            ),
        ),
        (_letters(4, "picture"),),
        (_save(5, "picture"),),
    ),
)

IMAGE_TO_IMAGE = Graph(
    name="02-image-to-image-ad",
    columns=(
        (_model("watercolor"),),
        (_brief("나무 탁자 위 핸드드립 커피, 포근한 주황빛 오후"),),
        (
            Group(
                "3  사진 · Photo",
                (Step("photo", "LoadImage", {"image": "example.png"}, 400, picture_height=300),),
                PHOTO,
            ),
            Group(
                "4  다시 그리기 · Redraw",
                (
                    Step(
                        "picture",
                        "AdStudioImage2Image",
                        {
                            "zit": Link("style"),
                            "image": Link("photo"),
                            "prompt": Link("prompt"),
                            "strength": 0.45,
                            "seed": 7,
                        },
                        room=230,
                    ),
                ),
                PICTURE,
            ),
        ),
        (_letters(5, "picture"),),
        (_save(6, "picture"),),
    ),
)

PRODUCT_COMPOSITE = Graph(
    name="03-product-composite",
    columns=(
        (_model(),),
        (_brief("가을 신메뉴 커피, 낙엽이 있는 따뜻한 나무 테이블", backdrop_only=True),),
        (
            Group(
                "3  배경 · Backdrop",
                (
                    Step(
                        "backdrop",
                        "AdStudioText2Image",
                        {"zit": Link("style"), "prompt": Link("prompt"), "aspect": "4:5", "seed": 7},
                        room=230,
                    ),
                ),
                PICTURE,
            ),
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
                    Step(
                        "product_layout",
                        "AdStudioProductLayoutAnalyzer",
                        {"backdrop": Link("backdrop"), "cutout": Link("cutout")},
                    ),
                    Step(
                        "composite",
                        "AdStudioBackgroundComposite",
                        {"backdrop": Link("backdrop"), "cutout": Link("cutout"), "layout": Link("product_layout")},
                    ),
                ),
                PICTURE,
            ),
        ),
        (_letters(7, "composite", keep_clear=Link("composite", 1)), _save(8, "composite")),
    ),
)

NATIVE_BRIDGE = Graph(
    name="04-native-bridge",
    columns=(
        (_model("illustration"),),
        (_brief("여름 한정 레몬에이드, 하늘빛 배경의 시원한 분위기"),),
        (
            Group(
                "3  ComfyUI로 · To ComfyUI",
                (
                    Step("native", "AdStudioZitToNative", {"zit": Link("style")}, room=60),
                    Step("positive", "CLIPTextEncode", {"clip": Link("native", 1), "text": Link("prompt", 2)}),
                    Step("negative", "ConditioningZeroOut", {"conditioning": Link("positive")}),
                    Step("latent", "EmptySD3LatentImage", {"width": 448, "height": 576}),
                ),
                MODEL,
            ),
        ),
        (
            Group(
                "4  이미지 · Picture",
                (
                    Step(
                        "sampler",
                        "KSampler",
                        {
                            "model": Link("native"),
                            "positive": Link("positive"),
                            "negative": Link("negative"),
                            "latent_image": Link("latent"),
                            "seed": 7,
                            "steps": 8,
                            "cfg": 1.0,
                            "sampler_name": "euler",
                            "scheduler": "simple",
                        },
                        room=230,
                    ),
                    Step("picture", "VAEDecode", {"samples": Link("sampler"), "vae": Link("native", 2)}),
                ),
                PICTURE,
            ),
        ),
        (_letters(5, "picture"),),
        (_save(6, "picture"),),
    ),
)

GRAPHS = (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, PRODUCT_COMPOSITE, NATIVE_BRIDGE)
