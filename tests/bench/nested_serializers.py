"""The list of tasks as Django REST framework's tutorials write it: nested ModelSerializers over prefetched rows."""

from datetime import UTC

from django.db.models import Prefetch
from rest_framework import generics, pagination, serializers

from tracker import clock
from tracker.api.declaration import Context
from tracker.api.resources.tasks import TASKS, known_flags
from tracker.api.views import MayRead
from tracker.boards.lateness import outcome_of
from tracker.choices import Clock, TaskKind
from tracker.models import Flag, Responsibility, Task, TaskLevel, UrgingItem
from tracker.rules.status import due_status


class CellSerializer(serializers.ModelSerializer):
    body = serializers.CharField(source="body.code")
    post = serializers.CharField(source="post.code", default=None)

    class Meta:
        model = Responsibility
        fields = ["id", "role", "body", "post", "valid_from", "valid_to"]


class LevelSerializer(serializers.ModelSerializer):
    class Meta:
        model = TaskLevel
        fields = ["level", "accepted_ranks"]


class LateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Flag
        fields = ["clock", "since"]


class TaskSerializer(serializers.ModelSerializer):
    resolution = serializers.CharField(source="resolution.code")
    provision = serializers.CharField(source="provision.label", default=None)
    parent_id = serializers.IntegerField()
    parent = serializers.CharField(source="parent.code", default=None)
    status = serializers.SerializerMethodField()
    recorded_at = serializers.DateTimeField(format="%Y-%m-%dT%H:%M:%SZ", default_timezone=UTC)
    levels = LevelSerializer(many=True)
    lateness = serializers.SerializerMethodField()
    days_late = serializers.SerializerMethodField()
    extensions = serializers.IntegerField(source="extension_count")
    urged = serializers.SerializerMethodField()
    urged_last_on = serializers.SerializerMethodField()
    urging_answered_on = serializers.SerializerMethodField()
    responsibilities = CellSerializer(many=True, source="cells")
    late = LateSerializer(many=True, source="late_flags")

    class Meta:
        model = Task
        fields = [member.name for member in TASKS.fields]

    def get_status(self, task):
        if task.kind == TaskKind.OBJECTIVE or task.stage == "withdrawn":
            return None
        return due_status(due_on=task.effective_due_on, done_on=task.done_on, today=clock.local_today()).value

    def get_lateness(self, task):
        return outcome_of(task, task.was_late, clock.local_today()).code

    def get_days_late(self, task):
        return outcome_of(task, task.was_late, clock.local_today()).days_late

    def get_urged(self, task):
        return len({item.urging_id for item in task.letters})

    def get_urged_last_on(self, task):
        return task.letters[0].urging.issued_on if task.letters else None

    def get_urging_answered_on(self, task):
        return task.letters[0].answered_on if task.letters else None


class ByCursor(pagination.CursorPagination):
    ordering = "id"
    page_size = 100


class NestedView(generics.ListAPIView):
    permission_classes = (MayRead,)
    serializer_class = TaskSerializer
    pagination_class = ByCursor

    def get_queryset(self):
        today = clock.local_today()
        cells = Responsibility.objects.as_of(today).select_related("body", "post").order_by("role", "id")
        late = known_flags(Context(user=self.request.user, day=today)).order_by("since", "id")
        letters = UrgingItem.objects.select_related("urging").order_by("-urging__issued_on", "-urging_id", "id")
        return (
            Task.objects.visible_to(self.request.user)
            .select_related("resolution", "provision", "parent")
            .prefetch_related(
                Prefetch("levels", TaskLevel.objects.order_by("id")),
                Prefetch("responsibilities", cells, to_attr="cells"),
                Prefetch("flags", late, to_attr="late_flags"),
                Prefetch("flags", Flag.objects.was_late(today).filter(clock=Clock.DUE), to_attr="was_late"),
                Prefetch("urgings", letters, to_attr="letters"),
            )
        )
