"""Who owns the device that this process draws on."""

from __future__ import annotations

from ...ports import Host


class DeviceOwner:
    """The host that was given; without one plain torch, on the best device here, from the first call on."""

    def __init__(self, host: Host | None = None) -> None:
        self._host = host

    def __call__(self) -> Host:
        if self._host is None:
            from ...engine.memory.torch_host import TorchHost

            self._host = TorchHost()
        return self._host
