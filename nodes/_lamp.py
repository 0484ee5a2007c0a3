"""The light as the composite nodes ask for it: the same widgets, read the same way."""

from __future__ import annotations

from typing import Any

from ..adstudio.imaging.composite.light import Lamp, estimate_light, find_lamp
from ..adstudio.types import Array
from ._api import io

LIGHTS = ["auto", "left", "right", "above", "angle"]


def lamp_inputs() -> list[Any]:
    """List the widgets of the lamp, folded away; all may be missing in older graphs."""
    return [
        io.Float.Input(
            "light_angle",
            default=-45.0,
            min=-180.0,
            max=180.0,
            step=5.0,
            optional=True,
            advanced=True,
            tooltip="For light = angle, seen from above: -90 = left, 0 = behind the camera, 90 = right, 180 = behind "
            "the product.",
        ),
        io.Float.Input(
            "light_height",
            default=0.0,
            min=0.0,
            max=90.0,
            step=5.0,
            optional=True,
            advanced=True,
            tooltip="Degrees over the horizon: low light throws long shadows, 90 = straight above. 0 = chosen for you.",
        ),
        io.Float.Input(
            "softness",
            default=0.5,
            min=0.0,
            max=1.0,
            step=0.05,
            optional=True,
            advanced=True,
            tooltip="Of the shadow: 0 = sun, 1 = overcast sky.",
        ),
    ]


def lamp_options(light: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Turn the widgets of the lamp, taken out of ``settings``, into what the library asks for."""
    angle = settings.pop("light_angle", -45.0)
    by_angle = light == "angle"
    return {
        "light": "above" if by_angle else light,
        "light_angle": angle if by_angle else None,
        "light_height": (settings.pop("light_height", 0.0) or (50.0 if by_angle else None)),
        "softness": settings.pop("softness", None),
    }


def find(options: dict[str, Any], scene: Array | None) -> Lamp:
    """Settle the lamp for one scene."""
    return find_lamp(
        options["light"],
        None if scene is None else estimate_light(scene),
        angle_deg=options["light_angle"],
        height_deg=options["light_height"],
        softness=options["softness"],
    )
