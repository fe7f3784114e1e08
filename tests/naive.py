"""The clocks of one task counted day by day in plain Python, sharing no line with the product. Slow on purpose.

Nine rules, from docs/explanation/clocks.md: it walks every day, asks of each whether it is worked, and keeps a journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from holidays import country_holidays

DAY = timedelta(days=1)
OPEN = ("assigned", "planned", "drafting", "consultation", "appraisal", "promulgated")
BEFORE_APPRAISAL = OPEN[:4]
CLOCKS = ("due", "submit", "stage", "silence", "unowned", "unverified", "lapsed", "review", "request")
OF_THE_COMMISSION = ("unverified", "review", "request")
PUBLIC = country_holidays("VN", years=range(2025, 2030))
SWAPPED = set(PUBLIC.weekend_workdays)


@dataclass(frozen=True)
class Days:
    """A version of a calendar: `off` and `work` are its edits."""

    name: tuple
    starts: date
    off: frozenset = frozenset()
    work: frozenset = frozenset()

    def works(self, day):
        if day in self.work:
            return True
        if day in self.off:
            return False
        return day in SWAPPED or (day.weekday() < 5 and day not in PUBLIC)


@dataclass(frozen=True)
class Policy:
    """A version of a policy: `limits` by (clock, stage), `steps` as (clock, number, offset, repeat)."""

    name: tuple
    starts: date
    limits: dict
    steps: tuple = ()

    def limit(self, clock, stage):
        return self.limits.get((clock, stage if clock == "stage" else ""))


@dataclass
class Flag:
    clock: str
    policy: Policy
    calendar: Days
    limit: date
    since: date
    closed: date | None = None
    steps: list = field(default_factory=list)
    snoozed_until: date | None = None

    @property
    def row(self):
        return (self.clock, self.since, self.limit, self.closed, self.policy.name, self.calendar.name)


@dataclass
class Book:
    """What decides: versions of the default policy, of one for the task, of the national calendar, of a local one."""

    default: list
    special: list
    national: list
    local: list

    @staticmethod
    def in_force(versions, day):
        found = None
        for version in versions:
            if version.starts <= day:
                found = version
        return found

    def turns_on(self, day):
        return any(row.starts == day for row in (*self.default, *self.special, *self.national, *self.local))

    def policy(self, clock, stage, day):
        special = self.in_force(self.special, day)
        if special and special.limit(clock, stage):
            return special
        return self.in_force(self.default, day)

    def calendar(self, day, *, is_owned):
        """That of the province while a body of the province answers, else the national one."""
        local = self.in_force(self.local, day) if is_owned else None
        return local or self.in_force(self.national, day)


@dataclass
class Evidence:
    """What was declared on a day: in force on [starts, ends) of its instrument, once it is verified."""

    declared: date
    starts: date
    ends: date | None
    is_verified: bool = False

    def holds(self, day):
        return self.is_verified and self.starts <= day and (self.ends is None or day < self.ends)


@dataclass
class Task:
    """One duty. `rests` are (start, end, the age passes over it, the stage passes over it, number of the stage)."""

    book: Book
    assigned: date
    due: date | None
    stage: str = "assigned"
    stage_since: date | None = None
    running_since: date | None = None
    entry: int = 0
    last_report: date | None = None
    reported: date | None = None
    requested: date | None = None
    disowned: date | None = None
    lapsed: date | None = None
    evidence: list = field(default_factory=list)
    suspended: tuple | None = None
    rests: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    journal: dict = field(default_factory=dict)
    today: date | None = None

    def __post_init__(self):
        self.stage_since = self.running_since = self.today = self.assigned

    # What is in time

    def runs(self, clock):
        if self.suspended or self.stage not in OPEN:
            return False
        waits = {"review": self.reported, "request": self.requested, "unowned": self.disowned}
        waits |= {"lapsed": self.lapsed, "unverified": self.declared}
        return waits.get(clock, True) is not None and (clock != "submit" or self.stage in BEFORE_APPRAISAL)

    def start(self, clock):
        if clock == "silence":
            later = self.last_report and self.last_report >= self.running_since
            return self.last_report if later else self.running_since
        if clock == "unowned":
            return max(self.disowned, self.running_since)
        starts = {"stage": self.stage_since, "review": self.reported, "request": self.requested}
        starts |= {"unverified": self.declared, "lapsed": self.lapsed and self.lapsed - DAY}
        return starts.get(clock, self.assigned)

    @property
    def declared(self):
        return min((row.declared for row in self.evidence if not row.is_verified), default=None)

    def calendar(self, day):
        return self.book.calendar(day, is_owned=self.disowned is None)

    def limit(self, clock, day, *, policy=None, calendar=None):
        """The last day in time by the rules of `day`, walked; None where there is none."""
        if clock != "due" and not self.runs(clock):
            return None
        return self.due if clock == "due" and self.due else self.counted(clock, day, policy=policy, calendar=calendar)

    def counted(self, clock, day, *, policy=None, calendar=None):
        limit = (policy or self.book.policy(clock, self.stage, day)).limit(clock, self.stage)
        if limit is None:
            return None
        (left, unit), on = limit, self.start(clock)
        calendar = calendar or self.calendar(day)
        if clock == "submit" and unit == "working":
            left += self.age_at_rest(calendar)
        while left:
            on += DAY
            left -= unit == "calendar" or (calendar.works(on) and not self.rested(clock, on))
        return on

    def rested(self, clock, day):
        for start, end, of_age, of_stage, entry in self.rests:
            counts = {"due": of_age, "stage": of_stage and entry == self.entry}.get(clock, False)
            if counts and start <= day < end:
                return True
        return False

    def age_at_rest(self, calendar):
        """The draft has as many days more as the age of the task passes over, even where its own limit had passed."""
        found = 0
        for start, end, of_age, _, _ in self.rests:
            while of_age and start < end:
                found += start > self.assigned and calendar.works(start)
                start += DAY
        return found

    def floor(self, clock, day):
        if clock == "due" and self.due:
            return date.min
        turned = day if self.book.turns_on(day) else date.min
        return max(self.book.policy(clock, self.stage, day).starts, self.calendar(day).starts, turned)

    # A day passes

    def live(self, day):
        """Let every day through `day` pass."""
        while self.today < day:
            self.today += DAY
            self.settle(self.today)

    def settle(self, day):
        if self.suspended and self.suspended[1] <= day:
            self.go_on()
        self.lean(day)
        self.close(day)
        self.open(day)
        self.climb(day)
        self.write(day)

    def go_on(self):
        start, end, stage, since = self.suspended
        self.suspended, self.stage, self.stage_since = None, stage, since
        in_time = [self._is_in_time(clock, start, end) for clock in ("due", "stage")]
        self.rests.append((start, end, *in_time, self.entry))
        self.running_since = end

    def lean(self, day):
        """Done while a verified rule is in force; assigned again from the day on which none is any more."""
        holding = [row.starts for row in self.evidence if row.holds(day)]
        if self.stage == "institutionalized" and not holding:
            self.move_on("assigned", day)
            self.running_since = self.lapsed = day
        elif self.stage in OPEN and holding:
            self.move_on("institutionalized", max(min(holding), self.assigned))
            self.lapsed = None

    def _is_in_time(self, clock, start, end):
        limit = self.counted(clock, end)
        return limit is None or start <= limit

    def close(self, day):
        for flag in self.standing():
            limit = self.limit(flag.clock, day) if self.runs(flag.clock) else None
            holds = limit is not None and (limit < day if flag.since <= day else limit == flag.limit)
            if not holds:
                is_done = self.stage == "institutionalized" and flag.clock not in OF_THE_COMMISSION
                flag.closed = self.stage_since if is_done else day

    def open(self, day):
        for clock in CLOCKS:
            limit = self.limit(clock, day) if self.runs(clock) else None
            if limit is None or any(flag.clock == clock for flag in self.standing()):
                continue
            policy, calendar = self.book.policy(clock, self.stage, day), self.calendar(day)
            reminds = [before(limit + DAY, -row[2], calendar) for row in policy.steps if row[0] == clock and row[2] < 0]
            if limit < day or day in reminds:
                since = max(limit + DAY, self.running_since, self.floor(clock, day))
                self.flags.append(Flag(clock, policy, calendar, limit, since))

    def climb(self, day):
        for flag in self.standing():
            while due := [step for step in self.due_steps(flag) if step[1] <= day]:
                flag.steps += due

    def due_steps(self, flag):
        """What comes next of each step of a ladder, as (number, day)."""
        for clock, number, offset, repeat in flag.policy.steps:
            if clock != flag.clock:
                continue
            taken = [on for done, on in flag.steps if done == number]
            if taken and not repeat:
                continue
            if taken:
                on = after(max(taken), repeat, flag.calendar)
            elif offset < 0:
                on = before(flag.limit + DAY, -offset, flag.calendar)
                if on < max(self.today, flag.snoozed_until or on):
                    continue
            else:
                on = after(flag.since, offset, flag.calendar)
            yield number, max(on, flag.snoozed_until or on)

    def standing(self):
        return [flag for flag in self.flags if flag.closed is None]

    # Somebody acts, at noon

    def act(self, change, *args):
        change(self, *args)
        self.settle(self.today)

    def suspend(self, until):
        self.suspended = (self.today, until, self.stage, self.stage_since)
        self.stage, self.stage_since = "suspended", self.today

    def move_on(self, stage, on):
        if stage != self.stage:
            self.stage, self.stage_since, self.entry = stage, on, self.entry + 1

    # What is written down

    def write(self, day):
        self.journal[day] = {clock: self.told(clock, day) for clock in CLOCKS}

    def told(self, clock, day):
        """The explanation: (last day in time, first late day of the flag, working days late, the steps to come)."""
        flag = next((flag for flag in self.standing() if flag.clock == clock), None)
        limit = self.limit(clock, day)
        if flag is not None:
            by_flag = self.limit(clock, day, policy=flag.policy, calendar=flag.calendar)
            limit = by_flag if by_flag == flag.limit else limit
        late = days_late(flag.since, day, flag.calendar) if flag else 0
        return limit, flag and flag.since, late, sorted(self.due_steps(flag)) if flag else None


def after(day, days, calendar):
    """The `days`-th working day after `day`."""
    while days:
        day += DAY
        days -= calendar.works(day)
    return day


def before(day, days, calendar):
    """The `days`-th working day before `day`."""
    while days:
        day -= DAY
        days -= calendar.works(day)
    return day


def days_late(since, through, calendar):
    day, found = since, 0
    while day <= through:
        found += calendar.works(day)
        day += DAY
    return found
