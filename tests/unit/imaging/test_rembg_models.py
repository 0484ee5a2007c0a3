"""The rembg route, run for real with a toy network of a few bytes in the place of the trained weights."""

from __future__ import annotations

import gc
import importlib.util
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adstudio.errors import InputError, ModelError, ProviderError
from adstudio.imaging.cutout import rembg_models
from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.types import Array

from .conftest import draw_table, smooth_ellipse

_missing = [name for name in ("rembg", "onnxruntime", "onnx") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(_missing), reason=f"needs {', '.join(_missing)}: pip install 'rembg[cpu]' onnx (the extra 'rembg')"
)


def save_toy_net(path: Path, *, sure: bool = True, side: int = 320) -> Path:
    """Write a network that takes blue for product; ``sure=False`` writes one that is sure of nothing."""
    from onnx import TensorProto, checker, helper, save

    weight = np.zeros((1, 3, 1, 1), dtype=np.float32)
    weight[0, 2], weight[0, 0] = (6.0, -6.0) if sure else (0.01, -0.01)
    nodes = [
        helper.make_node("Conv", ["picture", "weight", "bias"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["matte"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("matte", TensorProto.FLOAT, [1, 1, side, side])],
        [
            helper.make_tensor("weight", TensorProto.FLOAT, weight.shape, weight.ravel()),
            helper.make_tensor("bias", TensorProto.FLOAT, [1], [0.0 if sure else -4.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine: no weights anywhere."""
    monkeypatch.setenv("ADSTUDIO_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "rembg"))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "legacy"))
    return tmp_path


@pytest.fixture
def blue_plate() -> tuple[Array, Array]:
    alpha = smooth_ellipse(300, 400, (150, 205), (95, 120))
    blue = np.array([0.1, 0.2, 0.9], dtype=np.float32)
    return (blue * alpha[..., None] + draw_table() * (1 - alpha[..., None])).astype(np.float32), alpha


def test_named_model_cuts_out(home: Path, blue_plate: tuple[Array, Array]) -> None:
    photo, truth = blue_plate
    save_toy_net(home / "models" / "rembg" / "u2netp.onnx")
    cut = cut_out(photo, method="rembg:u2netp")
    found = restore_frame(cut)[..., 3] > 0.5
    assert cut.method == "rembg:u2netp"
    assert (found == (truth > 0.5)).mean() > 0.99


def test_auto_takes_a_model_that_is_there(home: Path, blue_plate: tuple[Array, Array]) -> None:
    save_toy_net(home / "legacy" / "models" / "u2netp" / "u2netp.onnx")  # where rembg itself would put it
    cut = cut_out(blue_plate[0])
    assert cut.method == "rembg:u2netp"
    assert any("u2netp" in note for note in cut.notes)


def test_rembg_is_entered_without_its_compiler(home: Path) -> None:
    """In a fresh process: pymatting would compile for a minute; and rembg must still import whole afterwards."""
    code = (
        "import sys; from adstudio.imaging.cutout import rembg_session as r; r._import_sessions();"
        "assert 'pymatting' not in sys.modules and 'rembg' not in sys.modules;"
        "import importlib.util as u; assert u.find_spec('rembg') is not None"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(rembg_models.__file__).parents[3])


def test_session_is_gone_after_the_run(
    home: Path, blue_plate: tuple[Array, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    save_toy_net(home / "models" / "rembg" / "u2netp.onnx")
    opened: list[weakref.ref[Any]] = []
    original = onnxruntime.InferenceSession.__init__

    def remember(self: Any, *args: Any, **kwargs: Any) -> None:
        opened.append(weakref.ref(self))
        original(self, *args, **kwargs)

    monkeypatch.setattr(onnxruntime.InferenceSession, "__init__", remember)
    cut_out(blue_plate[0], method="rembg:u2netp")
    gc.collect()
    assert len(opened) == 1
    assert opened[0]() is None


def test_model_that_is_sure_of_nothing_finds_nothing(home: Path, blue_plate: tuple[Array, Array]) -> None:
    save_toy_net(
        home / "models" / "rembg" / "u2netp.onnx", sure=False
    )  # rembg alone would stretch this to a full matte
    with pytest.raises(InputError) as caught:
        cut_out(blue_plate[0], method="rembg:u2netp")
    assert caught.value.code == "cutout.nothing_found"


@pytest.mark.parametrize("shade", [0.0, 0.2], ids=["flat", "shaded"])
def test_model_that_takes_all_for_product_finds_no_background(home: Path, shade: float) -> None:
    """rembg alone would stretch the little difference there is to a matte, or a flat answer to none at all."""
    save_toy_net(home / "models" / "rembg" / "u2netp.onnx")
    photo = np.broadcast_to(np.array([0.1, 0.2, 0.9], np.float32), (300, 400, 3)).copy()
    photo[..., 2] -= np.linspace(0, shade, 400, dtype=np.float32)
    with pytest.raises(InputError) as caught:
        cut_out(photo, method="rembg:u2netp")
    assert caught.value.code == "cutout.everything_found" and "mask" in caught.value.hint


def test_nothing_is_fetched_unasked(home: Path, blue_plate: tuple[Array, Array]) -> None:
    with pytest.raises(ModelError) as caught:
        cut_out(blue_plate[0], method="rembg:u2netp")
    assert caught.value.code == "cutout.no_weights"
    assert list(home.rglob("*.onnx")) == []


def test_failed_download_is_named(home: Path, blue_plate: tuple[Array, Array]) -> None:
    with pytest.raises(ProviderError) as caught:  # the unit tests' network guard stands in for a broken line
        cut_out(blue_plate[0], method="rembg:u2netp", allow_download=True)
    assert caught.value.code == "cutout.download_failed"


def test_half_a_weight_file_is_named(home: Path, blue_plate: tuple[Array, Array]) -> None:
    path = save_toy_net(home / "models" / "rembg" / "u2netp.onnx")
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(ModelError) as caught:
        cut_out(blue_plate[0], method="rembg:u2netp")
    assert caught.value.code == "cutout.bad_weights"
    assert "u2netp.onnx" in caught.value.message


def test_file_of_another_network_is_named(home: Path, blue_plate: tuple[Array, Array]) -> None:
    """It opens as well as the right one, and fails when it is run."""
    save_toy_net(home / "models" / "rembg" / "u2netp.onnx", side=64)
    with pytest.raises(ModelError) as caught:
        cut_out(blue_plate[0], method="rembg:u2netp")
    assert caught.value.code == "cutout.bad_weights" and "u2netp.onnx" in caught.value.message


def test_file_of_a_network_that_gives_no_picture_is_named(home: Path, blue_plate: tuple[Array, Array]) -> None:
    from onnx import TensorProto, helper, save

    mean = helper.make_node("ReduceMean", ["picture"], ["number"], keepdims=0)
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 320, 320])
    number = helper.make_tensor_value_info("number", TensorProto.FLOAT, [])
    path = home / "models" / "rembg" / "u2netp.onnx"
    path.parent.mkdir(parents=True)
    graph = helper.make_graph([mean], "mean", [picture], [number])
    save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    with pytest.raises(ModelError) as caught:
        cut_out(blue_plate[0], method="rembg:u2netp")
    assert caught.value.code == "cutout.bad_weights" and "u2netp.onnx" in caught.value.message


def test_host_folder_comes_first(home: Path) -> None:
    save_toy_net(home / "models" / "rembg" / "u2netp.onnx")
    own = save_toy_net(home / "comfyui" / "rembg" / "u2netp.onnx")

    class OneFolder:
        def model_file(self, kind: str, name: str) -> Path | None:
            path = home / "comfyui" / kind / name
            return path if path.is_file() else None

    host = OneFolder()
    assert rembg_models.find_weights(rembg_models.MODELS["u2netp"], host) == own  # pyright: ignore[reportArgumentType]
