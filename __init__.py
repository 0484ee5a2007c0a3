"""Ad Studio: ComfyUI's door. Nothing of ComfyUI is imported before ComfyUI itself asks for the nodes."""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    """Hand ComfyUI the pack's nodes."""
    from .nodes import AdStudio

    return AdStudio()
