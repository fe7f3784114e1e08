"""A process of its own that writes all tasks as NDJSON as the web server does: prints seconds, bytes, peak MB.

python -m tests.bench.exporter DATABASE USER OUTPUT
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path

import django


def main(database: str, username: str, output: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection
    from django.http import QueryDict

    from accounts.models import User
    from tracker.api import exports
    from tracker.api.parameters import read_list

    connection.settings_dict["NAME"] = database
    query = read_list(QueryDict(""), exports.TASKS, User.objects.get(username=username))
    begin = time.perf_counter()
    with exports.written(exports.TASKS, query, "ndjson") as file:
        seconds = time.perf_counter() - begin
        with Path(output).open("wb") as copy:
            shutil.copyfileobj(file, copy)
        print(seconds, file.tell(), peak())


def peak() -> float:
    """The most memory that this process ever held, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000  # type: ignore[index]


if __name__ == "__main__":
    main(*sys.argv[1:])
