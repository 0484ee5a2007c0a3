"""Workflows that draw or edit with other models on ComfyUI's own nodes, between this pack's words and lettering."""

from __future__ import annotations

from typing import Any

from workflow_parts import MODEL, PHOTO, PICTURE, WORDS, Graph, Group, Link, Step, letters, save

WIDTH, HEIGHT = 896, 1120  # 4:5, on the grid of every one of these models


def _words(brief: str, **more: Any) -> Group:
    steps = (
        Step("prompt", "AdStudioPromptProcessor", {"brief": brief} | more, 400, text_height=120, room=120),
        Step("copy", "AdStudioAdCopy", {"prompt": Link("prompt")}, 400, text_height=60, room=120),
    )
    return Group("1  브리프와 문구 · Brief and copy", steps, WORDS)


def _files(number: int, key: str, unet: str, encoder: str, kind: str, vae: str) -> Group:
    steps = (
        Step(f"{key}_model", "UNETLoader", {"unet_name": unet}),
        Step(f"{key}_clip", "CLIPLoader", {"clip_name": encoder, "type": kind}),
        Step(f"{key}_vae", "VAELoader", {"vae_name": vae}),
    )
    return Group(f"{number}  모델 · Model", steps, MODEL)


def _klein(number: int, steps: int = 4) -> tuple[Group, ...]:
    """FLUX.2 Klein, distilled: four steps without guidance."""
    size = {"width": WIDTH, "height": HEIGHT}
    conditioning = (
        Step("positive", "CLIPTextEncode", {"clip": Link("klein_clip"), "text": Link("prompt", 2)}),
        Step("negative", "ConditioningZeroOut", {"conditioning": Link("positive")}),
        Step("latent", "EmptyFlux2LatentImage", size),
        Step("sigmas", "Flux2Scheduler", size | {"steps": steps}),
        Step("sampler_name", "KSamplerSelect", {"sampler_name": "euler"}),
        Step("noise", "RandomNoise", {"noise_seed": 7}),
    )
    guided = {"model": Link("klein_model"), "positive": Link("positive"), "negative": Link("negative"), "cfg": 1.0}
    sampled = {"noise": Link("noise"), "guider": Link("guider"), "sampler": Link("sampler_name")}
    sampled |= {"sigmas": Link("sigmas"), "latent_image": Link("latent")}
    drawing = (
        Step("guider", "CFGGuider", guided),
        Step("sampler", "SamplerCustomAdvanced", sampled, room=230),
        Step("picture", "VAEDecode", {"samples": Link("sampler"), "vae": Link("klein_vae")}),
    )
    return (
        Group(f"{number}  조건 · Conditioning", conditioning, MODEL),
        Group(f"{number + 1}  이미지 · Picture", drawing, PICTURE),
    )


def _photo(number: int) -> Group:
    return Group(
        f"{number}  사진 · Photo",
        (Step("photo", "LoadImage", {"image": "example.png"}, 340, picture_height=300),),
        PHOTO,
    )


KLEIN_4B = ("flux-2-klein-4b.safetensors", "qwen_3_4b.safetensors", "flux2", "flux2-vae.safetensors")
WITH_8B = ("qwen_3_8b_fp8mixed.safetensors", "flux2", "flux2-vae.safetensors")


def _klein_ad(name: str, *files: str) -> Graph:
    conditioning, drawing = _klein(3)
    return Graph(
        name=name,
        columns=(
            (_words("가을 한정 밤라떼 출시, 낙엽이 놓인 따뜻한 나무 테이블"),),
            (_files(2, "klein", *files),),
            (conditioning,),
            (drawing,),
            (letters(5, "picture"),),
            (save(6, "picture"),),
        ),
    )


def _composite(number: int) -> Group:
    """A product photo, cut out and set on the picture."""
    steps = (
        Step("cutout", "AdStudioBackgroundRemoval", {"image": Link("photo")}),
        Step(
            "product_layout",
            "AdStudioProductLayoutAnalyzer",
            {"backdrop": Link("picture"), "cutout": Link("cutout")},
            room=190,
        ),
        Step(
            "composite",
            "AdStudioBackgroundComposite",
            {"backdrop": Link("picture"), "cutout": Link("cutout"), "layout": Link("product_layout")},
        ),
    )
    return Group(f"{number}  합성 · Composite", steps, PICTURE)


def _klein_product() -> Graph:
    conditioning, drawing = _klein(3)
    return Graph(
        name="14-flux2-klein-product",
        columns=(
            (_words("가을 신메뉴 커피, 낙엽이 있는 따뜻한 나무 테이블", backdrop_only=True),),
            (_files(2, "klein", *KLEIN_4B), _photo(6)),
            (conditioning,),
            (drawing,),
            (_composite(7),),
            (letters(8, "composite", keep_clear=Link("composite", 1)),),
            (save(9, "composite"),),
        ),
    )


