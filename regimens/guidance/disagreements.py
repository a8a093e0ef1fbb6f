"""The table of contradictions: where sources differ, what each says, and what adtrack does unless a clinic chose otherwise.

One Topic for each row, in the order of the page. A rule names its row with `topic="C1"` (regimens/protocol/rules/); the
page finds it by that, so no rule is listed here. To add a row: the next free number, both sides with their sources, and
what adtrack does, in words that stay true when a clinic changes a level or a number. S0 to S3 are machine-written answers
that nobody reviewed: they are shown as such and never as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from regimens.protocol.base import Source


@dataclass(frozen=True)
class Said:
    """A statement with those who make it."""

    text: Any  # translated where it is shown
    by: tuple[Source, ...]


@dataclass(frozen=True)
class Topic:
    """One thing on which the sources do not agree, told as two sides."""

    id: str
    title: Any
    one: tuple[Said, ...]
    other: tuple[Said, ...]
    default: Any  # what adtrack does; on some topics it only tells


S0 = Source("Machine-written answer S0, not reviewed", on=date(2026, 1, 30))
S1 = Source("Machine-written answer S1, not reviewed", on=date(2025, 9, 8))
S2 = Source("Machine-written answer S2, not reviewed", on=date(2026, 2, 13))
S3 = Source("Machine-written answer S3, not reviewed", on=date(2025, 11, 3))
S4 = Source("News summary S4 (DermatologyAdvisor, 2021) of Matsutani et al., J Dermatol 2021, not reviewed")
STUDY = Source("Abstract of Matsutani et al., J Dermatol 2021, doi:10.1111/1346-8138.16039")
EU_PROTOPIC = Source("EMA package leaflet EU/1/02/201/001 (Protopic)", on=date(2024, 10, 14))
EU_PROTOPIC_TEXT = Source("EU product text of Protopic, quoted second-hand")
US_PROTOPIC = Source("US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)")
UK_ELIDEL_2022 = Source("UK SmPC of Elidel, 2022 (medicines.org.uk emc 4966)")
UK_ELIDEL_2019 = Source("UK SmPC of Elidel, 2019")
EU_ELIDEL = Source("Elidel product text (rxreasoner.com, package leaflet Poland)")
US_ELIDEL = Source("US label of Elidel (elidel-us.com)")
SG_ELIDEL = Source("Product information of Elidel, Singapore SIN12179P")
EU_OPZELURA = Source("EMA package leaflet of Opzelura", on=date(2024, 10, 14))
US_OPZELURA = Source("US label of ruxolitinib cream (Opzelura), openFDA, epocrates.com and drugs.com")
EU_RINVOQ = Source("EMA package leaflet of Rinvoq", on=date(2024, 10, 14))
EU_CIBINQO = Source("EMA package leaflet of Cibinqo", on=date(2024, 10, 14))
UK_CICLOSPORIN = Source(
    "hospitalhealthcare.com: of the older systemic drugs ciclosporin is the only licensed one in the UK"
)
AAD = Source("AAD guideline 2023", speaks_for="adults")
NICE = Source("NICE TA534")
ELSEVIER = Source("Elsevier ClinicalKey, US drug monograph")

TOPICS: tuple[Topic, ...] = (
    Topic(
        "C1",
        _("Tacrolimus 0.1 % from 2 to 15 years"),
        (Said(_("0.1 % is approved from 2 years for moderate to severe atopic dermatitis."), (S2,)),),
        (Said(_("Under 16 years 0.03 % only; 0.1 % from 16 years."), (EU_PROTOPIC, US_PROTOPIC, S0, S1)),),
        _("Caution: 0.1 % under 16 years is saved with a reason. The labels are followed."),
    ),
    Topic(
        "C2",
        _("Tacrolimus under 2 years"),
        (Said(_("Use outside the label may be needed in severe cases."), (S0,)),),
        (Said(_("Not for use under 2 years."), (EU_PROTOPIC, US_PROTOPIC, S1, S2)),),
        _("Caution: either strength under 2 years is saved with a reason, by somebody who may prescribe."),
    ),
    Topic(
        "C3",
        _("Minimum age of pimecrolimus"),
        (Said(_("From 3 months."), (UK_ELIDEL_2022, EU_ELIDEL, S1)),),
        (Said(_("From 2 years; not under 2 years."), (US_ELIDEL, UK_ELIDEL_2019, S2)),),
        _(
            "By jurisdiction: 3 months in the EU and the UK, 2 years in the US, elsewhere the strictest known. Under "
            "the age of the label: caution. Under 3 months it cannot be saved."
        ),
    ),
    Topic(
        "C4",
        _("Pimecrolimus in severe atopic dermatitis"),
        (Said(_("An alternative option."), (S1, S2)),),
        (
            Said(_("For mild to moderate atopic dermatitis only."), (US_ELIDEL, EU_ELIDEL, UK_ELIDEL_2022)),
            Said(_("Tacrolimus is preferred where it is severe."), (S1,)),
        ),
        _("For information, with the last vIGA-AD and EASI and their days."),
    ),
    Topic(
        "C5",
        _("Length of an oral corticosteroid"),
        (Said(_("Less than 7 days, in a crisis; 7 days are too long already."), (S0, S1, S3)),),
        (
            Said(_("Up to 2 weeks in a crisis; explicitly not recommended in children."), (S2,)),
            Said(_("Conditional recommendation against it."), (AAD,)),
        ),
        _(
            "Adults: caution from 7 planned days. Under 18 years: always caution. From 15 days, or without an "
            "end, it cannot be saved. Orders and courses that meet or adjoin count together; earlier ones are noted beside "
            "the order."
        ),
    ),
    Topic(
        "C6a",
        _("Phototherapy under 12 years"),
        (Said(_("Not recommended under 12 years."), (S0,)),),
        (
            Said(_("Narrowband UVB works where other treatment did not; no age is named."), (S3,)),
            Said(_("Conditional recommendation for it."), (AAD,)),
        ),
        _("Caution under 12 years."),
    ),
    Topic(
        "C6b",
        _("Topical calcineurin inhibitor together with phototherapy"),
        (Said(_("After careful consideration."), (S0,)),),
        (
            Said(_("Not to be combined."), (S2,)),
            Said(_("Light therapy at the same time is not recommended."), (EU_PROTOPIC,)),
            Said(_("Natural and artificial sunlight is to be kept low or avoided."), (US_PROTOPIC,)),
        ),
        _("Caution where the days overlap."),
    ),
    Topic(
        "C7",
        _("Antihistamines"),
        (Said(_("By mouth as an addition, against itch."), (S0,)),),
        (
            Said(_("Not to be relied on."), (S3,)),
            Said(_("Conditional recommendation against topical antihistamines."), (AAD,)),
        ),
        _("By mouth: for information (drowsiness), and caution with epilepsy. On the skin: caution."),
    ),
    Topic(
        "C8",
        _("How often maintenance is applied"),
        (
            Said(_("Two to three times a week, in the text of the answer."), (S0,)),
            Said(_("Two to three times a week works; off-label."), (ELSEVIER,)),
        ),
        (
            Said(_("Twice a week with 2 to 3 days in between."), (EU_PROTOPIC, S1, S2)),
            Said(_("Twice a week, in the headline of the same answer."), (S0,)),
            Said(_("No maintenance on the label."), (US_PROTOPIC,)),
        ),
        _(
            "Tacrolimus on two weekdays with at least two days without it between them; three times a week: caution, "
            "off-label."
        ),
    ),
    Topic(
        "C9",
        _("Proactive use, or short with breaks"),
        (Said(_("Not only when the skin flares: proactive use."), (S0,)),),
        (
            Said(_("Short periods; stop when the signs are gone."), (S1,)),
            Said(_("Continuous long-term use is to be avoided."), (US_PROTOPIC,)),
        ),
        _("For information, with the text of the jurisdiction; in the US maintenance is marked as off-label."),
    ),
    Topic(
        "C10",
        _("When to look whether it works"),
        (Said(_("After 6 weeks."), (US_PROTOPIC, S0, S1)),),
        (
            Said(_("No improvement after 2 weeks: other options."), (EU_PROTOPIC,)),
            Said(_("3 to 6 weeks, and 90 % by week 3, elsewhere in the same answer."), (S0,)),
        ),
        _(
            "Whoever orders a line sets the day on which it is looked at again; no day is filled in. Planned checks "
            "at 2 and 6 weeks are not part of this version."
        ),
    ),
    Topic(
        "C11",
        _("Emollient before or after a topical calcineurin inhibitor"),
        (Said(_("Moisturiser after the calcineurin inhibitor."), (S1,)),),
        (
            Said(_("No emollient within 2 hours of tacrolimus."), (EU_PROTOPIC,)),
            Said(_("After pimecrolimus an emollient can follow at once."), (SG_ELIDEL,)),
        ),
        _(
            "For information, with the gap that the label of the product names. Nothing is enforced: adtrack does "
            "not know at which minute something is applied."
        ),
    ),
    Topic(
        "C12",
        _("Wet wraps over a topical calcineurin inhibitor"),
        (Said(_("Wet wraps are useful."), (S2, S3)),),
        (Said(_("Treated skin is not to be covered with bandages or wraps."), (EU_PROTOPIC, US_PROTOPIC, S1)),),
        _("A wet wrap and a calcineurin inhibitor on the same skin on the same days cannot be saved."),
    ),
    Topic(
        "C13",
        _("Never alone"),
        (Said(_("An emollient belongs to every treatment; never monotherapy."), (S0,)),),
        (
            Said(
                _("20 patients used tacrolimus without a corticosteroid on the face, while on dupilumab."),
                (S4,),
            ),
        ),
        _("For information where an anti-inflammatory product is used and no emollient is."),
    ),
    Topic(
        "C14",
        _("How often it burns"),
        (Said(_("Up to 60 % with a calcineurin inhibitor."), (S1,)),),
        (
            Said(_("20 % of children with tacrolimus, 10 % with pimecrolimus."), (S2,)),
            Said(_("2.5 times as often as with a topical corticosteroid."), (S0,)),
            Said(_("Very common: more than 1 in 10."), (EU_PROTOPIC,)),
        ),
        _(
            "Told only. No number is shown to patients as if it were certain; burning at the start is expected and not "
            "serious."
        ),
    ),
    Topic(
        "C15",
        _("How long it burns"),
        (Said(_("3 to 4 days."), (S0,)), Said(_("Days."), (S1, S2))),
        (Said(_("Usually gone within 1 week."), (EU_PROTOPIC,)),),
        _(
            "Burning that lasts longer than 7 days is put in front of somebody of the clinic; it may choose another number "
            "of days."
        ),
    ),
    Topic(
        "C16",
        _("Strength of tacrolimus by severity or by age"),
        (Said(_("0.03 % for mild to moderate, 0.1 % for moderate to severe."), (S2,)),),
        (
            Said(
                _("Both strengths are for moderate to severe atopic dermatitis; the age decides between them."),
                (EU_PROTOPIC, US_PROTOPIC),
            ),
        ),
        _("For information where the two differ for this person; the labels are followed. No strength is ever filled in."),
    ),
    Topic(
        "C17",
        _("Ciclosporin: off-label or licensed"),
        (Said(_("Off-label."), (S0,)),),
        (Said(_("Licensed in severe atopic dermatitis in the EU and the UK."), (UK_CICLOSPORIN,)),),
        _("For information, with what the label of each jurisdiction says; in the US it is off-label."),
    ),
    Topic(
        "C18",
        _("Ruxolitinib cream"),
        (Said(_("Strong recommendation; neither age nor region is named."), (S3,)),),
        (
            Said(_("EU: for vitiligo, not licensed in atopic dermatitis."), (EU_OPZELURA,)),
            Said(_("US: from 2 years, mild to moderate, short-term."), (US_OPZELURA,)),
        ),
        _("Caution where it is not licensed for atopic dermatitis, and under the age of the label."),
    ),
    Topic(
        "C19",
        _("Order of systemic treatments"),
        (Said(_("Dupilumab is the first choice."), (S0,)),),
        (
            Said(_("A list that begins with ciclosporin."), (S1,)),
            Said(_("Dupilumab after at least one other systemic treatment."), (NICE,)),
        ),
        _("Told only: adtrack proposes no order of systemic treatments. The clinic keeps its own."),
    ),
    Topic(
        "C20",
        _("What is said about the risk of cancer"),
        (Said(_("Reassuring: lower than predicted."), (S0, S2)),),
        (
            Said(_("Boxed warning."), (US_PROTOPIC,)),
            Said(_("“Definitive conclusions cannot be drawn.”"), (EU_PROTOPIC_TEXT,)),
        ),
        _(
            "The words of a machine-written answer are never shown as reassurance. The text of a boxed warning is "
            "shown once the clinic or a source supplies it; until then this page says that there is one."
        ),
    ),
    Topic(
        "C21",
        _("Infected skin"),
        (Said(_("A short course of antibiotics beside the treatment is fine."), (S3,)),),
        (Said(_("No calcineurin inhibitor on infected skin."), (EU_PROTOPIC, US_PROTOPIC, S1)),),
        _(
            "Caution for a calcineurin inhibitor where an infection is recorded as present on the same skin; for "
            "information with a topical corticosteroid. What was found absent counts for that skin and for some days "
            "(their number is ours); after them it is not checked until somebody looks again."
        ),
    ),
    Topic(
        "C22",
        _("Work-up of allergies"),
        (Said(_("Food and inhalant allergy are to be looked for in everybody."), (S0,)),),
        (Said(_("No routine elimination diet."), (S2,)),),
        _("Told only: adtrack records allergies and proposes neither tests nor diets."),
    ),
    Topic(
        "C23",
        _("Immunocompromise and defects of the skin barrier"),
        (Said(_("To be avoided, “absolute”."), (S0,)), Said(_("To be avoided."), (S1, S2, S3))),
        (Said(_("A warning, not a contraindication."), (EU_PROTOPIC, US_PROTOPIC)),),
        _("Cannot be saved. The medical lead may lower this stop to a caution."),
    ),
    Topic(
        "C24",
        _("Pregnancy"),
        (Said(_("“Category C.”"), (S0,)),),
        (
            Said(_("The letters were dropped by the FDA in 2015 (not verified)."), (Source("General knowledge"),)),
            Said(_("Tacrolimus ointment: ask your doctor."), (EU_PROTOPIC_TEXT,)),
            Said(_("Oral JAK inhibitors: not in pregnancy."), (EU_RINVOQ, EU_CIBINQO)),
        ),
        _(
            "Calcineurin inhibitors: caution. Oral JAK inhibitors and methotrexate cannot be saved; no clinic can lower "
            "that. Men, and people outside the ages of the rule, are not asked; what is recorded counts for everybody. An "
            "answer grows old after some days. Ages and days are ours."
        ),
    ),
    Topic(
        "C25",
        _("For whom the evidence speaks"),
        (Said(_("Cites the guideline of the AAD for a child."), (S2,)),),
        (Said(_("It is about adults."), (AAD,)),),
        _(
            "Every source says for whom it speaks. A guideline for adults is not shown as evidence for anybody under "
            "18; where it is named there, it is marked as written for adults."
        ),
    ),
    Topic(
        "C26",
        _("Numbers of a study of tacrolimus on the face"),
        (Said(_("Of 20 patients 75 % used 0.1 %, “and the remaining 6” 0.03 %."), (S4,)),),
        (
            Said(
                _(
                    "109 patients, 60 of them on tacrolimus, 20 analysed without a topical corticosteroid and 40 "
                    "with one. 75 % of 20 are 15, which leaves 5."
                ),
                (STUDY,),
            ),
        ),
        _(
            "Kept as reported, and marked as not adding up (14 and 6 would fit only before the one who changed "
            "strength). 20 patients of one centre, looked at afterwards, are no benchmark: no rule uses these numbers."
        ),
    ),
    Topic(
        "C27",
        _("Dupilumab “on the head and neck”"),
        (Said(_("“20 patients treated with dupilumab on the head and neck.”"), (S4,)),),
        (
            Said(
                _("Dupilumab is injected; what was used on head and neck was tacrolimus without a corticosteroid."),
                (STUDY,),
            ),
        ),
        _("A line of an injected or swallowed product has no site on the body."),
    ),
)
