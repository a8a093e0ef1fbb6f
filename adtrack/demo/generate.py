"""The made-up people of the demonstration, worked out from the day it is loaded on. Pure and seeded: same day, same people.

Who has which story is written down below by name; birthdays and measurements come from the seed. Weights and heights only
look plausible, they are not from a growth chart.
"""

from __future__ import annotations

from bisect import bisect
from calendar import isleap
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from adtrack.demo.accounts import GUARDIAN, PATIENT
from adtrack.demo.courses import Entry, course
from adtrack.demo.names import ADULTS, CHILDREN, OTHER_CLINIC, Name

SEED = "adtrack demonstration"
FIRST_NUMBER = 1001

# Age in years, weight in kg, height in cm: points to draw a line through.
GROWTH = (
    (0.0, 3.5, 51),
    (0.5, 7.6, 67),
    (1.0, 9.6, 76),
    (2.0, 12.4, 88),
    (4.0, 16.5, 103),
    (7.0, 23.0, 122),
    (10.0, 32.5, 139),
    (13.0, 46.0, 157),
    (17.0, 63.0, 171),
)


@dataclass(frozen=True)
class Guardian:
    """Somebody who acts for a patient; `email` is an account's where one exists."""

    name: str
    relation: str
    evidence: str
    scope: str = "manage"
    email: str = ""
    mobile: str = ""


@dataclass(frozen=True)
class Person:
    """One made-up patient with everything that is recorded about them, ready for the actions."""

    record_number: str
    name: Name
    birth_date: date
    needs_interpreter: bool = False
    allergies: tuple[dict[str, str], ...] = ()
    no_known_allergies: bool = False
    measurements: tuple[dict[str, Any], ...] = ()
    precautions: tuple[dict[str, Any], ...] = ()
    guardians: tuple[Guardian, ...] = ()
    contacts: tuple[dict[str, Any], ...] = ()
    consents: tuple[dict[str, Any], ...] = ()
    account: str = ""
    course: tuple[Entry, ...] = ()
    closing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """What is special about one person; the rest is drawn."""

    years: int | None = None
    days: int | None = None  # age in days, for the very young
    leap_day: bool = False
    allergies: tuple[tuple[str, str, str, str], ...] | None = None  # kind, code, text, reaction; () is "none known"
    precautions: tuple[dict[str, Any], ...] = ()  # dates as days before today: from_days, until_days
    guardian: Guardian | None = None
    account: str = ""
    interpreter: bool = False
    closed: str = ""
    died_days_ago: int | None = None


MOTHER = Guardian(
    GUARDIAN.name, "mother", "birth certificates of the three children", email=GUARDIAN.email, mobile="+447700900101"
)


def present(kind: str, **more: Any) -> dict[str, Any]:
    """A precaution that was found."""
    return {"kind": kind, "state": "present", **more}


def absent(*kinds: str) -> tuple[dict[str, Any], ...]:
    """Precautions that were asked about and not found."""
    return tuple({"kind": kind, "state": "absent"} for kind in kinds)


