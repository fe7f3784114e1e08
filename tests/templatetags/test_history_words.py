"""The fields and values of events, in words."""

import pytest
from django.utils.translation import override

from tracker.templatetags.history import field_value, field_words


@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        ("flag", "clock", "due", ("clock", "Deadline passed")),
        ("flag", "why", "met", ("why it closed", "the cause has ended")),
        ("flag", "why", "withdrawn", ("why it closed", "Withdrawn")),
        ("task", "kind", "depends_on", ("kind", "depends on")),
        ("progressreport", "version", 2, ("Version", "2")),
        ("obstacle", "external_id", "A-17", ("Id in that system", "A-17")),
        ("dispute", "role", "A", ("role", "Accountable")),
        ("instrument", "opened_on", "2026-03-02", ("opened on", "2 Mar 2026")),
        ("instrument", "people", 1840, ("People", "1840")),
        ("task", "no_such", "x", ("no_such", "x")),
    ],
)
def test_a_field_of_an_event_reads_as_on_the_pages(kind, name, value, told):
    with override("en"):
        assert (field_words(name, kind), field_value(kind, name, value)) == told
