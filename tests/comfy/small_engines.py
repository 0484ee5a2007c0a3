"""Copied into the test server's custom nodes: makes core's fixed architectures small enough for a CPU.

Core reads most sizes of a checkpoint from its tensors. Where it has them written down instead, this writes smaller
ones: the classes, their loading, tokenizers and sampling stay core's own.
"""

import sys

import comfy.ldm.lumina.controlnet as lumina_control
import comfy.ldm.qwen_image.model as qwen_image
import comfy.sd
import comfy.sdxl_clip as sdxl_clip
import comfy.supported_models as supported
import comfy.text_encoders.llama as llama
import comfy.text_encoders.qwen_vl as qwen_vl

NODE_CLASS_MAPPINGS = {}
SHALLOW = {"clip_l_model_config": {"num_hidden_layers": 3}, "clip_g_model_config": {"num_hidden_layers": 3}}
ROWS = 1024  # of a vocabulary, shared by all its tokens: for each prompt core casts the whole table, a gigabyte of it
HEADS = {"num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 32}


def shrink(function, **smaller) -> None:
    """Change defaults of a function's last parameters."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount][-len(function.__defaults__) :]
    assert set(smaller) <= set(names), names
    function.__defaults__ = tuple(
        smaller.get(name, value) for name, value in zip(names, function.__defaults__, strict=True)
    )


# The taps of FLUX.2 Klein lie behind layers 9, 18 and 27. Widths stay: core knows a text encoder by them.
shrink(llama.Qwen3_4BConfig.__init__, **HEADS, num_hidden_layers=28, vocab_size=ROWS)
shrink(llama.Qwen3_8BConfig.__init__, **HEADS, num_hidden_layers=28, vocab_size=ROWS)
llama.Qwen3_4BConfig.head_dim = llama.Qwen3_8BConfig.head_dim = 16
# Known by its four heads of 128 for keys.
shrink(llama.Qwen25_7BVLI_Config.__init__, num_hidden_layers=1, intermediate_size=32, vocab_size=ROWS)
shrink(qwen_vl.Qwen2VLVisionTransformer.__init__, num_layers=1, intermediate_size=64)
shrink(qwen_image.QwenImageTransformer2DModel.__init__, num_attention_heads=2)
supported.SDXL.unet_config = {**supported.SDXL.unet_config, "model_channels": 32}
# The embedded model's own widths.
shrink(lumina_control.ZImage_Control.__init__, dim=256, n_heads=4, n_kv_heads=4, control_in_dim=32)


class SharedRows(llama.Llama2_):
    """A language model whose tokens share the rows of a small table."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        table = self.embed_tokens
        table.register_forward_pre_hook(lambda _, given: (given[0] % table.num_embeddings, *given[1:]))


llama.Llama2_ = SharedRows


class ShallowSdxlClip(sdxl_clip.SDXLClipModel):
    """SDXL's two text encoders, three layers deep."""

    def __init__(self, device="cpu", dtype=None, model_options=None) -> None:
        super().__init__(device=device, dtype=dtype, model_options={**(model_options or {}), **SHALLOW})


sdxl_clip.SDXLClipModel = ShallowSdxlClip


class NarrowAutoencoder(comfy.sd.AutoencoderKL):
    """An autoencoder whose encoder is as narrow as its decoder, whose width alone core reads from the file."""

    def __init__(self, *, ddconfig, decoder_ddconfig=None, **kwargs) -> None:
        super().__init__(ddconfig=decoder_ddconfig or ddconfig, **kwargs)


comfy.sd.AutoencoderKL = NarrowAutoencoder


# This node hands every photo to the autoencoder and to the model at a megapixel.
MEGAPIXEL, SMALL = 1024 * 1024, 256 * 256
if "nodes" in sys.modules and (node := sys.modules["nodes"].NODE_CLASS_MAPPINGS.get("TextEncodeQwenImageEditPlus")):
    code = node.execute.__func__.__code__
    assert MEGAPIXEL in code.co_consts, code.co_consts
    small = tuple(SMALL if value == MEGAPIXEL else value for value in code.co_consts)
    node.execute.__func__.__code__ = code.replace(co_consts=small)
