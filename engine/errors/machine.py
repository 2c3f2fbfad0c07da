"""The machine that the engine runs on: its disk, its devices, its memory, its time."""

from __future__ import annotations

from engine.errors.base import RecedeError


class StateUnusable(RecedeError):
    """The state folder can be neither named nor written to, or its disk is full."""

    code = "state_unusable"


class DiskFull(RecedeError):
    """The disk on which something is to be written has no room."""

    code = "disk_full"


class DeviceUnavailable(RecedeError):
    """The chosen device is not on this machine."""

    code = "device_unavailable"


class OutOfMemory(RecedeError):
    """The device's memory does not even hold the smallest piece of the work."""

    code = "out_of_memory"


class MachineBusy(RecedeError):
    """Too little processor time was left for the work, however small it is."""

    code = "machine_busy"
