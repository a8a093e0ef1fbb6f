"""What staff type about a patient, their facts and the people around them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField, parse_date
from clinics.models.clinic import language_choices, zone_choices
from patients.actions import AffectedScores
from patients.actions.people import MOBILE
from patients.models import (
    Allergy,
    AllergyKind,
    CloseReason,
    Consent,
    ContactKind,
    ContactPoint,
    GuardianLink,
    GuardianScope,
    Measurement,
    Patient,
    Precaution,
    Relation,
)
from patients.models.facts import CLASSES, SUBSTANCES
from patients.models.patient import EDITABLE
from patients.queries import Search

ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
WORDED = re.compile(r"^(\d{1,2})[\s.-]+([^\W\d]{3,9})[\s.-]+(\d{4})$")
DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$")
SLASHED = re.compile(r"^\d{1,2}/\d{1,2}/\d{2,4}$")


def typed_date(text: str) -> date | None:
    """A date typed into the search box: 04-May-2019, 2019-05-04 or 4.5.2019; None for anything else.

    ValidationError for 4/5/2019, which is read in two ways.
    """
    if SLASHED.match(text):
        raise ValidationError(
            _("Write the month as a word, for example 04-May-2019: with slashes it can be read in two ways.")
        )
    if match := ISO.match(text):
        return parse_date(match[3], match[2], match[1])
    if match := WORDED.match(text) or DOTTED.match(text):
        return parse_date(match[1], match[2], match[3])
    return None


class SearchForm(forms.Form):
    """One box for what somebody knows of a patient."""

    text = forms.CharField(
        label=_("Surname, record number or date of birth"),
        help_text=_("Its first letters are enough: mül · müller, ja · D-1001 · 04-May-2019"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )
    with_closed = forms.BooleanField(label=_("Closed records too"), required=False)

    def clean(self) -> dict[str, Any]:
        """A typed date becomes `born_on`."""
        values = super().clean() or {}
        try:
            values["born_on"] = typed_date(values.get("text", "").strip())
        except ValidationError as error:
            self.add_error("text", error)
        return values

    def search(self) -> Search:
        """What to look for."""
        born_on = self.cleaned_data["born_on"]
        text = "" if born_on else self.cleaned_data["text"].strip()
        return Search(text=text, born_on=born_on, with_closed=self.cleaned_data["with_closed"])


class ActionForm(forms.ModelForm):
    """Labels and shapes of a model, values for an action: rules, also the database's, are the action's to word."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.RadioSelect):
                field.choices = [pair for pair in field.choices if pair[0]]
            elif isinstance(field, forms.TypedChoiceField):
                empty = _("Choose …") if field.required else "–"
                field.choices = [("", empty), *(pair for pair in field.choices if pair[0])]

    def _post_clean(self) -> None:
        """Leave the model's rules to the action: here a constraint would answer first, with its name."""


class PatientForm(ActionForm):
    """Who the patient is."""

    birth_date = DateField(label=_("Date of birth"), help_text=_("For example 04 May 2019"))
    language = forms.ChoiceField(label=_("Language"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False, help_text=_("Only if it differs from the clinic's."))

    class Meta:
        model = Patient
        fields = EDITABLE
        widgets = {
            "family_name": forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}),
            "given_name": forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}),
            "preferred_name": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "record_number": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }
        help_texts = {
            "preferred_name": _("What the patient likes to be called, if it differs."),
            "no_guardian_reason": _("Only for a patient under 16."),
            "record_number": _("As on the paper record or in your hospital system; unique in this clinic."),
        }

    field_order = (
        "family_name",
        "given_name",
        "preferred_name",
        "birth_date",
        "sex",
        "record_number",
        "language",
        "zone",
        "needs_interpreter",
        "no_guardian_reason",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("Not recorded")), *language_choices()]
        self.fields["zone"].choices = [("", _("The clinic's")), *zone_choices()]


