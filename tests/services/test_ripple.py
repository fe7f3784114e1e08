"""An instrument that ends, in whole or in part: the preview, what lapses on the day, what goes on in the successor."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_cast, make_instrument, make_task, noon
from tracker.boards.ripple import Fate, ripple
from tracker.choices import EvidenceState, InstrumentLinkKind, Rank, Stage
from tracker.errors import Stale
from tracker.models import Event, Institutionalization, InstrumentLink, Task
from tracker.rules.citations import parse_articles
from tracker.services import endings, institutionalizations, scan

pytestmark = pytest.mark.django_db
LEVELS = [("central", ["law", "decree"])]
DAY, TODAY, END, AFTER = date(2026, 4, 1), date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 2)
PAIRS = (("Điều 5-7", "Điều 9-11"), ("Điều 8", "Điều 12"))


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def old():
    return make_instrument()


@pytest.fixture
def new():
    return make_instrument(in_force_on=END)


def leaning(instrument, cast, articles="", **facts):
    task = facts.pop("task", None) or make_task(levels=LEVELS)
    facts = {"level": "central", "by": cast["lan"], "at": noon(DAY), "articles": articles, **facts}
    evidence = institutionalizations.declare(task, instrument, **facts)
    return institutionalizations.verify(evidence, by=cast["hoa"], at=noon(DAY))


def end(instrument, cast, by="quang", version=None, **facts):
    ending = endings.Ending(**{"on": END, **facts})
    return endings.end(instrument, ending, by=cast[by], at=noon(TODAY), version=version)


def stages(on=AFTER):
    scan.run(on, at=noon(on))
    return list(Task.objects.order_by("pk").values_list("stage", flat=True))


def previewed(instrument, *, articles="", successor=None, pairs=()):
    read = [(parse_articles(before), parse_articles(after)) for before, after in pairs]
    found = ripple(instrument, on=END, today=TODAY, spans=parse_articles(articles), successor=successor, pairs=read)
    return found, [row.fate for row in found.rows]


def test_the_preview_tells_what_becomes_of_every_task(cast, old, new):
    lapses, carried = leaning(old, cast, "Điều 20"), leaning(old, cast, "Điều 6, 8")
    held, continued = leaning(old, cast), leaning(old, cast)
    leaning(make_instrument(), cast, task=held.task)
    leaning(new, cast, task=continued.task)
    waits = institutionalizations.declare(
        make_task(levels=LEVELS), old, level="central", by=cast["lan"], at=noon(DAY), articles="Điều 1"
    )
    found, _ = previewed(old, successor=new, pairs=PAIRS)
    fates = {row.row.pk: row.fate for row in found.rows}
    assert fates == {
        lapses.pk: Fate.LAPSES, carried.pk: Fate.CARRIED, held.pk: Fate.HELD, continued.pk: Fate.CONTINUED,
        waits.pk: Fate.NOT_COUNTED,
    }  # fmt: skip
    assert (found.lapsing_tasks, dict(found.counts)[Fate.LAPSES]) == (2, 1)


def test_the_preview_writes_nothing_and_asks_a_constant_number_of_times(cast, old, django_assert_num_queries):
    for _ in range(5):
        leaning(old, cast)
    with django_assert_num_queries(3):
        previewed(old)
    assert stages() == [Stage.INSTITUTIONALIZED] * 5


def test_what_the_preview_says_is_what_happens(cast, old, new):
    leaning(old, cast, "Điều 20")
    leaning(make_instrument(), cast, task=leaning(old, cast).task)
    found, fates = previewed(old, successor=new)
    end(old, cast, by_instrument=new)
    assert stages(TODAY) == [Stage.INSTITUTIONALIZED] * 2
    assert stages() == [Stage.ASSIGNED, Stage.INSTITUTIONALIZED]
    assert (fates, found.lapsing_tasks) == ([Fate.LAPSES, Fate.HELD], 1)


def test_a_part_that_ends_opens_only_what_leans_on_it(cast, old, new):
    leaning(old, cast, "Điều 1-4")
    touched = leaning(old, cast, "khoản 2 Điều 6")
    whole = leaning(old, cast)
    end(old, cast, articles="Điều 5-7", by_instrument=new)
    assert stages() == [Stage.INSTITUTIONALIZED, Stage.ASSIGNED, Stage.ASSIGNED]
    ended = Institutionalization.objects.filter(ends_on=END, ended_by=new)
    assert set(ended) == {touched, whole}
    old.refresh_from_db()
    assert (old.ends_on, InstrumentLink.objects.get().kind) == (None, InstrumentLinkKind.AMENDS)


def test_what_goes_on_in_the_successor_is_declared_there_and_counts_once_somebody_else_has_verified_it(cast, old, new):
    before = leaning(old, cast, "Điều 6, 8")
    (carried,) = end(old, cast, by_instrument=new, continued=PAIRS)
    assert (carried.articles, carried.continues, carried.state) == ("Điều 9–12", before, EvidenceState.DECLARED)
    with pytest.raises(PermissionDenied):
        institutionalizations.verify(carried, by=cast["quang"], at=noon(TODAY))
    institutionalizations.verify(carried, by=cast["hoa"], at=noon(TODAY))
    assert stages() == [Stage.INSTITUTIONALIZED]


def test_what_nobody_verified_by_the_day_lapses_and_is_whole_again_once_verified(cast, old, new):
    task = leaning(old, cast, "Điều 6").task
    (carried,) = end(old, cast, by_instrument=new, continued=PAIRS)
    assert stages() == [Stage.ASSIGNED]
    institutionalizations.verify(carried, by=cast["hoa"], at=noon(date(2026, 7, 20)))
    task.refresh_from_db()
    assert (task.stage, task.done_on) == (Stage.INSTITUTIONALIZED, END)


def test_what_the_successor_drops_or_is_too_low_for_is_not_carried(cast, old):
    leaning(old, cast, "Điều 20")
    assert end(old, cast, by_instrument=make_instrument(in_force_on=END), continued=PAIRS) == []
    other = make_instrument()
    leaning(other, cast, "Điều 6")
    low = make_instrument(rank=Rank.CIRCULAR, in_force_on=END)
    assert end(other, cast, by_instrument=low, continued=PAIRS) == []


def test_an_end_is_in_the_history_with_its_reason(cast, old):
    end(old, cast, note="Bãi bỏ theo Nghị quyết số 1")
    event = Event.objects.get(kind="instrument.ended")
    assert (event.on, event.why, event.actor) == (END, "Bãi bỏ theo Nghị quyết số 1", cast["quang"])


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"on": date(2020, 1, 1)}, "on"),
        ({"articles": "Điều 7-5"}, "articles"),
        ({"continued": PAIRS}, "by_instrument"),
        ({"continued": [("Điều", "Điều 2")]}, "continued"),
    ],
)
def test_what_cannot_be_is_refused_by_name(cast, old, facts, field):
    with pytest.raises(ValidationError) as refused:
        end(old, cast, **facts)
    assert list(refused.value.message_dict) == [field]


def test_it_ends_once_and_not_by_itself(cast, old):
    with pytest.raises(ValidationError):
        end(old, cast, by_instrument=old)
    with pytest.raises(Stale):
        end(old, cast, version=99)
    with pytest.raises(PermissionDenied):
        end(old, cast, by="hoa")
    end(old, cast)
    with pytest.raises(ValidationError):
        end(old, cast)


def test_many_that_lean_on_it_cost_a_constant_number_of_queries(cast, old, django_assert_max_num_queries):
    for _ in range(12):
        leaning(old, cast)
    with django_assert_max_num_queries(60):
        end(old, cast)
    assert stages() == [Stage.ASSIGNED] * 12
