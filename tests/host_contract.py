"""What every host must do, whoever owns the device. Run over plain torch and over ComfyUI's real model manager.

Each check takes a ``Case`` and asserts. The device is ``meta`` where a check only looks at placing: weights really
leave their home for it and come back, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

META = torch.device("meta")


@dataclass
class Case:
    """A host under test, and what the test may do to it."""

    computing: Any  # a host that computes on the CPU
    placing: Any  # a host whose device is ``meta``
    evict: Callable[[], None]  # what "unload models" does for the placing host
    cancel: Callable[[], None]  # the user's cancel, for the computing host
    components: Any
    draw: Callable[[Any, int], Any]  # host, seed -> picture
    reference: Callable[[int], Any]  # seed -> picture, without any host's doing
    add_layer: Callable[[Any], None]  # puts a new small layer on a module, as an adapter does
    models: Path  # a model folder with diffusers/here and loras/look.safetensors


def homes(module: torch.nn.Module) -> list[int]:
    return [tensor.data_ptr() for tensor in [*module.parameters(), *module.buffers()]]


def devices(module: torch.nn.Module) -> set[str]:
    return {tensor.device.type for tensor in [*module.parameters(), *module.buffers()]}


def check_a_component_computes_where_it_is_lent(case: Case) -> None:
    encoder = case.components.text_encoder
    with case.computing.on_device(encoder, activation_bytes=1000) as device, torch.no_grad():
        rows = torch.ones((1, 3, encoder.config.hidden_size), dtype=encoder.dtype, device=device)
        states = encoder(inputs_embeds=rows).last_hidden_state
    assert isinstance(device, torch.device)
    assert states.device.type == device.type
    assert torch.isfinite(states.float()).all()


def check_placing_and_evicting_return_to_the_mapped_file(case: Case) -> None:
    for module in (case.components.transformer, case.components.text_encoder, case.components.vae):
        before = homes(module)
        for _ in range(2):
            with case.placing.on_device(module) as device:
                assert device == META
                assert devices(module) == {"meta"}
            assert devices(module) == {"meta"}, "components stay resident between runs"
            case.evict()
            assert homes(module) == before, "weights were copied to memory instead of going back to the file"


def check_components_live_side_by_side(case: Case) -> None:
    parts = case.components
    for module in (parts.text_encoder, parts.transformer, parts.vae, parts.transformer):
        with case.placing.on_device(module, activation_bytes=2**20):
            assert devices(module) == {"meta"}
    assert devices(parts.text_encoder) == devices(parts.vae) == {"meta"}
    case.evict()
    assert all(devices(module) == {"cpu"} for module in (parts.text_encoder, parts.transformer, parts.vae))


def check_a_layer_added_meanwhile_moves_too(case: Case) -> None:
    vae = case.components.vae
    with case.placing.on_device(vae):
        pass
    case.add_layer(vae)
    assert devices(vae) == {"cpu", "meta"}
    with case.placing.on_device(vae):
        assert devices(vae) == {"meta"}
    case.evict()
    assert devices(vae) == {"cpu"}


def check_placing_under_inference_mode_leaves_ordinary_parameters(case: Case) -> None:
    encoder = case.components.text_encoder
    with torch.inference_mode():
        with case.placing.on_device(encoder):
            assert not any(parameter.is_inference() for parameter in encoder.parameters())
        case.evict()
    assert not any(parameter.is_inference() for parameter in encoder.parameters())


def check_an_error_inside_passes_through_and_leaves_the_component_usable(case: Case) -> None:
    encoder = case.components.text_encoder
    try:
        with case.placing.on_device(encoder):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with case.placing.on_device(encoder):
        assert devices(encoder) == {"meta"}
    case.evict()
    assert devices(encoder) == {"cpu"}


def blocks(module: Any) -> set[str]:
    return devices(module.layers)


def check_streamed_blocks_stay_at_home(case: Case) -> None:
    transformer = case.components.transformer
    before = homes(transformer)
    with case.placing.on_device(transformer, streamed=True) as device:
        assert device == META
        assert blocks(transformer) == {"cpu"}
        assert devices(transformer) == {"cpu", "meta"}
    assert devices(transformer) == {"cpu", "meta"}, "streamed components stay as they are between runs"
    case.evict()
    assert homes(transformer) == before
    assert type(transformer.layers[0]).__mro__[1] is torch.nn.Module


def check_streamed_and_whole_follow_each_other(case: Case) -> None:
    transformer = case.components.transformer
    before = homes(transformer)
    for streamed in (False, True, False):
        with case.placing.on_device(transformer, streamed=streamed):
            assert blocks(transformer) == {"cpu" if streamed else "meta"}
    case.evict()
    assert homes(transformer) == before


def check_a_streamed_component_that_is_lent_stays_as_it_is(case: Case) -> None:
    transformer = case.components.transformer
    with case.placing.on_device(transformer, streamed=True), case.placing.on_device(transformer):
        assert blocks(transformer) == {"cpu"}
    with case.placing.on_device(transformer), case.placing.on_device(transformer, streamed=True):
        assert blocks(transformer) == {"meta"}


def check_release_sends_one_component_home(case: Case) -> None:
    parts = case.components
    before = homes(parts.text_encoder)
    for module in (parts.text_encoder, parts.vae):
        with case.placing.on_device(module):
            pass
    case.placing.release(parts.text_encoder)
    assert homes(parts.text_encoder) == before
    assert devices(parts.vae) == {"meta"}
    case.placing.release(parts.text_encoder)  # once more does no harm
    with case.placing.on_device(parts.text_encoder):
        assert devices(parts.text_encoder) == {"meta"}


def check_what_is_lent_is_neither_released_nor_evicted(case: Case) -> None:
    vae = case.components.vae
    with case.placing.on_device(vae):
        case.placing.release(vae)
        assert devices(vae) == {"meta"}
        case.evict()
        assert devices(vae) == {"meta"}
    case.evict()
    assert devices(vae) == {"cpu"}


def check_room_is_counted(case: Case) -> None:
    assert case.computing.free_bytes() >= 2**40, "a CPU never runs out of room on its device"
    empty = case.placing.free_bytes()
    assert isinstance(empty, int)
    with case.placing.on_device(case.components.vae):
        pass
    assert case.placing.free_bytes() >= empty, "what could be evicted is room"


def check_arrays_stay_numpys_on_a_cpu(case: Case) -> None:
    with case.computing.workspace(2**40) as device:
        assert device is None


def check_room_for_arrays_is_made_and_what_is_lent_stays(case: Case) -> None:
    parts = case.components
    with case.placing.on_device(parts.text_encoder):
        pass
    with case.placing.workspace(2**10) as device:
        assert device == META
        assert devices(parts.text_encoder) == {"meta"}, "there was room for both"
    with case.placing.on_device(parts.vae), case.placing.workspace(2**70) as device:
        assert device == META
        assert devices(parts.vae) == {"meta"}, "what is lent stays"
        assert devices(parts.text_encoder) == {"cpu"}, "what is in the way goes home"


def check_an_error_in_a_workspace_passes_through(case: Case) -> None:
    try:
        with case.placing.workspace(2**10):
            raise torch.OutOfMemoryError("no room")
    except torch.OutOfMemoryError:
        return
    raise AssertionError("running out of memory was swallowed")


def check_memory_that_runs_out_is_told_as_one(case: Case) -> None:
    """CUDA's own memory and its libraries' comes as other errors than torch's, and asks for the same."""
    accelerators = getattr(torch, "AcceleratorError", RuntimeError)
    for error in (
        accelerators("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ):
        for place in (lambda: case.placing.on_device(case.components.vae), lambda: case.placing.workspace(2**10)):
            try:
                with place():
                    raise error
            except torch.OutOfMemoryError as told:
                assert str(error) in str(told)
    other = RuntimeError("CUDA error: an illegal memory access was encountered")
    try:
        with case.placing.on_device(case.components.vae):
            raise other
    except RuntimeError as error:
        assert error is other


def check_pictures_do_not_depend_on_the_host(case: Case) -> None:
    picture = case.draw(case.computing, 3)
    assert picture.std() > 0
    assert np.array_equal(picture, case.reference(3))


def check_cancel_is_raised_once_and_is_no_exception(case: Case) -> None:
    case.computing.check_cancelled()
    case.cancel()
    try:
        case.computing.check_cancelled()
    except Exception as error:
        raise AssertionError("`except Exception` would swallow this cancel") from error
    except BaseException as stop:
        assert type(stop).__name__ in ("Cancelled", "InterruptProcessingException")
    else:
        raise AssertionError("cancel was not raised")
    case.computing.check_cancelled()


def check_cancel_stops_a_drawing_and_the_next_is_fine(case: Case) -> None:
    expected, stopped = case.draw(case.computing, 4), False
    case.cancel()
    try:
        case.draw(case.computing, 4)
    except BaseException as stop:
        stopped = not isinstance(stop, Exception)
    assert stopped
    assert np.array_equal(case.draw(case.computing, 4), expected)


def check_progress_takes_steps_with_and_without_a_preview(case: Case) -> None:
    case.computing.progress(1, 8)
    case.computing.progress(2, 8, np.zeros((4, 6, 3), np.float32))
    case.computing.progress(8, 8, np.ones((4, 6, 3), np.float32))


def check_models_are_found_by_kind_and_never_outside(case: Case) -> None:
    host = case.computing
    assert host.model_file("diffusers", "here") == (case.models / "diffusers" / "here").resolve()
    assert host.model_file("loras", "look.safetensors") == (case.models / "loras" / "look.safetensors").resolve()
    for kind, name in (
        ("loras", "here"),
        ("diffusers", "../loras/look.safetensors"),
        ("nothing", "here"),
        ("loras", ""),
    ):
        assert host.model_file(kind, name) is None, (kind, name)


def check_model_folders_are_told_by_kind(case: Case) -> None:
    host = case.computing
    assert (case.models / "loras").resolve() in host.model_folders("loras")
    assert host.model_folders("nothing") == ()


CHECKS: dict[str, Callable[[Case], None]] = {
    name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")
}