def _qwen_files(number: int) -> Group:
    """Qwen-Image-Edit 2511 with the adapter that draws in four steps."""
    group = _files(
        number,
        "edit",
        "qwen_image_edit_2511_fp8mixed.safetensors",
        "qwen_2.5_vl_7b_fp8_scaled.safetensors",
        "qwen_image",
        "qwen_image_vae.safetensors",
    )
    lora = {"model": Link("edit_model"), "lora_name": "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors"}
    steps = (
        Step("edit_fast", "LoraLoaderModelOnly", lora),
        Step("edit_shift", "ModelSamplingAuraFlow", {"model": Link("edit_fast"), "shift": 3.1}),
        Step("edit_norm", "CFGNorm", {"model": Link("edit_shift")}),
    )
    return Group(group.title, (*group.steps, *steps), MODEL)


def _qwen_edit(number: int, source: str, instruction: str) -> tuple[Group, Group]:
    """An instruction carried out on a picture; the result is the step ``edited``."""
    seen = {"clip": Link("edit_clip"), "vae": Link("edit_vae"), "image1": Link("scaled")}
    method = {"reference_latents_method": "index_timestep_zero"}
    conditioning = (
        Step("scaled", "FluxKontextImageScale", {"image": Link(source)}),
        Step("asked", "TextEncodeQwenImageEditPlus", seen | {"prompt": instruction}, text_height=120),
        Step("not_asked", "TextEncodeQwenImageEditPlus", seen | {"prompt": ""}, text_height=60),
        Step("asked_near", "FluxKontextMultiReferenceLatentMethod", method | {"conditioning": Link("asked")}),
        Step("not_asked_near", "FluxKontextMultiReferenceLatentMethod", method | {"conditioning": Link("not_asked")}),
    )
    sampled = {"model": Link("edit_norm"), "positive": Link("asked_near"), "negative": Link("not_asked_near")}
    sampled |= {"latent_image": Link("edit_latent"), "seed": 7, "steps": 4, "cfg": 1.0}
    drawing = (
        Step("edit_latent", "VAEEncode", {"pixels": Link("scaled"), "vae": Link("edit_vae")}),
        Step("edit_sampler", "KSampler", sampled | {"sampler_name": "euler", "scheduler": "simple"}, room=230),
        Step("edited", "VAEDecode", {"samples": Link("edit_sampler"), "vae": Link("edit_vae")}),
    )
    return (
        Group(f"{number}  지시문 · Instruction", conditioning, WORDS),
        Group(f"{number + 1}  고치기 · Edit", drawing, PICTURE),
    )


def _edit_photo() -> Graph:
    asked, drawn = _qwen_edit(4, "photo", "Change the coffee to a strawberry latte. Keep cup, table and light.")
    return Graph(
        name="15-qwen-image-edit",
        columns=(
            (_words("딸기라떼 출시, 나무 테이블 위 한 잔"),),
            (_qwen_files(2), _photo(3)),
            (asked,),
            (drawn,),
            (letters(6, "edited"),),
            (save(7, "edited"),),
        ),
    )


def _edit_around_product() -> Graph:
    """Everything but the product is drawn anew; the product's own pixels go back on top."""
    asked, drawn = _qwen_edit(4, "photo", "Put the product on a pink marble table in soft morning light.")
    kept = (
        Step("cutout", "AdStudioBackgroundRemoval", {"image": Link("scaled")}),
        Step("free", "InvertMask", {"mask": Link("cutout", 2)}),
        Step(
            "kept",
            "ImageCompositeMasked",
            {"destination": Link("scaled"), "source": Link("edited"), "mask": Link("free")},
        ),
    )
    return Graph(
        name="16-qwen-image-edit-masked",
        columns=(
            (_words("신상품 출시, 분홍빛 대리석 위 산뜻한 분위기"),),
            (_qwen_files(2), _photo(3)),
            (asked,),
            (drawn, Group("6  제품은 그대로 · Product kept", kept, PHOTO)),
            (letters(7, "kept", keep_clear=Link("cutout", 2)),),
            (save(8, "kept"),),
        ),
    )


def _generate_then_edit() -> Graph:
    """FLUX.2 draws, Qwen edits: the model manager holds one of them at a time."""
    conditioning, drawing = _klein(3)
    asked, drawn = _qwen_edit(6, "picture", "Make it evening: warm lamps, a dark window. Keep the drink as it is.")
    return Graph(
        name="17-generate-then-edit",
        columns=(
            (_words("겨울 신메뉴 핫초코, 창가 나무 테이블"),),
            (_files(2, "klein", *KLEIN_4B), _qwen_files(5)),
            (conditioning,),
            (drawing,),
            (asked,),
            (drawn,),
            (letters(8, "edited"),),
            (save(9, "edited"),),
        ),
    )


