"""The remark that a body writes beside a flag of its own task."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.overdue import row_of
from tracker.forms.decisions import RemarkForm
from tracker.models import Flag
from tracker.policies import require
from tracker.services import flags
from tracker.views.attempts import attempt
from tracker.views.doors import writing


@writing
def flag_remark(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the remark, or another in its place, then go back to the task."""
    rows = Flag.objects.visible_to(request.user).select_related("task__resolution__issuer")
    flag: Flag = get_object_or_404(rows, pk=pk)
    require(request.user, "flag.remark", flag)
    last = flag.remarks.first()
    initial = {"text": last.text if last else "", "version": last.number if last else 0}
    form, status = RemarkForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = attempt(form, lambda: flags.remark(flag, **form.cleaned_data, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Written. It stands beside the flag wherever the flag is shown."))
            return redirect("task", flag.task_id)
    context = {"row": row_of(flag, clock.local_today()), "form": form, "last": last}
    return render(request, "tracker/flag_remark.html", context, status=status)
