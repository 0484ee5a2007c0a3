"""Files of the released model's shapes: their configuration is worked out from them alone."""

from __future__ import annotations

from pathlib import Path

import released_checkpoint as released

from adstudio.engine.forms.checkpoint import open_checkpoint


def test_the_shapes_tell_the_released_configuration(tmp_path: Path):
    found = open_checkpoint(released.build_native(tmp_path))
    for part, wanted in (
        (found.sources.transformer, released.TRANSFORMER),
        (found.sources.text_encoder, released.TEXT_ENCODER),
        (found.sources.vae, released.VAE),
    ):
        differing = {name: value for name, value in part.config.items() if wanted.get(name, value) != value}
        assert not differing, part.name
    assert found.sources.scheduler.items() <= released.SCHEDULER.items()
    assert (found.grid_px, found.base_px, found.prompt_tokens, found.dtype) == (16, 1024, 512, "bfloat16")
    assert found.notes == ()
    assert 20.5e9 < found.weights_bytes < 20.6e9
