"""What the rules look at: plain frozen values with where they come from. `regimens.queries` gathers them from rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from patients.sites import Side, overlaps


class Family(StrEnum):
    """What kind of treatment a product is."""

    TCI = "tci"
    TCS = "tcs"
    PDE4 = "pde4"
    JAK_TOPICAL = "jak-topical"
    AHR = "ahr"
    EMOLLIENT = "emollient"
    CLEANSER = "cleanser"
    WET_WRAP = "wet-wrap"
    BLEACH_BATH = "bleach-bath"
    ANTIBIOTIC_TOPICAL = "antibiotic-topical"
    ANTIBIOTIC_ORAL = "antibiotic-oral"
    ANTISEPTIC = "antiseptic"
    ANTIHISTAMINE_TOPICAL = "antihistamine-topical"
    ANTIHISTAMINE_ORAL = "antihistamine-oral"
    BIOLOGIC = "biologic"
    JAK_ORAL = "jak-oral"
    IMMUNOSUPPRESSANT = "immunosuppressant"
    PHOTOTHERAPY = "phototherapy"
    STEROID_ORAL = "steroid-oral"


class Potency(StrEnum):
    """Of a topical corticosteroid, by ATC group D07AA to D07AD."""

    NONE = ""
    WEAK = "weak"
    MODERATE = "moderate"
    POTENT = "potent"
    VERY_POTENT = "very-potent"


class Phase(StrEnum):
    """How a line is used at present on some of its sites."""

    INDUCTION = "induction"  # once or twice daily until clear
    MAINTENANCE = "maintenance"  # proactive, on chosen weekdays
    INTERVAL = "interval"  # every n days or weeks, with a loading dose: injections
    COURSE = "course"  # fixed days: wet wraps, oral steroid, phototherapy
    AS_NEEDED = "as_needed"  # on a condition, up to a maximum a day
    HOLD = "hold"  # paused until somebody looks again


class Answer(StrEnum):
    """What was found when somebody asked; nothing recorded is NOT_ASKED."""

    PRESENT = "present"
    ABSENT = "absent"
    NOT_ASKED = "not_asked"


class Jurisdiction(StrEnum):
    """Whose labels apply. OTHER means the strictest known."""

    EU = "EU"
    UK = "UK"
    US = "US"
    OTHER = "other"


@dataclass(frozen=True)
class Input:
    """One thing a rule looked at: what, its value in words, since when it is known and from whom."""

    what: str  # English words; translated where they are shown
    value: str
    on: date | None = None
    by: str = ""


@dataclass(frozen=True)
class LabelFact:
    """One statement of a label or guideline about a product, as the catalogue has it."""

    jurisdiction: str  # EU UK US JP any
    kind: str
    value: Decimal | None
    text: str
    source: str
    section: str = ""
    on: date | None = None
    is_verified: bool = True


@dataclass(frozen=True)
class Product:
    """A product of the catalogue."""

    key: str
    drug: str
    name: str
    strength: str
    form: str
    family: Family
    potency: Potency = Potency.NONE
    route: str = "topical"
    cross_groups: frozenset[str] = frozenset()
    facts: tuple[LabelFact, ...] = ()


@dataclass(frozen=True)
class Place:
    """A coded site of the body with its side; without a site for what is not applied to the skin."""

    site: str
    side: Side = Side.NONE


@dataclass(frozen=True)
class Line:
    """One product as it is, or would be, used. Days are the patient's; `until_on` is the last day."""

    product: Product
    places: tuple[Place, ...]
    phase: Phase
    starts_on: date
    until_on: date | None = None
    review_on: date | None = None
    per_day: int | None = None  # induction, course
    weekdays: frozenset[int] = frozenset()  # maintenance: 0 Monday to 6 Sunday
    every_days: int | None = None  # interval
    second_after_days: int | None = None  # interval: from the first dose to the second, where it is another
    course_days: int | None = None
    is_elsewhere: bool = False  # prescribed by somebody else: counts in the rules
    key: str = ""  # public id; empty for a line that is not saved yet
    by: str = ""  # who ordered it
    since_on: date | None = None  # its first day in this phase, moved later by the days it was held; None: starts_on

    @property
    def since(self) -> date:
        """Since when it is in this phase on these places; a pause neither counts nor starts the clock again."""
        return self.since_on or self.starts_on

    @property
    def last_on(self) -> date | None:
        """The last day, by its end or by its length; None where neither is known."""
        if self.until_on is None and self.course_days:
            return self.starts_on + timedelta(days=self.course_days - 1)
        return self.until_on

    def touches(self, other: Line | Course) -> bool:
        """Whether the two share skin."""
        return any(overlaps(a.site, a.side, b.site, b.side) for a in self.places for b in other.places if a.site and b.site)

    def meets(self, other: Line) -> bool:
        """Whether the two share days."""
        return (self.until_on is None or other.starts_on <= self.until_on) and (
            other.until_on is None or self.starts_on <= other.until_on
        )


