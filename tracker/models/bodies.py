"""Who holds responsibilities: bodies, posts, the cadres who hold them, and how bodies follow one another."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import BodyKind, Level, SuccessionKind
from tracker.models.fields import (
    Bilingual,
    DerivedField,
    DerivedModel,
    DerivedQuerySet,
    FoldedField,
    PeriodQuerySet,
    SortKeyField,
    code_constraint,
    period_constraint,
)

PERIOD_MESSAGE = _("The end lies before the start: give an end on or after the first day.")


def _path(parent: Body | None, code: str) -> str:
    return f"{parent.path if parent else ''}{code}/"


class RegisterQuerySet(DerivedQuerySet):
    """Registers (bodies, documents, persons in office): every member reads them, a stranger reads none."""

    def visible_to(self, user: Any) -> Any:
        return self if scope_of(user).is_member else self.none()


class PeriodRegisterQuerySet(PeriodQuerySet):
    """A register whose rows hold for a period."""

    def visible_to(self, user: Any) -> Any:
        return self if scope_of(user).is_member else self.none()


class BodyQuerySet(PeriodRegisterQuerySet):
    def below(self, path: str) -> Any:
        """Return the body with that path and everything below it."""
        return self.filter(path__startswith=path)


class Body(DerivedModel):
    """A party organ, state agency, mass organization, armed-forces unit or group of duty holders."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=300)
    name_en = models.CharField(_("name in English"), max_length=300)
    short_vi = models.CharField(_("short name in Vietnamese"), max_length=80, blank=True)
    short_en = models.CharField(_("short name in English"), max_length=80, blank=True)
    aliases = models.JSONField(_("other names"), default=list, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=BodyKind)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    path = DerivedField(sources=("parent", "code"), derive=_path, db_index=True)
    is_mobilization = models.BooleanField(_("mass-mobilization agency"), default=False)
    specialists_submit = models.BooleanField(
        _("specialists submit reports"),
        default=True,
        help_text=_("If not, they hand their drafts to the leader of the body, who submits them."),
    )
    valid_from = models.DateField(_("exists from"), default="1930-02-03")
    valid_to = models.DateField(_("exists until (exclusive)"), null=True, blank=True)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    folded = FoldedField(sources=("code", "name_vi", "name_en", "short_vi", "short_en", "aliases"))
    name_sort = SortKeyField(sources=("name_vi",))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = BodyQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    name = Bilingual("name")
    note = Bilingual("note")
    short_name = Bilingual("short")

    class Meta:
        verbose_name = _("body")
        verbose_name_plural = _("bodies")
        ordering = ["name_sort", "id"]
        indexes = [models.Index(fields=["name_sort", "id"], name="body_sorted")]
        constraints = [
            period_constraint("body_period", PERIOD_MESSAGE),
            code_constraint("kind", BodyKind, "body_kind", _("This kind of body is not known.")),
            code_constraint("level", Level, "body_level", _("This level is not known.")),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name


class Post(DerivedModel):
    """A position in a body; whoever holds it answers for its cells."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="posts", verbose_name=_("body"))
    code = models.CharField(_("code"), max_length=40)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    is_head = models.BooleanField(_("heads the body"), default=False)
    valid_from = models.DateField(_("exists from"), default="1930-02-03")
    valid_to = models.DateField(_("exists until (exclusive)"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    folded = FoldedField(sources=("title_vi", "title_en"))

    objects: ClassVar[Any] = PeriodRegisterQuerySet.as_manager()
    title = Bilingual("title")

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["body__name_sort", "-is_head", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["body", "code"],
                name="post_code",
                violation_error_message=_("This body already has a post with that code."),
            ),
            period_constraint("post_period", PERIOD_MESSAGE),
        ]

    def __str__(self) -> str:
        return f"{self.title} · {self.body}"

    def natural_key(self) -> tuple[str, str]:
        return (self.body.code, self.code)


class Cadre(DerivedModel):
    """An office-holder. The fields are a closed list: name, work address, work telephone."""

    PERSONAL = ("name", "work_address", "work_phone")
    """What the history keeps outside the chain, so that it can be erased."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    work_address = models.CharField(_("work address"), max_length=200, blank=True)
    work_phone = models.CharField(_("work telephone"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    folded = FoldedField(sources=("name",))
    name_sort = SortKeyField(sources=("name",))

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("cadre")
        verbose_name_plural = _("cadres")
        ordering = ["name_sort", "id"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class Tenure(DerivedModel):
    """One cadre holds one post for a period."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="tenures", verbose_name=_("cadre"))
    post = models.ForeignKey(Post, models.PROTECT, related_name="tenures", verbose_name=_("post"))
    valid_from = models.DateField(_("holds it from"))
    valid_to = models.DateField(_("holds it until (exclusive)"), null=True, blank=True)
    is_acting = models.BooleanField(_("acting"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"))
    source = models.CharField(_("source"), max_length=60, blank=True)

    objects: ClassVar[Any] = PeriodRegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenure")
        verbose_name_plural = _("tenures")
        ordering = ["-valid_from", "-id"]
        constraints = [
            period_constraint("tenure_period", PERIOD_MESSAGE),
            models.UniqueConstraint(
                fields=["post"],
                condition=Q(valid_to__isnull=True, is_acting=False),
                name="tenure_one_holder",
                violation_error_message=_("Somebody holds this post already: end that tenure first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cadre} · {self.post}"


class Succession(DerivedModel):
    """Bodies merged, split, renamed or ended on a day, by an act."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=SuccessionKind)
    on = models.DateField(_("on"))
    act = models.CharField(_("deciding document"), max_length=200, blank=True)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    note = Bilingual("note")

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        ordering = ["-on", "id"]

    def __str__(self) -> str:
        return self.code

    @property
    def predecessors(self) -> list[Body]:
        return [member.body for member in self.members.all() if member.is_predecessor]

    @property
    def successors(self) -> list[Body]:
        return [member.body for member in self.members.all() if not member.is_predecessor]


class SuccessionMember(models.Model):
    """A body on one side of a succession."""

    succession = models.ForeignKey(Succession, models.CASCADE, related_name="members")
    body = models.ForeignKey(Body, models.PROTECT, related_name="succession_members")
    is_predecessor = models.BooleanField()

    class Meta:
        verbose_name = _("body in a succession")
        verbose_name_plural = _("bodies in successions")
        ordering = ["-is_predecessor", "body__name_sort", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["succession", "body"],
                name="succession_member",
                violation_error_message=_("This body is already part of the succession."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.succession}: {self.body}"
