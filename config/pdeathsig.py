"""Linux's PR_SET_PDEATHSIG: the kernel kills this process when its parent dies, however that happens.

It is lost on fork, so every process of a tree asks for itself. Elsewhere than on Linux it does nothing.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded at import: between fork and exec nothing may take a lock of the loader.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int | None = None, *, number: int = signal.SIGKILL) -> None:
    """Ask for the signal when the parent dies. With `parent` given, end at once if that one is already gone."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)
