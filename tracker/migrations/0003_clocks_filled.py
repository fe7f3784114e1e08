"""Calendars get their first version, under the same key; flags, steps and tasks get what the new columns mean."""

from django.db import connection, migrations
from django.db.models import F, Max, Min, OuterRef, Subquery
from django.utils import timezone

REPEAT_DAYS = 10


def fill(apps, schema_editor):
    models = {name: apps.get_model("tracker", name) for name in (
        "Calendar", "CalendarVersion", "Policy", "PolicyStep", "Flag", "FlagStep", "Task", "StageChange",
        "ProgressReport", "Institutionalization",
    )}  # fmt: skip
    fill_calendars(models)
    fill_policies(models)
    fill_flags(models)
    fill_tasks(models)


def fill_calendars(models):
    versions = [
        models["CalendarVersion"](
            pk=calendar.pk,
            calendar=calendar,
            first_year=calendar.first_year,
            last_year=calendar.last_year,
            valid_from=f"{calendar.first_year}-01-01",
            applied_at=timezone.now(),
        )
        for calendar in models["Calendar"].objects.all()
    ]
    models["CalendarVersion"].objects.bulk_create(versions)
    if connection.vendor == "postgresql":  # the keys were given, so the sequence does not know of them
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('tracker_calendarversion', 'id'),"
                " GREATEST((SELECT max(id) FROM tracker_calendarversion), 1))"
            )


def fill_policies(models):
    models["Policy"].objects.update(applied_at=timezone.now())
    steps = models["PolicyStep"].objects
    steps.filter(addressee="accountable").update(addressee="holder")
    last = steps.filter(policy=OuterRef("policy"), clock=OuterRef("clock")).order_by("-number")
    steps.filter(number=Subquery(last.values("number")[:1])).update(repeat_days=REPEAT_DAYS)


def fill_flags(models):
    calendar = models["Policy"].objects.filter(pk=OuterRef("policy")).values("calendar_id")
    models["Flag"].objects.update(calendar_version=Subquery(calendar[:1]))
    models["FlagStep"].objects.filter(addressee="accountable").update(addressee="holder")
    models["FlagStep"].objects.update(reached=F("addressee"))


def fill_tasks(models):
    task = {"task": OuterRef("pk")}
    reports = models["ProgressReport"].objects.filter(state="submitted", **task).order_by()
    evidence = models["Institutionalization"].objects.filter(state="declared", **task).order_by()
    lapses = models["StageChange"].objects.filter(is_lapse=True, **task).order_by()
    suspensions = models["StageChange"].objects.filter(to_stage="suspended", **task).order_by()
    tasks = models["Task"].objects
    tasks.update(
        reported_since=Subquery(reports.values("task").annotate(day=Min("submitted_on")).values("day")),
        declared_since=Subquery(evidence.values("task").annotate(day=Min("declared_on")).values("day")),
    )
    tasks.exclude(stage__in=["institutionalized", "withdrawn"]).update(
        lapsed_since=Subquery(lapses.values("task").annotate(day=Max("on")).values("day"))
    )
    tasks.filter(stage="suspended").update(
        suspended_on=Subquery(suspensions.values("task").annotate(day=Max("on")).values("day"))
    )


def empty(apps, schema_editor):
    """Back to calendars without versions: the first one is all that the older code knows."""
    for name in ("PolicyStep", "FlagStep"):
        apps.get_model("tracker", name).objects.filter(addressee="holder").update(addressee="accountable")
    apps.get_model("tracker", "Flag").objects.update(calendar_version=None)
    apps.get_model("tracker", "CalendarVersion").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("tracker", "0002_clocks_and_ladder")]
    operations = [migrations.RunPython(fill, empty)]
