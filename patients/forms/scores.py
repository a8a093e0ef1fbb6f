"""What staff type about scores. A group that is not answered stays empty: it is never 0."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField
from clinics.models import User
from clinics.models.clinic import language_choices
from patients import words
from patients.models import Assessment, Instrument, InstrumentEdition, Patient, Respondent
from patients.models.assessments import ITEMS_OF, area_column, percent_column, poem_column, sign_column
from patients.scoring import easi, itch, poem, viga
from patients.scoring.easi import Region, Sign

LEFT_OPEN = "open"  # of a POEM question the person could not answer; not the same as one nobody asked


class PlainDecimalField(forms.DecimalField):
    """A number with a decimal point and nothing else. A comma is refused with the reason: it is read in two ways."""

    widget = forms.TextInput
    plain = re.compile(r"[0-9]+(\.[0-9]+)?")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        """The number, None when empty."""
        text = str(value or "").strip()
        if text and not self.plain.fullmatch(text):
            raise forms.ValidationError(_("Write it with a point and without a comma: 12.5 or 1200."))
        return super().to_python(text)


class PercentField(PlainDecimalField):
    """A share of a region, 0 to 100 per cent; 9,5 is 9.5 here, because it can be nothing else."""

    def __init__(self, region: Any, **kwargs: Any):
        self.region = region
        super().__init__(max_digits=4, decimal_places=1, required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        """The share; the error names the region."""
        wrong = forms.ValidationError(
            _("%(region)s, area: from 0 to 100 per cent, with one decimal at the most."), params={"region": self.region}
        )
        try:
            share = super().to_python(str(value or "").replace(",", "."))
            self.run_validators(share)
        except forms.ValidationError:
            raise wrong from None
        if share is not None and share > 100:
            raise wrong
        return share


class Choice(forms.TypedChoiceField):
    """One value of a scale as a row of buttons; empty when not answered."""

    widget = forms.RadioSelect

    def __init__(self, choices: list[tuple[str, Any]], coerce: Any = int, **kwargs: Any):
        super().__init__(choices=choices, coerce=coerce, empty_value=None, required=False, **kwargs)


class AssessmentForm(forms.Form):
    """What every assessment has: the day, who, a comment, and the key that makes two sends one record."""

    instrument = ""
    assessed_on = DateField(label=_("Date of the assessment"))
    comment = forms.CharField(label=_("Comment"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    submission = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label=_("Why it is corrected"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        today: date,
        row: Assessment | None = None,
        raters: list[User] | None = None,
        me: User | None = None,
        edition: InstrumentEdition | None = None,
        texts: dict[str, str] | None = None,
        **kwargs: Any,
    ):
        self.patient, self.row, self.edition, self.texts = patient, row, edition, texts or {}
        known = {"assessed_on": today, "submission": uuid.uuid4()} | (self.stored(row) if row is not None else {})
        super().__init__(*args, **kwargs)
        self.initial = known
        if row is None or row.signed_at is None:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = True
        if raters is not None:
            self._ask_for_rater(raters, me)

    def mark_missing(self) -> None:
        """When something else is wrong already, say in the same round what is not answered."""

    def _ask_for_rater(self, raters: list[User], me: User | None) -> None:
        """Who scored: oneself, unless another one of the clinic is named."""
        people = {user.pk: user for user in [*raters, *([self.row.rater] if self.row and self.row.rater else [])]}
        choices = [(str(user.public_id), user.name) for user in people.values()]
        chosen = self.row.rater if self.row is not None else me
        if self.row is not None and self.row.signed_at is None and chosen != me:
            chosen, choices = None, [("", _("Choose …")), *choices]  # somebody else began it: say whose judgement it is now
        self.fields["rater"] = forms.ChoiceField(
            label=_("Assessed by"), choices=choices, initial=str(chosen.public_id) if chosen else None
        )
        self._people = {str(user.public_id): user for user in people.values()}

    def stored(self, row: Assessment) -> dict[str, Any]:
        """The initial values of a draft that goes on, or of an assessment that is corrected."""
        shown = {name: _as_choice(value) for name, value in row.items.items()}
        return {"assessed_on": row.assessed_on, "comment": row.comment, "version": row.version, **shown}

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        typed = self.cleaned_data
        values = {name: typed.get(name) for name in ITEMS_OF[self.instrument]}
        values |= {"assessed_on": typed["assessed_on"], "comment": typed["comment"], "edition": self.edition}
        if "rater" in self.fields:
            values["rater"] = self._people[typed["rater"]]
        return values

    @property
    def head(self) -> list[BoundField]:
        """When and who, above the items."""
        return [self[name] for name in ("assessed_on", "rater", "respondent", "language") if name in self.fields]

    @property
    def foot(self) -> list[BoundField]:
        """What is said in words, below the items."""
        return [self[name] for name in ("reason", "comment") if name in self.fields]

    @property
    def credit(self) -> str:
        """The line the owner of the instrument asks for."""
        return self.edition.credit if self.edition else str(words.CREDITS[self.instrument])

    @property
    def introduction(self) -> str:
        """The owner's introduction, where the clinic loaded it."""
        return self.texts.get("introduction", "")


