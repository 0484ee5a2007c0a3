"""The ComfyUI skin: the ordered list of nodes. The work itself is done by the library ``adstudio``."""

from __future__ import annotations

import logging
import os

from comfy_api.latest import ComfyExtension, io
from comfyui_version import __version__ as comfyui_version

MINIMUM_COMFYUI = (0, 16, 0)

logger = logging.getLogger("adstudio.nodes")


class AdStudio(ComfyExtension):
    """All nodes of the pack, in the order in which a graph uses them."""

    async def on_load(self) -> None:
        """Look for a user's words and fonts in ComfyUI's folders, and say when ComfyUI is too old: it does not."""
        from ..adstudio.text import fontfolders
        from . import editor_routes, panel_routes, routes
        from ._host import font_folders, user_folder

        os.environ.setdefault("ADSTUDIO_HOME", str(user_folder()))
        fontfolders.search_in(font_folders())
        routes.add()
        found = tuple(int(part) for part in comfyui_version.split(".")[:3] if part.isdigit())
        if found < MINIMUM_COMFYUI:
            wanted = ".".join(map(str, MINIMUM_COMFYUI))
            logger.warning(
                "Ad Studio needs ComfyUI %s or newer, this is %s. Please update ComfyUI.", wanted, comfyui_version
            )
        editor_routes.register()
        panel_routes.register()

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        from . import (
            channel_rules,
            channels,
            compose,
            cutout,
            editor,
            generate,
            layout,
            model,
            native,
            output,
            prompt,
            text,
        )
        from ._feedback import reporting

        modules = (
            model,
            native,
            prompt,
            generate,
            cutout,
            layout,
            compose,
            editor,
            text,
            channels,
            channel_rules,
            output,
        )
        return [reporting(node) for module in modules for node in module.NODES]
