"""The queues: one page each, of one shape, and what became of a decision on many rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker import clock
from tracker.boards.queues import QUEUES
from tracker.boards.queues.counting import Length
from tracker.boards.queues.shape import Page, Queue, counts, page_of, readable
from tracker.boards.urging import selectable
from tracker.choices import Clock, QueueCode
from tracker.forms.queue_filters import FilterNameForm, SelectionForm, filter_of
from tracker.models import SavedFilter, Task
from tracker.policies import may, require
from tracker.services import decisions
from tracker.services.decisions import Outcome, Result, seen_of
from tracker.views.doors import reading, writing
from tracker.views.trails import ROUTES, Trail, address_of, address_of_saved, query_of

LEDES = {
    QueueCode.OVERDUE: gettext_lazy(
        "A flag says that a task has waited too long: why, since when, and on whom it waits."
    ),
    QueueCode.REPORTS: gettext_lazy("What officials submitted. While it lies here, the ball is the commission's."),
    QueueCode.EVIDENCE: gettext_lazy(
        "What is said to make a task a rule. It counts only once somebody else verified it."
    ),
    QueueCode.EXTENSIONS: gettext_lazy(
        "Who asks for more time, until when and why. The deadline stands until it is granted."
    ),
    QueueCode.OBSTACLES: gettext_lazy(
        "Tasks that wait on another body, as the accountable body says. It stops no clock."
    ),
    QueueCode.LAPSED: gettext_lazy(
        "Tasks whose rule is no longer in force: they are open again since the day it ended."
    ),
    QueueCode.UNOWNED: gettext_lazy("Tasks for which nobody answers: no body, or a post that is vacant."),
}
ACCEPTS = {
    QueueCode.OVERDUE: gettext_lazy("Acknowledge selected"),
    QueueCode.REPORTS: gettext_lazy("Accept selected"),
    QueueCode.EVIDENCE: gettext_lazy("Verify selected"),
    QueueCode.EXTENSIONS: gettext_lazy("Grant selected as asked"),
    QueueCode.OBSTACLES: gettext_lazy("End selected"),
}
RETURNS = {
    QueueCode.REPORTS: gettext_lazy("Return selected with the reason"),
    QueueCode.EVIDENCE: gettext_lazy("Return selected with the reason"),
    QueueCode.EXTENSIONS: gettext_lazy("Refuse selected with the reason"),
}
DECIDED = "decided"


def _deciding(code: QueueCode) -> Callable[..., HttpResponse]:
    @writing
    def view(request: HttpRequest) -> HttpResponse:
        queue = QUEUES[code]
        require(request.user, queue.action)
        if request.method != "POST":
            return _shown(request, queue, SelectionForm(queue=queue))
        if "urge" in request.POST:
            return redirect(_urging(request))
        require(request.user, "review.read")
        return _decided(request, queue)

    return view


def _listing(code: QueueCode) -> Callable[..., HttpResponse]:
    @reading
    def view(request: HttpRequest) -> HttpResponse:
        require(request.user, QUEUES[code].action)
        return _shown(request, QUEUES[code], None)

    return view


overdue = _deciding(QueueCode.OVERDUE)
review = _deciding(QueueCode.REPORTS)
review_evidence = _deciding(QueueCode.EVIDENCE)
review_extensions = _deciding(QueueCode.EXTENSIONS)
review_obstacles = _deciding(QueueCode.OBSTACLES)
lapsed = _listing(QueueCode.LAPSED)
unowned = _listing(QueueCode.UNOWNED)


def _shown(request: HttpRequest, queue: Queue, selection: SelectionForm | None) -> HttpResponse:
    """Show one page of a queue. At most 12 queries whatever the number of rows, 20 for flags with their shares."""
    user, today = request.user, clock.local_today()
    form = filter_of(queue, request.GET)
    wanted = form.wanted()
    page = page_of(queue, user, today, wanted)
    queues = readable(list(QUEUES.values()), user)
    numbers = counts(user, today, queues)
    trail = Trail(queue, form, user)
    context = {
        "queue": queue,
        "lede": LEDES[queue.code],
        "form": form,
        "trail": trail,
        "suffix": "" if queue.waiting is None else trail.suffix,
        "row_route": ROUTES[queue.code][1],
        "page": page,
        "length": page.length,
        "parts": _parts(queue, page.length),
        "tabs": [(row, address_of(row), number) for row, number in zip(queues, numbers, strict=True)],
        "saved": _saved(request, queue, trail),
        "naming": FilterNameForm(may_share=may(user, "filter.share")),
        "selection": selection,
        "accept": ACCEPTS.get(queue.code),
        "returns": RETURNS.get(queue.code),
        **_choices(request, queue, page, selection),
    }
    return render(request, "tracker/queue.html", context)


def _parts(queue: Queue, length: Length) -> list[tuple[str, int]]:
    """How many flags each clock has; where they are too many to be counted, all clocks to choose from."""
    if queue.code != QueueCode.OVERDUE:
        return []
    numbers = [(clock.value, length.parts.get(clock.value, 0)) for clock in Clock]
    return [(code, number) for code, number in numbers if number or length.is_more]


def _choices(request: HttpRequest, queue: Queue, page: Page, selection: SelectionForm | None) -> dict[str, Any]:
    """Which rows can be chosen, each with what was seen of it; and which of them were."""
    if selection is None:
        return {}
    may_choose = {row.item.pk for row in page.rows if row.may_decide}
    urgeable: set[int] = set()
    if queue.code == QueueCode.OVERDUE:
        urgeable = selectable([row.more for row in page.rows], request.user, clock.local_today())
    seen = {row.item.pk: seen_of(row.item) for row in page.rows if row.item.pk in may_choose | urgeable}
    found = {"seen": seen, "urgeable": urgeable, "may_decide": bool(may_choose), "may_choose": bool(seen)}
    return {**found, "is_chosen": set(selection.chosen)}


def _saved(request: HttpRequest, queue: Queue, trail: Trail) -> list[dict[str, Any]]:
    """The filters that the reader keeps or shares. One query."""
    rows = SavedFilter.objects.visible_to(request.user).filter(queue=queue.code).select_related("owner")
    return [
        {
            "filter": row,
            "url": address_of_saved(row),
            "is_shown": row.query == trail.form.asked(),
            "may_change": may(request.user, "filter.change", row),
        }
        for row in rows
    ]


def _urging(request: HttpRequest) -> str:
    """The chosen flags go to the page that previews the letters."""
    chosen = SelectionForm(request.POST, queue=QUEUES[QueueCode.OVERDUE]).chosen
    return reverse("urging_new") + "?" + urlencode({"flag": list(chosen)}, doseq=True)


def _decided(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Decide on the chosen rows, and show what became of each."""
    form = SelectionForm(request.POST, queue=queue)
    if form.is_valid():
        results = decisions.decide(queue.code, form.chosen, form.decided(), by=request.user, at=clock.now())
        if results:
            query = filter_of(queue, request.GET).query()
            request.session[DECIDED] = _kept(queue, query, results, len(form.chosen) - len(results))
            return redirect("queue_decided")
        form.add_error(None, _("None of the chosen rows is there any more."))
    return _shown(request, queue, form)


def _kept(queue: Queue, query: str, results: list[Result], gone: int) -> dict[str, Any]:
    rows = [(result.task_id, result.outcome.value, result.why) for result in results]
    return {"queue": queue.code.value, "query": query, "rows": rows, "gone": gone}


@reading
def queue_decided(request: HttpRequest) -> HttpResponse:
    """What became of the last decision on many rows: a line a row. Four queries."""
    require(request.user, "review.read")
    kept = request.session.get(DECIDED) or {"queue": QueueCode.REPORTS.value, "query": "", "rows": [], "gone": 0}
    tasks = Task.objects.visible_to(request.user).in_bulk([pk for pk, _outcome, _why in kept["rows"]])
    rows = [(tasks[pk], Outcome(outcome), why) for pk, outcome, why in kept["rows"] if pk in tasks]
    queue = QUEUES[kept["queue"]]
    context = {
        "queue": queue,
        "rows": sorted(rows, key=lambda row: row[1] == Outcome.DONE),
        "numbers": Counter(outcome for _task, outcome, _why in rows),
        "gone": kept["gone"],
        "back": address_of(queue, query_of(kept["query"]).urlencode()),
    }
    return render(request, "tracker/queue_decided.html", context)
