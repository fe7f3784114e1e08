"""What is wrong with the name of an uploaded file. The name is only ever shown: files lie under a UUID."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.utils.translation import gettext_lazy as _

LONGEST = 200
SHOWN = 80
# Signs that some system reads as a part of a path, a command or markup.
_SIGNS = frozenset('/\\:*?"<>|')
# Control and format signs (NUL, right-to-left override), lone surrogates, private use, unassigned.
_UNSEEN = ("C", "Zl", "Zp")
# Names that Windows opens as devices.
_DEVICES = {"con", "prn", "aux", "nul", "clock$", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
# Endings of what runs or is read as a page, wherever they stand in a name: `report.exe.pdf`.
_RUNS = frozenset(
    {"ade", "adp", "apk", "app", "asp", "aspx", "bas", "bat", "bin", "cgi", "chm", "class", "cmd", "com", "cpl", "dll"}
    | {"dmg", "docm", "dotm", "elf", "exe", "hta", "htm", "html", "iso", "jar", "js", "jse", "jsp", "lnk", "mht"}
    | {"mhtml", "msc", "msh", "msi", "msp", "mst", "phar", "php", "phtml", "pif", "pl", "potm", "ppam", "pptm", "ps1"}
    | {"psm1", "py", "pyw", "rb", "reg", "scf", "scr", "sct", "sh", "shb", "shtml", "svg", "svgz", "swf", "sys", "url"}
    | {"vb", "vbe", "vbs", "wasm", "wsc", "wsf", "wsh", "xbap", "xht", "xhtml", "xlam", "xlsm", "xltm", "xml", "xsl"}
    | {"xslt", "zip"}
)


def shown(name: str) -> str:
    """Return the name as a message may show it: unseen signs replaced, cut where it is long."""
    seen = "".join("\N{REPLACEMENT CHARACTER}" if _is_unseen(sign) else sign for sign in name)
    return seen if len(seen) <= SHOWN else f"{seen[:SHOWN]}…"


def wrong_with_name(name: str) -> Any:
    """Return what is wrong with a name, as a sentence with `%(name)s`; None where nothing is."""
    if len(name) > LONGEST or len(name.encode("utf-8", "replace")) > LONGEST * 2:
        return _("The name of %(name)s is too long: give it at most 200 letters.")
    if any(_is_unseen(sign) or sign in _SIGNS for sign in name):
        return _(
            '%(name)s has a sign in its name that file names do not have, such as / \\ : * ? " < > | or one unseen.'
        )
    parts = [part.strip().lower() for part in name.split(".")]
    if not all(parts) or name != name.strip():
        return _("%(name)s begins or ends with a dot or a space, or has two dots in a row: rename it.")
    if parts[0] in _DEVICES:
        return _("%(name)s has the name of a device: rename it.")
    if _RUNS.intersection(parts[1:-1]):
        return _("%(name)s hides the ending of a program or a page in its name: rename it, or leave it out.")
    return None


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign).startswith(_UNSEEN)
