"""Units for the tests of cascades: a province with communes, each with its three bodies."""

from datetime import date

from tests.builders import START, make_body, make_post
from tracker.choices import BodyKind, Level

ORGANS = (("DU", BodyKind.PARTY), ("UBND", BodyKind.STATE), ("MT", BodyKind.MASS))


def make_unit(code, level=Level.COMMUNE, *, parent=None, head="An", since=date(2025, 7, 1), organs=ORGANS):
    """A unit whose bodies are CODE-DU, CODE-UBND and CODE-MT; `head`: who holds the post of the People's Committee,
    "" for a vacant post, None for no post at all."""
    unit = make_body(code, kind=BodyKind.SYSTEM, level=level, parent=parent or make_body("HTCT"), valid_from=since)
    for name, kind in organs:
        body = make_body(f"{code}-{name}", kind=kind, level=level, parent=unit, valid_from=since)
        if name == "UBND" and head is not None:
            make_post(body, holder=head, since=START)
    return unit


def make_communes(*codes, **facts):
    """Communes of the province T1."""
    province = make_unit("T1", Level.PROVINCE)
    return [make_unit(code, parent=province, **facts) for code in codes]