def _as_choice(value: Any) -> str:
    """A stored item as the value of its button: "1.5", "2"; empty for none."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True)
class Cell:
    """One group of buttons on the EASI form; the error without the region and sign, which stand beside it."""

    field: BoundField
    word: Any
    was: str

    @property
    def error(self) -> str:
        """What is wrong, in short."""
        return " ".join(str(text).partition(": ")[2] or str(text) for text in self.field.errors)


@dataclass(frozen=True)
class Row:
    """One region on the EASI form."""

    code: str
    label: Any
    help: Any
    percent: BoundField
    cells: list[Cell]


class EasiForm(AssessmentForm):
    """Four regions: area (or the affected share in per cent) and four signs each."""

    instrument = Instrument.EASI.value

    def __init__(self, *args: Any, hides_half_points: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        values = easi.WHOLE_SIGNS if hides_half_points else easi.SIGNS
        used = {value for seen in self.row.findings.values() for value in seen.signs.values()} if self.row else set()
        if not used <= {None, *values}:
            values = easi.SIGNS  # a stored half point must stay choosable
        self.has_halves = values is easi.SIGNS
        signs = [(_as_choice(value), _as_choice(value)) for value in values]
        areas = [(str(score), str(score)) for score in easi.AREAS]
        for region in Region:
            name = words.REGIONS[region]
            self.fields[percent_column(region)] = PercentField(
                name, label=_("%(region)s, affected in per cent") % {"region": name}
            )
            label = _("%(region)s, area") % {"region": name}
            self.fields[area_column(region)] = Choice(areas, label=label)
            for sign in Sign:
                label = _("%(region)s, %(sign)s") % {"region": name, "sign": str(words.SIGNS[sign]).lower()}
                self.fields[sign_column(region, sign)] = Choice(signs, Decimal, label=label)

    @property
    def has_shares(self) -> bool:
        """Whether the area of a region was typed in per cent, or tried to be."""
        return any(self[percent_column(region)].value() not in (None, "") for region in Region)

    def rows(self, previous: dict[str, str]) -> list[Row]:
        """The regions with their cells, area first; `previous` are stored values by column, shown on demand."""
        return [
            Row(
                region.value,
                words.REGIONS[region],
                words.REGION_HELP[region],
                self[percent_column(region)],
                [self._cell(area_column(region), words.AREA, previous)]
                + [self._cell(sign_column(region, sign), words.SIGNS[sign], previous) for sign in Sign],
            )
            for region in Region
        ]

    def mark_missing(self) -> None:
        """When something else is wrong already, say in the same round what is not answered."""
        for region in Region:
            if self.data.get(percent_column(region)):
                continue  # gives the area, once it can be read
            for name in (area_column(region), *(sign_column(region, sign) for sign in Sign)):
                if not self.data.get(name):
                    self.add_error(name, _("not answered"))

    def _cell(self, name: str, word: Any, previous: dict[str, str]) -> Cell:
        return Cell(self[name], word, previous.get(name, ""))

    @property
    def error_lines(self) -> list[tuple[str, str]]:
        """For the summary: where to go and what is wrong; what is merely not answered, a line for each region."""
        lines: list[tuple[str, str]] = []
        for row in self.rows({}):
            missing = [cell for cell in row.cells if cell.field.errors and cell.field.value() in (None, "")]
            if missing:
                first, names = missing[0].field, ", ".join(str(cell.word).lower() for cell in missing)
                text = gettext("%(region)s: %(what)s not answered") % {"region": row.label, "what": names}
                lines.append((f"{first.auto_id}_0", text))
            wrong = [cell.field for cell in row.cells if cell.field.errors and cell not in missing]
            lines += [(f"{field.auto_id}_0", " ".join(map(str, field.errors))) for field in wrong]
            lines += [(str(row.percent.id_for_label), self._share_line(row))] if row.percent.errors else []
        return lines

    @staticmethod
    def _share_line(row: Row) -> str:
        """What is wrong with a typed share, with its region also where the field said it and not the action."""
        said, region = " ".join(map(str, row.percent.errors)), str(row.label)
        return said if said.startswith(region) else f"{region}: {said}"

    @property
    def rules(self) -> str:
        """What the live total needs, as JSON in whole numbers: weights in tenths, bands in twentieths of a point."""
        rules = {
            "born": self.patient.birth_date.isoformat(),
            "adultFrom": easi.ADULT_WEIGHTS_FROM,
            "weights": {
                key: {region: int(weight * 10) for region, weight in by_region.items()}
                for key, by_region in easi.WEIGHTS.items()
            },
            "bands": [[int(stratum.upto * 20), str(words.BANDS[stratum.band])] for stratum in easi.STRATA],
            "limits": [int(limit) for limit in easi.AREA_LIMITS],
        }
        return json.dumps(rules)


class LevelForm(AssessmentForm):
    """One level of a scale."""

    label: Any = _("Level")
    scale: range

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["level"] = Choice(self.levels(), label=self.label)

    def levels(self) -> list[tuple[str, Any]]:
        """The buttons: the numbers of the scale."""
        return [(str(n), str(n)) for n in self.scale]


class VigaForm(LevelForm):
    """The level of vIGA-AD."""

    instrument = Instrument.VIGA_AD.value
    label = _("How the skin is on the whole")
    scale = viga.LEVELS

    def levels(self) -> list[tuple[str, Any]]:
        """0 to 4 with the short labels, or the owner's texts."""
        return [(str(n), self.texts.get(f"level_{n}") or words.VIGA_LEVELS[n]) for n in self.scale]