# By name; where two bear it, both have the story.
STORIES: dict[str, Story] = {
    "Beispiel, Jonas": Story(
        years=29, account=PATIENT.email, allergies=(), precautions=absent("immunocompromise", "epilepsy")
    ),
    "Schmidt, Anna": Story(allergies=(("substance", "fragrance", "", "contact eczema"),)),
    "Müller, Jan": Story(years=45),
    "Mueller, Jann": Story(years=47),
    "Chen, Li": Story(years=28, precautions=(present("pregnancy", from_days=98), *absent("epilepsy"))),
    "O'Connor, Rory": Story(
        years=52,
        allergies=(("class", "macrolides", "", "hives"), ("substance", "propylene_glycol", "", "burning")),
        precautions=(present("immunocompromise", from_days=700, text="after a kidney transplant"),),
    ),
    "D'Angelo, Maria Grazia": Story(leap_day=True, allergies=()),
    "García Fernández de la Vega, María de los Ángeles Inmaculada Concepción": Story(
        years=38, interpreter=True, allergies=(("substance", "other", "propolis ointment", "swelling of the lips"),)
    ),
    "von und zu Beispielhausen-Musterberg-Langenfeldt, Maximilian Friedrich Alexander": Story(
        years=83, allergies=(("substance", "latex", "", ""), ("substance", "nickel", "", "contact eczema"))
    ),
    "Nguyễn, Thị Ánh Tuyết": Story(years=33, precautions=(present("breastfeeding", from_days=60), *absent("pregnancy"))),
    "Łukaszewska, Małgorzata": Story(
        years=57, precautions=(present("skin_malignancy", from_days=1500, text="basal cell carcinoma, removed"),)
    ),
    "Østergaard, Søren": Story(years=24, precautions=(present("epilepsy", from_days=2400), *absent("immunocompromise"))),
    "Иванова, Екатерина Сергеевна": Story(
        years=41,
        precautions=(present("phototherapy", from_days=30, until_days=-40, text="narrow-band UVB, three times a week"),),
    ),
    "Шевченко, Олександр": Story(years=91, closed="died", died_days_ago=75),
    "الخطيب, ليلى": Story(
        years=36,
        interpreter=True,
        precautions=(present("skin_infection", site="face", from_days=5, text="eczema herpeticum suspected"),),
    ),
    "山田, 花子": Story(years=19, interpreter=True),
    "Ng'ang'a, Wanjirũ": Story(years=44, precautions=(present("helminth_infection", from_days=20, text="being treated"),)),
    "bin Abdullah, Ahmad Faiz": Story(years=72, closed="moved"),
    "E, Wei": Story(years=26, precautions=(present("other", text="keeps bees, stung often"),)),
    "Örnek-Yıldız, Defne": Story(years=11, guardian=MOTHER, allergies=(("substance", "penicillin", "", "rash"),)),
    "Örnek-Yıldız, Deniz": Story(years=8, guardian=MOTHER, allergies=()),
    "Örnek-Yıldız, Ada": Story(years=3, guardian=MOTHER),
    "Dubois-Lefèvre, Zoé": Story(days=162, allergies=(), precautions=absent("barrier_defect")),
    "Silva e Souza, João Pedro": Story(
        years=6,
        precautions=(
            present("skin_infection", site="hands", side="right", from_days=9, text="impetigo"),
            present("skin_infection", site="knee_folds", side="both", from_days=3),
        ),
    ),
    "van der Berg, Fleur": Story(days=24),
    "Novák, Matěj": Story(
        years=2, precautions=(present("barrier_defect", from_days=400, text="Netherton syndrome, proven"),)
    ),
    "Hoxha, Dritan": Story(years=15, allergies=(("class", "calcineurin_inhibitors", "", "told by the mother"),)),
    "حسینی, امیرعلی": Story(
        years=10, interpreter=True, guardian=Guardian("زهرا حسینی", "mother", "passport", mobile="+447700900102")
    ),
    "李, 思思": Story(years=17),
    "Singh, Gurpreet": Story(
        years=4, guardian=Guardian("Foster Carer Example", "foster", "letter of the court", scope="record")
    ),
    "Tesfaye, Selamawit": Story(years=12, precautions=(present("epilepsy", from_days=900), *absent("immunocompromise"))),
}

OTHER_STORIES: dict[str, Story] = {
    "Schmidt, Anna": Story(years=50, allergies=(("substance", "neomycin", "", "rash"),)),
    "McSample, Jayden": Story(years=9, allergies=()),
    "Begay, Shándíín": Story(years=31, precautions=absent("pregnancy")),
    "Rodríguez-Sample, José Luis": Story(years=7),
    "Sampleton, Tyrone": Story(years=1),
}


