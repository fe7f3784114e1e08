"""Finds Chromium, and installs Debian's where that is possible: `python -m tests.browser`, called by `make test`."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM"
PACKAGES = ("chromium", "fonts-dejavu-core")


@functools.cache
def find() -> str | None:
    """Return the path of a Chromium, None when there is none."""
    return shutil.which(os.environ.get("CHROMIUM", "")) or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    """Make sure that there is a browser; 1 only where its absence is a failure (CI)."""
    if find() or _install():
        return 0
    print(f"The browser tests do not run: {MISSING}.", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


def _install() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Installing Chromium from Debian …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    subprocess.run(["apt-get", "-qq", "update"], **quiet)
    done = subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *PACKAGES], **quiet)
    return done.returncode == 0 and any(map(shutil.which, NAMES))


if __name__ == "__main__":
    sys.exit(main())