class AskedForm(AssessmentForm):
    """What the patient, or somebody for the patient, answered."""

    respondent = forms.ChoiceField(
        label=_("Answered by"),
        choices=[pair for pair in Respondent.choices if pair[0] != Respondent.CLINICIAN],
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(label=_("Language of the questions"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", "–"), *language_choices()]
        if self.edition is not None:
            del self.fields["language"]

    def clean_respondent(self) -> str:
        """The words on the page must be those for whoever answers."""
        answered: str = self.cleaned_data["respondent"]
        reads = Respondent.SELF if answered == Respondent.HELPED else answered
        if self.edition is not None and self.edition.respondent != reads:
            raise forms.ValidationError(
                _("The questions shown are worded for somebody else. Choose the other words above.")
            )
        return answered

    def stored(self, row: Assessment) -> dict[str, Any]:
        """With who answered and in which language."""
        return super().stored(row) | {"respondent": row.respondent, "language": row.language}

    def values(self) -> dict[str, Any]:
        """With who answered and in which language."""
        typed = self.cleaned_data
        language = self.edition.language if self.edition is not None else typed["language"]
        return super().values() | {"respondent": typed["respondent"], "language": language}


class PoemForm(AskedForm):
    """Seven questions about the last week; one that could not be answered is marked, not skipped."""

    instrument = Instrument.POEM.value

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        answers: list[tuple[str, Any]] = [(str(n), self.texts.get(f"answer_{n}") or words.DAYS[n]) for n in poem.ANSWERS]
        for question in poem.Question:
            label = self.texts.get(f"question_{question}") or words.QUESTIONS[question]
            self.fields[poem_column(question)] = Choice([*answers, (LEFT_OPEN, _("Left open"))], str, label=label)

    def stored(self, row: Assessment) -> dict[str, Any]:
        """A question without an answer was left open, once it was signed."""
        shown = super().stored(row)
        if row.signed_at:
            shown |= {poem_column(q): LEFT_OPEN for q, answer in row.answers.items() if answer is None}
        return shown

    def mark_missing(self) -> None:
        """Ask for what was neither answered nor marked as left open."""
        for name in ITEMS_OF[self.instrument]:
            if not self.data.get(name):
                self.add_error(name, _("Not answered. If the person could not answer it, choose “Left open”."))

    def values(self) -> dict[str, Any]:
        """Answers as numbers, None for a question left open."""
        values = super().values()
        for name in ITEMS_OF[self.instrument]:
            values[name] = int(values[name]) if values[name] not in (None, LEFT_OPEN) else None
        return values

    @property
    def bands(self) -> str:
        """What the live total needs, as JSON: the highest total of each band, and its word."""
        return json.dumps([[int(stratum.upto), str(words.POEM_BANDS[stratum.band])] for stratum in poem.STRATA])

    @property
    def questions(self) -> list[BoundField]:
        """The seven questions."""
        return [self[name] for name in ITEMS_OF[self.instrument]]


class ItchForm(AskedForm, LevelForm):
    """The worst itch of the past 24 hours."""

    instrument = Instrument.ITCH.value
    label = _("Worst itch in the past 24 hours")
    scale = itch.LEVELS


FORMS: dict[str, type[AssessmentForm]] = {form.instrument: form for form in (EasiForm, VigaForm, PoemForm, ItchForm)}


class LabForm(forms.Form):
    """A TARC from a laboratory report."""

    collected_on = DateField(label=_("Collected on"))
    value = PlainDecimalField(label=_("TARC in pg/mL"), max_digits=8, decimal_places=1)
    assay = forms.CharField(
        label=_("Assay and laboratory"), max_length=80, help_text=_("Values of different assays do not compare.")
    )
    laboratory_limit = PlainDecimalField(
        label=_("The laboratory's upper limit in pg/mL"),
        help_text=_("As printed on the report. Without it, the published limit for the age is shown."),
        max_digits=7,
        decimal_places=1,
        required=False,
    )
    is_haemolysed = forms.BooleanField(label=_("The sample was haemolysed"), required=False)
    comment = forms.CharField(label=_("Comment"), max_length=200, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, assays: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = uuid.uuid4()
        self.fields["assay"].widget.attrs["list"] = "assays"
        self.assays = assays

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "submission"}


class ScoreSettingsForm(forms.Form):
    """What a clinic chooses about scores."""

    out_of_date_days = forms.IntegerField(
        label=_("A score is out of date after (days)"),
        min_value=7,
        max_value=365,
        required=False,
        help_text=_("Empty: 84 days. 7 to 365. This length is ours; no published source stands behind it."),
    )
    hides_half_points = forms.BooleanField(
        label=_("Hide the half points 1.5 and 2.5 in the EASI form"),
        required=False,
        help_text=_("They stay allowed: a stored half point is shown as it is, and the API takes them."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