def demo_clinic(on: date, *, more: int = 0, weeks: int | None = None) -> list[Person]:
    """The 60 people of the first clinic as of a date, and so many more; `weeks` is how long the drawn courses are."""
    known = _people(ADULTS, CHILDREN, STORIES, on, "first", mobile="+447700900", mobiles=range(200, 300), weeks=weeks)
    return [*known, *_crowd(more, FIRST_NUMBER + len(known), on, weeks)]


def other_clinic(on: date) -> list[Person]:
    """The 8 people of the second clinic; every record number exists in the first one too."""
    return _people(OTHER_CLINIC, (), OTHER_STORIES, on, "second", mobile="+1202555", mobiles=range(100, 200))


def years_before(on: date, years: int) -> date:
    """The same day so many years ago; 28 February for a 29th that year did not have."""
    is_gone = (on.month, on.day) == (2, 29) and not isleap(on.year - years)
    return on.replace(year=on.year - years, day=28 if is_gone else on.day)


def leap_day_before(on: date, years: int) -> date:
    """The latest 29 February at least so many calendar years back."""
    return date(next(year for year in range(on.year - years - 1, 0, -1) if isleap(year)), 2, 29)


def _people(
    adults: tuple[Name, ...],
    children: tuple[Name, ...],
    stories: dict[str, Story],
    on: date,
    seed: str,
    *,
    mobile: str,
    mobiles: range,
    weeks: int | None = None,
) -> list[Person]:
    """Number everybody and tell their stories. Fictional phone numbers: Ofcom's and NANPA's ranges for drama."""
    people = []
    for index, name in enumerate((*adults, *children)):
        number = f"D-{FIRST_NUMBER + index}"
        drawn = Random(f"{SEED} {seed} {number}")  # noqa: S311 - made-up people are no secret, and must come out the same
        story = stories.get(f"{name.family}, {name.given}", Story())
        if story.years is None and story.days is None and not story.leap_day:
            story = replace(story, years=drawn.randrange(18, 80) if index < len(adults) else drawn.randrange(1, 18))
        called = f"{mobile}{mobiles[index]:0{3 if mobile[1] == '4' else 4}d}"
        people.append(_person(number, name, story, on, drawn, called, weeks))
    return people


def _crowd(size: int, first: int, on: date, weeks: int | None) -> list[Person]:
    """Further people of the first clinic, the family name of one and the given name of another; without a telephone."""
    people = []
    for number in range(first, first + size):
        drawn = Random(f"{SEED} crowd {number}")  # noqa: S311 - as above
        years = int(drawn.triangular(0, 85, 8))
        own, family = drawn.choice(CHILDREN if years < 18 else ADULTS), drawn.choice((*ADULTS, *CHILDREN)).family
        name = own._replace(family=family, preferred="")
        people.append(_person(f"D-{number}", name, Story(years=years), on, drawn, "", weeks))
    return people


def _person(number: str, name: Name, story: Story, on: date, drawn: Random, mobile: str, weeks: int | None) -> Person:
    born_on = _born_on(story, on, drawn)
    is_child = years_before(on, 18) < born_on
    guardians = _guardians(name, story, on, drawn) if is_child else ()
    closing = _closing(story, on)
    speaker = guardians[0].name if guardians else f"{name.given} {name.family}"
    allergies = story.allergies
    if allergies is None and drawn.random() < 0.3:
        allergies = ()
    return Person(
        record_number=number,
        name=name,
        birth_date=born_on,
        needs_interpreter=story.interpreter,
        allergies=tuple(dict(zip(("kind", "code", "text", "reaction"), row, strict=True)) for row in allergies or ()),
        no_known_allergies=allergies == (),
        measurements=_measurements(born_on, on, drawn, is_child),
        precautions=tuple(_dated(values, on) for values in story.precautions),
        guardians=guardians,
        contacts=() if is_child else _contacts(number, story, mobile, drawn),
        consents=_consents(speaker, born_on, on, drawn),
        account=story.account,
        course=tuple(
            course(
                f"{name.family}, {name.given}" if mobile else "",  # of the crowd nobody has a plan
                number,
                born_on,
                on,
                until=closing.get("deceased_on"),
                languages=("de", "en") if name.language == "de" else ("en",),
                weeks=weeks,
            )
        ),
        closing=closing,
    )


