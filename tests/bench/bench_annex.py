"""An annex of 2,000 rows: read in its process and laid out against the registers; hostile files apart, in the suite."""

import resource
import time
import tracemalloc

import pytest

from tests.bench.measured import SATURDAY, noon, tell
from tests.exchange.annexes import HEADS, long_docx, xlsx
from tracker.exchange import scale
from tracker.exchange.annex.reader import read_annex
from tracker.models import Body, Resolution
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


def _processor():
    """Seconds of the processor, those of the process that reads among them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "made"), [("annex.xlsx", xlsx), ("annex.docx", long_docx)])
def test_two_thousand_rows_are_laid_out_in_ten_seconds(name, made):
    scale.ensure_rules()
    scale.seed(100, at=noon(SATURDAY))
    wanted = annexes.Wanted(resolution=Resolution.objects.earliest("pk"), assigned_on=SATURDAY)
    content = made([HEADS, *_rows()])
    begin, spent = time.perf_counter(), _processor()
    grids = read_annex(name, content)
    read = time.perf_counter() - begin
    plan, _wrong = annexes.settled(grids, wanted, {})
    took, spent = time.perf_counter() - begin, _processor() - spent
    tracemalloc.start()
    annexes.settled(read_annex(name, content), wanted, {})
    own = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    tell(f"\n{name}: {ROWS:,} rows read in {read:.1f} s, laid out in {took:.1f} s")
    tell(f"of the processor {spent:.1f} s, of the memory {child:.0f} MB and {own:.0f} MB")
    assert sum(bool(line.draft) for line in plan.lines) == ROWS
    assert took <= MOST_SECONDS
    assert child + own <= MOST_MEGABYTES
