"""An annex of 2,000 rows: read in its process and laid out against the registers; hostile files apart, in the suite."""

import resource
import time
import tracemalloc

import pytest

from accounts.models import Membership, User
from tests.bench.measured import SATURDAY, noon, tell
from tests.exchange.annexes import HEADS, long_docx, xlsx
from tracker.choices import Duty
from tracker.exchange import scale
from tracker.exchange.annex.reader import read_annex
from tracker.models import Body, Resolution, Task
from tracker.services import annexes

ROWS = 2_000
MOST_SECONDS, MOST_MEGABYTES = 10, 300


def _rows():
    """Every tenth row has a misspelt body, every seventh a whole kind of bodies."""
    bodies = [body.name_vi for body in Body.objects.order_by("pk")[:40]]
    for number in range(1, ROWS + 1):
        lead = f"{bodies[number % len(bodies)]}{' x' if number % 10 == 0 else ''}"
        others = "; ".join(bodies[(number + step) % len(bodies)] for step in (1, 2, 3))
        kind = "; các bộ, ngành, địa phương" if number % 7 == 0 else ""
        title = f"Xây dựng, hoàn thiện quy định số {number} về trách nhiệm của cơ quan nhà nước trong công tác dân vận"
        yield [str(number), title, lead, f"{others}{kind}", "Nghị định", "Quý IV/2027", ""]


def _editor():
    root = Body.objects.filter(parent__isnull=True).earliest("pk")
    user = User.objects.create(username="bench-edits")
    Membership.objects.create(user=user, body=root, root=root, duty=Duty.EDITOR, valid_from=SATURDAY)
    return user


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "made"), [("annex.xlsx", xlsx), ("annex.docx", long_docx)])
def test_two_thousand_rows_are_laid_out_in_ten_seconds(name, made):
    scale.ensure_rules()
    scale.seed(100, at=noon(SATURDAY))
    wanted = annexes.Wanted(resolution=Resolution.objects.earliest("pk"), assigned_on=SATURDAY)
    content = made([HEADS, *_rows()])
    begin = time.perf_counter()
    grids = read_annex(name, content)
    read = time.perf_counter() - begin
    plan, _wrong = annexes.settled(grids, wanted, {})
    took = time.perf_counter() - begin
    tracemalloc.start()
    annexes.settled(read_annex(name, content), wanted, {})
    own = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    tell(f"\n{name}: {ROWS:,} rows read in {read:.1f} s, laid out in {took:.1f} s; {child:.0f} MB and {own:.0f} MB")
    assert sum(bool(line.draft) for line in plan.lines) == ROWS
    assert took <= MOST_SECONDS
    assert child + own <= MOST_MEGABYTES


@pytest.mark.django_db
def test_two_thousand_rows_are_entered_in_one_act():
    scale.ensure_rules()
    scale.seed(100, at=noon(SATURDAY))
    wanted = annexes.Wanted(resolution=Resolution.objects.earliest("pk"), assigned_on=SATURDAY)
    first = Body.objects.order_by("pk").first().code
    rows = [[str(n), f"Quy định số {n}", first, "", "", "2027", ""] for n in range(1, ROWS + 1)]
    grids = read_annex("annex.xlsx", xlsx([HEADS, *rows]))
    plan, _wrong = annexes.settled(grids, wanted, {})
    before, begin = Task.objects.count(), time.perf_counter()
    annexes.enter(plan, wanted, by=_editor(), at=noon(SATURDAY))
    tell(f"\n{ROWS:,} rows entered in {time.perf_counter() - begin:.1f} s")
    assert Task.objects.count() == before + ROWS
    assert annexes.settled(grids, wanted, {})[0].counts["unchanged"] == ROWS