def _born_on(story: Story, on: date, drawn: Random) -> date:
    if story.leap_day:
        return leap_day_before(on, 25)
    if story.days is not None:
        return on - timedelta(days=story.days)
    return years_before(on, story.years or 0) - timedelta(days=drawn.randrange(365))


def _guardians(name: Name, story: Story, on: date, drawn: Random) -> tuple[Guardian, ...]:
    """The mother or father of a child, unless the story names somebody."""
    if story.guardian is not None:
        return (story.guardian,)
    relation = drawn.choice(("mother", "father"))
    mobile = f"+447700900{drawn.randrange(300, 999):03d}"
    return (Guardian(f"{name.family} ({relation})", relation, "birth certificate", mobile=mobile),)


def _measurements(born_on: date, on: date, drawn: Random, is_child: bool) -> tuple[dict[str, Any], ...]:
    """For a child two weights and heights half a year apart, the older first; for some adults a weight."""
    latest = max(born_on, on - timedelta(days=drawn.randrange(3, 40)))
    if not is_child:
        adult = {"kind": "weight", "value": Decimal(drawn.randrange(480, 1100)) / 10, "measured_on": latest}
        return (adult,) if drawn.random() < 0.5 else ()
    share = 0.9 + drawn.random() * 0.2
    rows = []
    for day in (latest - timedelta(days=180), latest):
        if day >= born_on:
            weight, height = growth((day - born_on).days / 365.25)
            rows += [("weight", f"{weight * share:.1f}", day), ("height", f"{height * (0.97 + share * 0.03):.0f}", day)]
    return tuple({"kind": kind, "value": Decimal(value), "measured_on": day} for kind, value, day in rows)


def growth(age: float) -> tuple[float, float]:
    """A plausible weight in kg and height in cm at an age in years."""
    at = min(max(bisect([point[0] for point in GROWTH], age), 1), len(GROWTH) - 1)
    (from_age, from_weight, from_height), (to_age, to_weight, to_height) = list(pairwise(GROWTH))[at - 1]
    share = min((age - from_age) / (to_age - from_age), 1)
    return from_weight + share * (to_weight - from_weight), from_height + share * (to_height - from_height)


def _dated(values: dict[str, Any], on: date) -> dict[str, Any]:
    """A precaution with its days before today turned into dates."""
    row = {key: value for key, value in values.items() if not key.endswith("_days")}
    for key in ("from", "until"):
        if f"{key}_days" in values:
            row[f"{key}_on"] = on - timedelta(days=values[f"{key}_days"])
    return row


def _contacts(number: str, story: Story, mobile: str, drawn: Random) -> tuple[dict[str, Any], ...]:
    email: dict[str, Any] = {"kind": "email", "address": story.account or f"{number.lower()}@patients.example"}
    phone = {"kind": "mobile", "address": mobile}
    if not mobile:
        return (email,)
    return ((email, phone), (email,), (phone,), ())[0 if story.account else drawn.randrange(4)]


def _consents(speaker: str, born_on: date, on: date, drawn: Random) -> tuple[dict[str, Any], ...]:
    given_on = max(born_on, on - timedelta(days=drawn.randrange(1, 400)))
    rows = [("portal", ""), ("reminders", "email"), ("reminders", "sms"), ("photos", "")]
    kept = [row for row in rows if drawn.random() < 0.4]
    return tuple(
        {"purpose": purpose, "channel": channel, "given_on": given_on, "given_by": speaker[:120]}
        for purpose, channel in kept
    )


def _closing(story: Story, on: date) -> dict[str, Any]:
    if not story.closed:
        return {}
    died_on = on - timedelta(days=story.died_days_ago) if story.died_days_ago is not None else None
    return {"reason": story.closed, "deceased_on": died_on}