@dataclass(frozen=True)
class Precaution:
    """The answer to one precaution, or an infection at one place."""

    kind: str  # as patients.models.PrecautionKind: immunocompromise, barrier_defect, pregnancy, skin_infection ...
    answer: Answer
    on: date | None = None  # recorded
    by: str = ""
    place: Place | None = None
    from_on: date | None = None
    until_on: date | None = None
    text: str = ""

    def holds(self, since: date, until: date | None) -> bool:
        """Whether it is present at some time of these days; without dates of its own, always."""
        if self.answer != Answer.PRESENT:
            return False
        return (self.until_on is None or self.until_on >= since) and (
            until is None or self.from_on is None or self.from_on <= until
        )

    def speaks_of(self, day: date) -> bool:
        """Whether somebody asked and what was found is not over before that day."""
        return self.answer != Answer.NOT_ASKED and (self.until_on is None or self.until_on >= day)


@dataclass(frozen=True)
class Allergy:
    """A recorded allergy: `kind` is "substance" or "class", `code` as patients.models.facts.ALLERGENS."""

    kind: str
    code: str
    label: str
    on: date | None = None
    by: str = ""


@dataclass(frozen=True)
class Measured:
    """A value with its day: a weight in kg, a vIGA-AD level, an EASI."""

    value: Decimal
    on: date
    by: str = ""


@dataclass(frozen=True)
class Course:
    """An earlier course of something, for rules that count days (oral steroid, wet wraps, topical antibiotics)."""

    family: Family
    starts_on: date
    days: int
    label: str = ""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Person:
    """The patient as the rules see them. None and NOT_ASKED mean unknown: a rule says so and never passes it."""

    born_on: date | None
    weight: Measured | None = None
    allergies: tuple[Allergy, ...] = ()
    allergies_asked_on: date | None = None  # somebody asked: there is none, or those above
    precautions: tuple[Precaution, ...] = ()
    viga: Measured | None = None
    easi: Measured | None = None
    courses: tuple[Course, ...] = ()
    sex: str = "unknown"  # as patients.models.Sex

    def answers(self, kind: str) -> list[Precaution]:
        """What is known about one precaution."""
        return [row for row in self.precautions if row.kind == kind]


@dataclass(frozen=True)
class Choice:
    """Where a clinic deviates from the default of a rule."""

    level: int | None = None
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Everything one check looks at: the person, the lines in use beside the one that is checked, the clinic's choices."""

    person: Person
    jurisdiction: Jurisdiction
    on: date  # the clinic's today
    lines: tuple[Line, ...] = ()  # in use, and ordered together with the checked one; without the checked one
    choices: Mapping[str, Choice] = field(default_factory=dict)

    def beside(self, line: Line) -> Iterable[Line]:
        """The other lines that are in use on some day of this one."""
        return [other for other in self.lines if other.phase != Phase.HOLD and other.meets(line)]
