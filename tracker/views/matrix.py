"""Matrix: tasks × bodies, as of any day."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracker.boards.matrix import Matrix, MatrixFilter, State
from tracker.boards.matrix import matrix as matrix_of
from tracker.choices import Role
from tracker.clock import local_today
from tracker.forms.queues import MatrixForm
from tracker.views.doors import reading


@reading
def matrix(request: HttpRequest) -> HttpResponse:
    """Show one page of it. Eight queries whatever the number of tasks and bodies."""
    form = MatrixForm(request.GET, today=local_today())
    asked = {name: value for name, value in form.values().items() if name != "as_of"}
    board = matrix_of(request.user, form.day, MatrixFilter(**asked))
    context: dict[str, Any] = {
        "form": form,
        "board": board,
        "day": form.day,
        "states": list(State),
        "roles": list(Role),
    }
    return render(request, "tracker/matrix.html", {**context, "page": _page(board)})


def _page(board: Matrix) -> dict[str, int | None]:
    return {
        "number": board.page,
        "previous_number": board.page - 1 if board.page > 1 else None,
        "next_number": board.page + 1 if board.has_next else None,
    }
