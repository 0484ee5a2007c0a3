"""Copied into a test server's custom nodes: for ``--directml``, the processor is the GPU.

ComfyUI refuses its memory flags together with ``--cpu``. Runs before ComfyUI imports what would look for the package.
"""

import sys
from types import ModuleType

import torch

package = ModuleType("torch_directml")
vars(package)["device"] = lambda index=0: torch.device("cpu")
vars(package)["device_name"] = lambda index=0: "the processor"
sys.modules["torch_directml"] = package
torch.version.cuda = None  # or ComfyUI takes the GPU for one of NVIDIA's, and finds none of them to unload
