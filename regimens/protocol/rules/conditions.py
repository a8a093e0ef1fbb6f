"""Conditions of the person: immunity, barrier, skin cancer, infection, pregnancy, light therapy, worms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from patients import ages
from patients.sites import overlaps
from regimens.protocol.asked import GROWS_OLD, OLD_AFTER, WORDS, YEAR, day_in_words, precaution_seen, present, span, unknown
from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of
from regimens.protocol.facts import Case, Family, Line, Precaution, Product
from regimens.protocol.sources import AAD_SYSTEMIC, OWN, S0, S1, S2, S3
from regimens.protocol.told import age_day, age_seen, is_sited, line_seen, months_of_age, named

PROTOPIC_EU = Source("EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)", on=date(2024, 10, 14))
PROTOPIC_US = Source("US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)")
ELIDEL_EU = Source("Elidel product text (rxreasoner.com, package leaflet Poland)")
ELIDEL_UK = Source("UK SmPC of Elidel, 2022 (medicines.org.uk emc 4966)")
OPZELURA_EU = Source("EMA package leaflet of Opzelura", on=date(2024, 10, 14))
OPZELURA_US = Source("US label of ruxolitinib cream (Opzelura), openFDA, epocrates.com and drugs.com")
RINVOQ = Source("EMA package leaflet of Rinvoq", on=date(2024, 10, 14))
CIBINQO = Source("EMA package leaflet of Cibinqo", on=date(2024, 10, 14))
OLUMIANT = Source("EMA package leaflet of Olumiant", on=date(2024, 10, 14))
DUPIXENT = Source("EMA package leaflet of Dupixent", on=date(2024, 10, 14))
ADTRALZA = Source("EMA package leaflet of Adtralza", on=date(2024, 10, 14))
PREGNANCY_TABLE = Source("fact sheet C24: oral JAK inhibitors and methotrexate; no label of methotrexate was read")
TCI_LABELS = [PROTOPIC_EU, PROTOPIC_US, ELIDEL_EU, ELIDEL_UK]

OTHER_LABELS = " No label of this jurisdiction is on file on this point: other labels are cited."
MALE = "male"  # as patients.models.Sex
KINDS_THAT_SPEAK = frozenset({"do-not-use", "warning", "interaction", "indication"})


def _spoken(case: Case, product: Product, *words: str) -> tuple[list[Source], bool]:
    """The labels of the product that use one of these words, of this jurisdiction else of all; whether it is its own."""
    facts = [
        fact
        for fact in product.facts
        if fact.kind in KINDS_THAT_SPEAK and fact.is_verified and any(word in fact.text.lower() for word in words)
    ]
    own = [fact for fact in facts if fact.jurisdiction in (case.jurisdiction, "any")]
    return list(dict.fromkeys(source_of(fact) for fact in own or facts)), bool(own)


def _finds(
    this: Rule,
    case: Case,
    line: Line,
    rows: Iterable[Precaution],
    text: str,
    words: Iterable[str],
    more: Iterable[Source] = (),
) -> Outcome:
    """What was found, with the answers it rests on and the labels that speak of it; without one the sources of the rule."""
    labels, is_own = _spoken(case, line.product, *words)
    return this.finds(
        case,
        text + (OTHER_LABELS if words and not is_own else ""),
        *(precaution_seen(row) for row in rows),
        sources=[*(labels or this.sources), *(source for source in more if labels)],
        product=line.product.name,
    )


def _condition(
    this: Rule, case: Case, line: Line, kind: str, text: str, words: Iterable[str] = (), more: Iterable[Source] = ()
) -> Iterator[Outcome]:
    """A condition that is present on the days of the line; not asked is said, never passed."""
    if rows := present(case, line, kind):
        yield _finds(this, case, line, rows, text, words, more)
    elif because := unknown(case, line, kind):
        yield this.cannot(because, WORDS[kind])


# --- Immunity, barrier, skin cancer -----------------------------------------------------------------------------------


@rule(
    "immunocompromise",
    version=2,
    level=Level.STOP,
    is_lowerable=True,
    title="Immunocompromise",
    logic="A topical calcineurin inhibitor or a topical JAK inhibitor for someone who is immunocompromised.",
    sources=[*TCI_LABELS, OPZELURA_US, S0, S2],
    topic="C23",
)
def immunocompromise(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    text = "Caution: immunocompromise is recorded. "
    if line.product.family == Family.TCI:
        text += (
            "The labels of %(product)s warn of it or exclude it, and the sources avoid it (S2), one of them absolutely "
            "(S0). Consider another treatment."
        )
        yield from _condition(this, case, line, "immunocompromise", text, ("immuno",), (S0, S2))
    elif line.product.family == Family.JAK_TOPICAL:
        text += "The label has %(product)s for people who are not immunocompromised. Consider another treatment."
        yield from _condition(this, case, line, "immunocompromise", text, ("immuno",))


@rule(
    "barrier-defect",
    version=2,
    level=Level.STOP,
    is_lowerable=True,
    title="Netherton syndrome or another barrier defect",
    logic="A topical calcineurin inhibitor for someone with Netherton syndrome or another severe barrier defect.",
    sources=[PROTOPIC_EU, PROTOPIC_US, S0, S2],
    topic="C23",
)
def barrier_defect(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCI:
        text = (
            "Caution: a barrier defect is recorded. The labels of tacrolimus ointment warn of Netherton syndrome and the "
            "like, and the sources avoid %(product)s (S2), one of them absolutely (S0). Consider another treatment."
        )
        yield from _condition(this, case, line, "barrier_defect", text, ("netherton",), (S0, S2))


@rule(
    "skin-malignancy",
    version=2,
    level=Level.WARN,
    title="Skin malignancy",
    logic="A topical calcineurin inhibitor for someone with a recorded skin malignancy.",
    sources=TCI_LABELS,
)
def skin_malignancy(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCI:
        text = "Caution: a skin malignancy is recorded; the labels of %(product)s warn of it or exclude such skin."
        yield from _condition(this, case, line, "skin_malignancy", text, ("malignan",))


# --- Infection --------------------------------------------------------------------------------------------------------


def _is_on(line: Line, row: Precaution) -> bool:
    """Whether the infection shares skin with the line; where one of them has no site it might, so it does."""
    place = row.place
    if place is None or not place.site or not is_sited(line):
        return True
    return any(overlaps(one.site, one.side, place.site, place.side) for one in line.places if one.site)


def _infected(
    this: Rule, case: Case, line: Line, text: str, words: Iterable[str] = (), more: Iterable[Source] = ()
) -> Iterator[Outcome]:
    rows = [row for row in present(case, line, "skin_infection") if _is_on(line, row)]
    if rows:
        if any(row.place is None or not row.place.site for row in rows):
            text += " Where an infection is was not recorded, so it counts on this skin."
        elif not is_sited(line):
            text += " Where the product is used was not recorded, so the infection counts."
        yield _finds(this, case, line, rows, text, words, more)
    elif because := unknown(case, line, "skin_infection", max_days=this.param(case, "max_days")):
        yield this.cannot(because, WORDS["skin_infection"])


@rule(
    "infection-tci",
    version=2,
    level=Level.WARN,
    title="Infection where a calcineurin inhibitor goes",
    logic="A topical calcineurin inhibitor on skin with a recorded infection." + GROWS_OLD,
    sources=[*TCI_LABELS, S1, S3],
    topic="C21",
    max_days=OLD_AFTER,
)
def infection_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCI:
        text = (
            "Caution: an infection is recorded on skin that %(product)s would touch. The labels and one source (S1) leave "
            "infected skin out; another (S3) finds a short course of antibiotics acceptable. Consider treating it first."
        )
        yield from _infected(this, case, line, text, ("infected",), (S1, S3))


@rule(
    "infection-steroid",
    version=2,
    level=Level.INFORM,
    title="Infection where a steroid goes",
    logic="A topical corticosteroid on skin with a recorded infection." + GROWS_OLD,
    sources=[OWN],
    topic="C21",
    max_days=OLD_AFTER,
)
def infection_steroid(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCS:
        text = "An infection is recorded on skin that %(product)s would touch; consider treating it as well."
        yield from _infected(this, case, line, text)


# --- Pregnancy and breastfeeding --------------------------------------------------------------------------------------

ASKED_FROM, ASKED_UNTIL = 10, 55  # years; ours: nobody on file names the ages
OURS = " Not asked about men, nor outside the ages below; these numbers are adtrack's own."


def _is_asked(this: Rule, case: Case, line: Line) -> bool:
    """Whether this is asked of someone of that sex and age; of an unknown age it is."""
    if case.person.sex == MALE:
        return False
    born_on, day = case.person.born_on, age_day(case, line)
    if born_on is None or born_on > day:
        return True
    years = ages.completed_years(born_on, day)
    return this.param(case, "asked_from_years") <= years <= this.param(case, "asked_until_years")


def _expecting(
    this: Rule, case: Case, line: Line, kind: str, text: str, words: Iterable[str] = (), more: Iterable[Source] = ()
) -> Iterator[Outcome]:
    """Pregnancy or breastfeeding: what is present counts for everybody, what nobody asked is said where it is asked."""
    max_days = this.param(case, "max_days") if "max_days" in this.params else None
    if rows := present(case, line, kind):
        yield _finds(this, case, line, rows, text, words, more)
    elif _is_asked(this, case, line) and (because := unknown(case, line, kind, max_days=max_days)):
        missing = () if months_of_age(case, line) is not None else ("birth date",)
        yield this.cannot(because, WORDS[kind], *missing)


PREGNANT, NURSING = ("regnan",), ("breast",)


@rule(
    "pregnancy-tci",
    version=2,
    level=Level.WARN,
    title="Pregnancy and a calcineurin inhibitor",
    logic="A topical calcineurin inhibitor in a recorded pregnancy." + OURS + GROWS_OLD,
    sources=[Source("EU product text of Protopic, as quoted in fact sheet C24"), S0],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
    max_days=OLD_AFTER,
)
def pregnancy_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCI:
        text = (
            "Caution: pregnancy is recorded. The EU text of tacrolimus ointment leaves its use to the doctor; one source "
            '(S0) calls it "Category C". '
            "Consider what speaks for %(product)s now."
        )
        yield from _expecting(this, case, line, "pregnancy", text, PREGNANT, (S0,))


@rule(
    "pregnancy-systemic",
    version=2,
    level=Level.STOP,
    title="Pregnancy and an oral JAK inhibitor or methotrexate",
    logic="An oral JAK inhibitor or methotrexate in a recorded pregnancy." + OURS + GROWS_OLD,
    sources=[PREGNANCY_TABLE, RINVOQ, CIBINQO, OLUMIANT],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
    max_days=OLD_AFTER,
)
def pregnancy_systemic(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    text = "Pregnancy is recorded; %(product)s is not for use in pregnancy. Consider another treatment."
    if line.product.family == Family.JAK_ORAL:
        yield from _expecting(this, case, line, "pregnancy", text, PREGNANT, (PREGNANCY_TABLE,))
    elif line.product.drug == "methotrexate":
        yield from _expecting(this, case, line, "pregnancy", text)


@rule(
    "pregnancy-topical-jak",
    version=2,
    level=Level.WARN,
    title="Pregnancy and a JAK inhibitor cream",
    logic="A topical JAK inhibitor in a recorded pregnancy." + OURS + GROWS_OLD,
    sources=[OPZELURA_EU],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
    max_days=OLD_AFTER,
)
def pregnancy_topical_jak(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.JAK_TOPICAL:
        text = "Caution: pregnancy is recorded; the EU leaflet of %(product)s excludes it. Consider another treatment."
        yield from _expecting(this, case, line, "pregnancy", text, PREGNANT)


@rule(
    "breastfeeding-tci",
    version=2,
    level=Level.WARN,
    title="Breastfeeding and a calcineurin inhibitor",
    logic="A topical calcineurin inhibitor while breastfeeding is recorded." + OURS,
    sources=[Source("EU product text of Protopic, as quoted in fact sheet C24")],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
)
def breastfeeding_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.TCI:
        text = (
            "Caution: breastfeeding is recorded. The EU text of tacrolimus ointment leaves its use to the doctor. "
            "Consider what speaks for %(product)s now."
        )
        yield from _expecting(this, case, line, "breastfeeding", text, NURSING)


@rule(
    "breastfeeding-abrocitinib",
    version=2,
    level=Level.STOP,
    title="Breastfeeding and abrocitinib",
    logic="Abrocitinib while breastfeeding is recorded." + OURS,
    sources=[CIBINQO],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
)
def breastfeeding_abrocitinib(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.drug == "abrocitinib":
        text = "Breastfeeding is recorded; the leaflet of %(product)s excludes it. Consider another treatment."
        yield from _expecting(this, case, line, "breastfeeding", text, NURSING)


@rule(
    "breastfeeding-oral-jak",
    version=2,
    level=Level.WARN,
    title="Breastfeeding and an oral JAK inhibitor",
    logic="An oral JAK inhibitor other than abrocitinib while breastfeeding is recorded." + OURS,
    sources=[CIBINQO],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
)
def breastfeeding_oral_jak(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.JAK_ORAL and line.product.drug != "abrocitinib":
        text = (
            "Caution: breastfeeding is recorded. No label on file says anything of it for %(product)s; the leaflet of "
            "abrocitinib, of the same class, excludes it. Consider another treatment."
        )
        yield from _expecting(this, case, line, "breastfeeding", text)


@rule(
    "breastfeeding-topical-jak",
    version=2,
    level=Level.WARN,
    title="Breastfeeding and a JAK inhibitor cream",
    logic="A topical JAK inhibitor while breastfeeding is recorded." + OURS,
    sources=[OPZELURA_EU],
    topic="C24",
    asked_from_years=ASKED_FROM,
    asked_until_years=ASKED_UNTIL,
)
def breastfeeding_topical_jak(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.JAK_TOPICAL:
        text = "Caution: breastfeeding is recorded; the EU leaflet of %(product)s excludes it. Consider another treatment."
        yield from _expecting(this, case, line, "breastfeeding", text, NURSING)


# --- Light therapy ----------------------------------------------------------------------------------------------------


@rule(
    "phototherapy-with-tci",
    version=2,
    level=Level.WARN,
    title="Light therapy and a calcineurin inhibitor",
    logic="A topical calcineurin inhibitor and phototherapy, recorded or ordered, that share days.",
    sources=[Source("EMA package leaflet EU/1/02/201/001"), PROTOPIC_US, S0, S2],
    topic="C6b",
)
def phototherapy_with_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    partner = {Family.TCI: Family.PHOTOTHERAPY, Family.PHOTOTHERAPY: Family.TCI}.get(line.product.family)
    if partner is None:
        return
    is_tci = line.product.family == Family.TCI
    beside = [other for other in case.beside(line) if other.product.family == partner]
    rows = present(case, line, "phototherapy") if is_tci else []
    if beside or rows:
        first = max(age_day(case, line), min(_starts(rows, beside), default=line.starts_on))
        yield this.finds(
            case,
            "Caution: %(product)s and %(other)s share days from %(day)s. One source (S2) and the EU leaflet of tacrolimus "
            "ointment are against it, the US label avoids light, another source (S0) asks for careful consideration.",
            *(precaution_seen(row) for row in rows),
            *(line_seen(other) for other in beside),
            others=beside,
            product=line.product.name,
            other=named(beside) or "phototherapy",
            day=day_in_words(first),
        )
    elif is_tci and (because := unknown(case, line, "phototherapy")):
        yield this.cannot(because, WORDS["phototherapy"])


def _starts(rows: Iterable[Precaution], lines: Iterable[Line]) -> list[date]:
    """When each of them begins; a course without a date of its own is under way."""
    return [row.from_on or date.min for row in rows] + [line.starts_on for line in lines]


@rule(
    "phototherapy-age",
    level=Level.WARN,
    title="Light therapy under 12 years",
    logic="Phototherapy under the age from which the sources have it.",
    sources=[S0, S3, AAD_SYSTEMIC],
    topic="C6a",
    min_age_years=12,
)
def phototherapy_age(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.PHOTOTHERAPY:
        return
    limit, months = this.param(case, "min_age_years") * YEAR, months_of_age(case, line)
    if months is None:
        yield this.cannot("The birth date is unknown, and the sources differ on light therapy for children.", "birth date")
    elif months < limit:
        yield this.finds(
            case,
            "Caution: the age is %(age)s; phototherapy is used from %(limit)s here. One source (S0) does not recommend it "
            "under 12 years, another (S3) names no age, and the AAD guideline is written for adults.",
            age_seen(case, line),
            age=age_seen(case, line).value,
            limit=span(limit),
        )


# --- Worms ------------------------------------------------------------------------------------------------------------


@rule(
    "helminth-infection",
    version=2,
    level=Level.WARN,
    title="Helminth infection and a biologic",
    logic="A biologic for someone with a recorded helminth infection.",
    sources=[DUPIXENT, ADTRALZA],
)
def helminth_infection(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.BIOLOGIC:
        return
    text = (
        "Caution: a helminth infection is recorded; the EU leaflets of dupilumab and tralokinumab have it treated first. "
        "Consider this before %(product)s."
    )
    yield from _condition(this, case, line, "helminth_infection", text, ("helminth",))
