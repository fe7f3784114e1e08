"""The catalogues of translations: brought up to date, checked, compiled. Babel does it; GNU gettext is not needed.

Messages are English, so the English catalogue holds only what should read otherwise than its message.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tracker.exchange.message_sources import ROOT, is_translated

FOLDER = ROOT / "tracker" / "locale"
WHOLE = "vi"
LANGUAGES = (WHOLE, "en")
HEADER = "# Written by manage.py messages --update; translate here, the rest is made anew each time."
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|%[sdf](?!\w)|\{(\w*)[^{}]*\}")


def path_of(language: str) -> Path:
    """Return where the catalogue of `language` lies."""
    return FOLDER / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Return the catalogue as it is on disk, obsolete entries included."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, *, sources: Catalog) -> Counter[str]:
    """Write the catalogue anew: translations kept, new messages empty, unused ones dropped. Return what was done."""
    old = read(language)
    fresh = _empty(language)
    done: Counter[str] = Counter()
    for message in _in_order(sources):
        known = old.get(message.id, message.context)
        if known or language == WHOLE:
            done["kept" if known else "new"] += 1
            _take_over(fresh, message, known)
    done["dropped"] = sum(1 for message in _all_of(old) if not sources.get(message.id, message.context))
    _write(path_of(language), fresh)
    return done


def _empty(language: str) -> Catalog:
    # Days and names that tell nothing would make every update a difference.
    names = ("copyright_holder", "msgid_bugs_address", "last_translator", "language_team")
    day = datetime(2026, 11, 23, tzinfo=UTC)
    return Catalog(
        language,
        header_comment=HEADER,
        project="resolution-tracker",
        version="1",
        creation_date=day,
        revision_date=day,
        fuzzy=False,
        **dict.fromkeys(names, "the maintainers"),
    )


def _in_order(catalog: Catalog) -> list[Message]:
    return sorted((message for message in catalog if message.id), key=_first_place)


def _first_place(message: Message) -> str:
    return min(place for place, _line in message.locations)


def _take_over(catalog: Catalog, message: Message, known: Message | None) -> None:
    catalog.add(
        message.id,
        known.string if known and bool(known.pluralizable) == bool(message.pluralizable) else None,
        locations=sorted(message.locations),
        user_comments=known.user_comments if known else (),
        context=message.context,
    )


def _all_of(catalog: Catalog) -> Iterator[Message]:
    yield from (message for message in catalog if message.id)
    yield from catalog.obsolete.values()


def _write(path: Path, catalog: Catalog) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_po(file, catalog, width=120, include_lineno=False)
    draft.replace(path)


def problems(language: str, *, sources: Catalog) -> list[str]:
    """Return what is wrong with the catalogue, a line each; nothing when all is well."""
    catalog = read(language)
    lines = [f"missing: {_name(message)}" for message in sources if language == WHOLE and _is_missing(message, catalog)]
    for message in _all_of(catalog):
        lines += [f"{what}: {_name(message)}" for what in _wrong_with(message, sources)]
    return sorted(lines)


def _is_missing(message: Message, catalog: Catalog) -> bool:
    known = catalog.get(message.id, message.context) if message.id else None
    return bool(message.id) and (known is None or not is_translated(known.string))


def _wrong_with(message: Message, sources: Catalog) -> Iterator[str]:
    if not sources.get(message.id, message.context):
        yield "obsolete"
    if message.fuzzy:
        yield "fuzzy"
    if is_translated(message.string) and not _has_same_placeholders(message):
        yield "other placeholders"


def _has_same_placeholders(message: Message) -> bool:
    # The plural message holds them all; the singular may leave the number out.
    wanted = _placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    given = (message.string,) if isinstance(message.string, str) else message.string or ()
    return all(_placeholders(string) == wanted for string in given)


def _placeholders(text: str) -> set[str]:
    return {match.group() for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def _name(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{text!r}" + (f" ({message.context})" if message.context else "")


def compile_all() -> list[Path]:
    """Compile what is older than its source, each whole or not at all; return the files that were written."""
    return [_compile(path_of(language)) for language in LANGUAGES if is_old(path_of(language))]


def is_old(path: Path) -> bool:
    """Tell whether the compiled form of a catalogue is missing or older than the catalogue."""
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


def _compile(path: Path) -> Path:
    compiled = path.with_suffix(".mo")
    draft = compiled.with_name(f".{compiled.name}.{os.getpid()}")
    with path.open("rb") as source, draft.open("wb") as file:
        write_mo(file, read_po(source))
    draft.replace(compiled)
    return compiled
