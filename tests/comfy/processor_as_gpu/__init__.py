"""Gives ``--novram`` its meaning, which ComfyUI takes back from GPUs whose free memory it cannot read."""

import comfy.model_management
from comfy.cli_args import args

NODE_CLASS_MAPPINGS: dict = {}

if args.novram:
    comfy.model_management.vram_state = comfy.model_management.VRAMState.NO_VRAM