def _z_image_control() -> Graph:
    """Z-Image Turbo with the outlines of a photo: the product's shape stays, all else follows the brief."""
    patch = "Z-Image-Turbo-Fun-Controlnet-Union.safetensors"
    native = (
        Step("loader", "AdStudioZitLoader"),
        Step("native", "AdStudioZitToNative", {"zit": Link("loader")}, room=100),
        Step("patch", "ModelPatchLoader", {"name": patch}),
    )
    outlines = (
        Step("photo", "LoadImage", {"image": "example.png"}, 340, picture_height=300),
        Step("photo_size", "ImageScaleToTotalPixels", {"image": Link("photo"), "upscale_method": "lanczos"}),
        Step("outlines", "Canny", {"image": Link("photo_size"), "low_threshold": 0.2, "high_threshold": 0.4}),
        Step("outlines_seen", "PreviewImage", {"images": Link("outlines")}, picture_height=240),
        Step("size", "GetImageSize", {"image": Link("outlines")}),
    )
    held = {"model": Link("native"), "model_patch": Link("patch"), "vae": Link("native", 2), "image": Link("outlines")}
    conditioning = (
        Step("held", "QwenImageDiffsynthControlnet", held | {"strength": 0.8}),
        Step("positive", "CLIPTextEncode", {"clip": Link("native", 1), "text": Link("prompt", 2)}),
        Step("negative", "ConditioningZeroOut", {"conditioning": Link("positive")}),
        Step("latent", "EmptySD3LatentImage", {"width": Link("size"), "height": Link("size", 1)}),
    )
    sampled = {"model": Link("held"), "positive": Link("positive"), "negative": Link("negative")}
    sampled |= {"latent_image": Link("latent"), "seed": 7, "steps": 9, "cfg": 1.0}
    drawing = (
        Step("sampler", "KSampler", sampled | {"sampler_name": "res_multistep", "scheduler": "simple"}, room=230),
        Step("picture", "VAEDecode", {"samples": Link("sampler"), "vae": Link("native", 2)}),
    )
    return Graph(
        name="18-z-image-controlnet",
        columns=(
            (_words("수제 머그컵 신상품, 햇살이 드는 하얀 식탁"),),
            (Group("2  모델 · Model", native, MODEL),),
            (Group("3  윤곽 · Outlines", outlines, PHOTO),),
            (Group("4  조건 · Conditioning", conditioning, MODEL),),
            (Group("5  이미지 · Picture", drawing, PICTURE),),
            (letters(6, "picture"),),
            (save(7, "picture"),),
        ),
    )


def _sdxl(name: str, checkpoint: str, brief: str, style: str) -> Graph:
    """The older system's way: one checkpoint a style, held by a ControlNet."""
    files = (
        Step("checkpoint", "CheckpointLoaderSimple", {"ckpt_name": checkpoint}),
        Step("control", "ControlNetLoader", {"control_net_name": "diffusers_xl_canny_full.safetensors"}),
    )
    outlines = (
        Step("photo", "LoadImage", {"image": "example.png"}, 340, picture_height=300),
        Step("outlines", "Canny", {"image": Link("photo"), "low_threshold": 0.2, "high_threshold": 0.4}),
    )
    held = {"positive": Link("positive"), "negative": Link("negative"), "control_net": Link("control")}
    held |= {"image": Link("outlines"), "strength": 0.6, "end_percent": 0.7}
    conditioning = (
        Step("positive", "CLIPTextEncode", {"clip": Link("checkpoint", 1), "text": Link("prompt", 2)}),
        Step("negative", "CLIPTextEncode", {"clip": Link("checkpoint", 1), "text": Link("prompt", 3)}),
        Step("held", "ControlNetApplyAdvanced", held),
        Step("latent", "EmptyLatentImage", {"width": WIDTH, "height": HEIGHT}),
    )
    sampled = {"model": Link("checkpoint"), "positive": Link("held"), "negative": Link("held", 1)}
    sampled |= {"latent_image": Link("latent"), "seed": 7, "steps": 25, "cfg": 6.0}
    drawing = (
        Step("sampler", "KSampler", sampled | {"sampler_name": "dpmpp_2m", "scheduler": "karras"}, room=230),
        Step("picture", "VAEDecode", {"samples": Link("sampler"), "vae": Link("checkpoint", 2)}),
    )
    return Graph(
        name=name,
        columns=(
            (_words(brief, style=style),),
            (Group("2  모델 · Model", files, MODEL), Group("3  윤곽 · Outlines", outlines, PHOTO)),
            (Group("4  조건 · Conditioning", conditioning, MODEL),),
            (Group("5  이미지 · Picture", drawing, PICTURE),),
            (letters(6, "picture"),),
            (save(7, "picture"),),
        ),
    )


ENGINES = (
    _klein_ad("11-flux2-klein-4b", *KLEIN_4B),
    _klein_ad("12-flux2-klein-9b", "flux-2-klein-9b.safetensors", *WITH_8B),
    _klein_ad("13-flux2-klein-9b-fp8", "flux-2-klein-9b-fp8.safetensors", *WITH_8B),
    _klein_product(),
    _edit_photo(),
    _edit_around_product(),
    _generate_then_edit(),
    _z_image_control(),
    _sdxl("19-sdxl-realistic", "sd_xl_base_1.0.safetensors", "원목 책상 위 수제 향초, 저녁 조명", "realistic"),
    _sdxl("20-sdxl-semi-realistic", "dreamshaperXL.safetensors", "꽃집 봄 꽃다발, 화사한 창가", "semi-realistic"),
    _sdxl("21-sdxl-anime", "animagine-xl-4.0.safetensors", "캐릭터 카페 오픈, 밝은 오후", "anime"),
)