class RegisterForm(PatientForm):
    """A new patient, with addresses and a first guardian; the last box appears only beside possible duplicates."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    mobile = forms.CharField(
        label=_("Mobile phone"),
        max_length=30,
        required=False,
        help_text=_("With the country code: +49 170 1234567"),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    guardian_name = forms.CharField(label=_("Name of the guardian"), max_length=120, required=False)
    guardian_relation = forms.ChoiceField(label=_("Relation"), choices=[("", "–"), *Relation.choices], required=False)
    guardian_scope = forms.ChoiceField(
        label=_("What they may do"), choices=[("", "–"), *GuardianScope.choices], required=False
    )
    guardian_evidence = forms.CharField(
        label=_("Evidence seen"),
        max_length=120,
        required=False,
        help_text=_("For example: birth certificate."),
    )

    confirm_not_duplicate = forms.BooleanField(
        label=_("None of these is the same person: register a new patient"), required=False
    )

    def clean_mobile(self) -> str:
        """The number without spaces; what is wrong with it is said together with everything else."""
        number = "".join(self.cleaned_data["mobile"].split())
        if number and not MOBILE.match(number):
            raise ValidationError(_("Write it with the country code, for example +49 170 1234567."))
        return number

    def clean(self) -> dict[str, Any]:
        """A guardian is entered as a whole or not at all."""
        values = super().clean() or {}
        parts = [name for name in self.GUARDIAN if name.startswith("guardian_")]
        if any(values.get(name) for name in parts):
            for name in parts:
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed for a guardian."))
        return values

    PERSON = PatientForm.field_order
    REACH = ("email", "mobile")
    GUARDIAN = ("guardian_name", "guardian_relation", "guardian_scope", "guardian_evidence", "no_guardian_reason")

    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The form in three parts, each with a heading and a sentence."""
        return [
            (_("Person"), "", [self[name] for name in self.PERSON if name != "no_guardian_reason"]),
            (
                _("How to reach them"),
                _("Messages go to an address only once its owner has confirmed it."),
                self._of(self.REACH),
            ),
            (
                _("Guardian"),
                _("Under 16: somebody who may act for the patient, or why there is nobody."),
                self._of(self.GUARDIAN),
            ),
        ]

    def _of(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def guardian(self, from_on: date) -> dict[str, Any] | None:
        """The guardian that was entered, from a date on; None when all of it was left empty."""
        values = {name: self.cleaned_data[f"guardian_{name}"] for name in ("name", "relation", "scope", "evidence")}
        return {**values, "from_on": from_on} if any(values.values()) else None

    def contacts(self) -> dict[str, str]:
        """The addresses that were entered, by kind."""
        return {kind: self.cleaned_data[kind] for kind in self.REACH if self.cleaned_data[kind]}


class VersionField(forms.IntegerField):
    """The version of the record the page was made from."""

    widget = forms.HiddenInput


class EditForm(PatientForm):
    """A correction of who the patient is; with the decision about scores, once a corrected birth date asks for one."""

    version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "affected_scores" in self.data:
            self._add_question()

    def _add_question(self) -> None:
        self.fields["affected_scores"] = forms.ChoiceField(
            label=_("What to do with these scores"), choices=AffectedScores, widget=forms.RadioSelect, required=False
        )

    def ask_about_scores(self) -> None:
        """Ask what to do with the scores that rest on the old date of birth."""
        self._add_question()
        self.add_error("affected_scores", _("Choose what to do with them, and save again."))


class CloseForm(forms.Form):
    """Why a record is closed."""

    reason = forms.ChoiceField(label=_("Reason"), choices=CloseReason, widget=forms.RadioSelect)
    deceased_on = DateField(label=_("Date of death"), required=False, help_text=_("Only if the patient died."))
    version = VersionField()


class AllergyForm(ActionForm):
    """One allergy: a substance or a class, chosen from one list."""

    code = forms.ChoiceField(label=_("Allergy to"))

    class Meta:
        model = Allergy
        fields = ("code", "text", "reaction")
        help_texts = {
            "text": _("Needed for “other”; otherwise what makes it more exact, for example a product."),
            "reaction": _("For example: contact dermatitis, hives, anaphylaxis."),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        groups = ((AllergyKind.SUBSTANCE, SUBSTANCES), (AllergyKind.DRUG_CLASS, CLASSES))
        options = [(kind.label, [(f"{kind.value}:{code}", label) for code, label in codes]) for kind, codes in groups]
        self.fields["code"].choices = [("", _("Choose …")), *options]

    def values(self) -> dict[str, Any]:
        """The action's arguments."""
        kind, _sep, code = self.cleaned_data["code"].partition(":")
        return {"kind": kind, "code": code, "text": self.cleaned_data["text"], "reaction": self.cleaned_data["reaction"]}


class MeasurementForm(ActionForm):
    """A weight or a height on a day."""

    measured_on = DateField(label=_("Measured on"))

    class Meta:
        model = Measurement
        fields = ("kind", "value", "measured_on")
        widgets = {
            "kind": forms.RadioSelect,
            "value": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        }
        help_texts = {"value": _("Weight in kg, height in cm; with a point, for example 24.5")}
        error_messages = {"value": {"invalid": _("Write only the number, with a point: 24.5")}}


class PrecautionForm(ActionForm):
    """What was found about one precaution."""

    from_on = DateField(label=_("From"), required=False)
    until_on = DateField(label=_("Until"), required=False)
    replaces = forms.UUIDField(required=False, widget=forms.HiddenInput)  # the row this finding is news of

    class Meta:
        model = Precaution
        fields = ("kind", "state", "site", "side", "from_on", "until_on", "text")
        widgets = {"state": forms.RadioSelect}
        help_texts = {
            "site": _("For a skin infection."),
            "text": _("Needed for “other”; otherwise what makes it more exact."),
        }


class GuardianForm(ActionForm):
    """Somebody who may act for the patient."""

    from_on = DateField(label=_("From"))
    until_on = DateField(label=_("Until"), required=False, help_text=_("Leave empty if there is no end yet."))

    class Meta:
        model = GuardianLink
        fields = ("name", "relation", "scope", "evidence", "from_on", "until_on")
        labels = {"scope": _("What they may do")}
        widgets = {"scope": forms.RadioSelect}
        help_texts = {"evidence": _("What you saw, for example: birth certificate, court order, identity card.")}


class ContactForm(ActionForm):
    """An address of the patient or of a guardian."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind, widget=forms.RadioSelect)
    guardian = forms.ModelChoiceField(
        GuardianLink.objects.none(), label=_("Whose"), required=False, empty_label=_("The patient's own")
    )

    class Meta:
        model = ContactPoint
        fields = ("guardian", "kind", "address", "is_preferred")
        help_texts = {"address": _("An e-mail address, or a number with the country code: +49 170 1234567")}

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["guardian"].queryset = GuardianLink.objects.live().filter(patient=patient)
        self.fields["guardian"].to_field_name = "public_id"


class ConsentForm(ActionForm):
    """What the patient or a guardian agreed to."""

    given_on = DateField(label=_("Given on"))

    class Meta:
        model = Consent
        fields = ("purpose", "channel", "given_on", "given_by")
        help_texts = {
            "channel": _("Only where the purpose has one."),
            "given_by": _("The person who agreed: the patient or a guardian."),
        }


class WithdrawForm(forms.Form):
    """Why a row is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stays in the history with your name."))


class WithdrawAssessmentForm(WithdrawForm):
    """Why an assessment is taken back, and which version of it was on the page."""

    version = VersionField()
