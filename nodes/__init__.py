"""The ComfyUI skin: the ordered list of nodes. The work itself is done by the library ``adstudio``."""

from __future__ import annotations

import os

from comfy_api.latest import ComfyExtension, io


class AdStudio(ComfyExtension):
    """All nodes of the pack, in the order in which a graph uses them."""

    _is_loaded = False

    async def on_load(self) -> None:
        """Look for a user's words and fonts in ComfyUI's folders, and say what an older ComfyUI lacks."""
        from ..adstudio.text.faces import fontfolders
        from . import _lacks, editor_routes, panel_routes, routes
        from ._folders import font_folders, user_folder

        self._is_loaded = True
        os.environ.setdefault("ADSTUDIO_HOME", str(user_folder()))
        fontfolders.search_in(font_folders())
        routes.add()
        editor_routes.register()
        panel_routes.register()
        _lacks.tell(_lacks.find())

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        if not self._is_loaded:  # an older ComfyUI never says that it loads an extension
            await self.on_load()
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
