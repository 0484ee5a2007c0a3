"""The forms of a checkpoint that ComfyUI uses: a file per component, or one file for all."""

from __future__ import annotations

from pathlib import Path

from ...counts import counted
from ...errors import ModelError
from ...ports import Host
from ..tensors.gguf_file import need_gguf
from ..tensors.gguf_header import is_gguf
from .fingerprint import family, holdings, section
from .model_files import AUTO, WORDS, find_part, holdings_at_a_glance, read_model_file
from .parts import Part, Sources
from .qwen_tokenizer import MERGES, WORDS_COUNT
from .typical_config import SCHEDULER, typical_config


def read_split(path: Path, host: Host | None, *, text_encoder: str = AUTO, vae: str = AUTO) -> Sources:
    """Describe a checkpoint from the file of its transformer, finding the other components.

    Raises:
        ModelError: the file holds something else, or is not whole; a component is missing, or several fit.
    """
    transformer = read_file_part(path, "transformer")
    held = {holding.part for holding in holdings_at_a_glance(path)}
    encoder = replaced_part("text_encoder", text_encoder, path, transformer, host, inside="text_encoder" in held)
    decoder = replaced_part("vae", vae, path, transformer, host, inside="vae" in held)
    if encoder.config["vocab_size"] < WORDS_COUNT:
        raise ModelError(
            "checkpoint.bad_tokenizer",
            f"{encoder.place} knows {encoder.config['vocab_size']} tokens, but Qwen's tokenizer has {WORDS_COUNT}.",
            "Use this model's diffusers folder, which has a tokenizer of its own.",
            file=str(encoder.place),
        )
    return Sources(transformer, encoder, decoder, dict(SCHEDULER), MERGES)


def replaced_part(
    part: str, choice: str, owner: Path, transformer: Part, host: Host | None, *, inside: bool = False
) -> Part:
    """A component by the user's choice: out of ``owner`` itself when it is inside, else from a file of its own."""
    if inside and choice == AUTO:
        return read_file_part(owner, part)
    return read_file_part(find_part(part, choice, owner, host, lambda path: _why_unfit(path, part, transformer)), part)


def read_file_part(path: Path, part: str) -> Part:
    """Describe one component of a file.

    Raises:
        ModelError: the file does not hold it, or is not whole.
        MissingDependency: it is a GGUF file, and the package for it is not installed.
    """
    tensors = read_model_file(path)
    if is_gguf(path):
        need_gguf()
    holding = next((holding for holding in holdings(tensors) if holding.part == part), None)
    if holding is None:
        raise ModelError(
            "checkpoint.wrong_class",
            f"{path} holds {family(tensors)}, not a Z-Image {WORDS[part]}.",
            "Choose the file of a Z-Image model.",
            file=str(path),
        )
    found = Part(part, (path,), section(tensors, holding), {}, None, holding.prefix)
    return Part(part, found.files, found.tensors, typical_config(part, found.shapes(), path), None, holding.prefix)


def _why_unfit(path: Path, part: str, transformer: Part) -> str:
    tensors = read_model_file(path, whole=False)
    holding = next(holding for holding in holdings(tensors) if holding.part == part)
    shapes = Part(part, (path,), section(tensors, holding), {}).shapes()
    return why_apart(part, shapes, transformer.shapes())


def why_apart(part: str, shapes: dict[str, tuple[int, ...]], transformer: dict[str, tuple[int, ...]]) -> str:
    """Why a component does not belong to a transformer, in words; empty when it does, by all that shapes tell."""
    if part == "text_encoder":
        wanted, found = transformer.get("cap_embedder.0.weight"), shapes.get("embed_tokens.weight")
        if wanted and found and wanted[0] != found[-1]:
            return f"it gives {counted(found[-1], 'value')} per token, the transformer reads {wanted[0]}"
    if part == "vae":
        wanted, found = transformer.get("all_x_embedder.2-1.weight", ()), shapes.get("decoder.conv_in.weight", ())
        if min(len(wanted), len(found)) > 1 and wanted[1] // 4 != found[1]:
            return f"it has {counted(found[1], 'latent channel')}, the transformer {wanted[1] // 4}"
    return ""
