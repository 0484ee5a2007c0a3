"""The shipped workflows, described once: which nodes, in which groups, with which values and links."""

from __future__ import annotations

from workflow_channels import AD_FOR_ONE_CHANNEL, ONE_DESIGN_MANY_CHANNELS
from workflow_engines import ENGINES
from workflow_parts import MODEL, PHOTO, PICTURE, Graph, Group, Link, Step, brief, letters, model, save
from workflow_products import CATALOGUE, MANY_PRODUCTS, PRODUCT_COMPOSITE

TEXT_TO_IMAGE = Graph(
    name="01-text-to-image-ad",
    columns=(
        (model(),),
        (brief("봄맞이 딸기라떼 출시, 분홍빛 대리석 위 상큼한 분위기"),),
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
        (letters(4, "picture", by_hand=True),),
        (save(5, "picture"),),
    ),
)

IMAGE_TO_IMAGE = Graph(
    name="02-image-to-image-ad",
    columns=(
        (model("watercolor"),),
        (brief("나무 탁자 위 핸드드립 커피, 포근한 주황빛 오후"),),
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
        (letters(5, "picture"),),
        (save(6, "picture"),),
    ),
)

NATIVE_BRIDGE = Graph(
    name="04-native-bridge",
    columns=(
        (model("illustration"),),
        (brief("여름 한정 레몬에이드, 하늘빛 배경의 시원한 분위기"),),
        (
            Group(
                "3  ComfyUI로 · To ComfyUI",
                (
                    Step("native", "AdStudioZitToNative", {"zit": Link("style")}, room=100),
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
        (letters(5, "picture"),),
        (save(6, "picture"),),
    ),
)

GRAPHS = (
    *(TEXT_TO_IMAGE, IMAGE_TO_IMAGE, PRODUCT_COMPOSITE, NATIVE_BRIDGE),
    *(MANY_PRODUCTS, CATALOGUE, ONE_DESIGN_MANY_CHANNELS, AD_FOR_ONE_CHANNEL, *ENGINES),
)
