"""Form pieces: the renderer, the date in three boxes, the guarded form data."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinics.http import Request

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class FormRenderer(TemplatesSetting):
    """Every field of every form is drawn by one template."""

    field_template_name = "components/field.html"
    form_template_name = "components/form.html"


def form_data(request: Request) -> QueryDict | None:
    """What to bind a form to: the POST, or input kept from before a sign-in; None for an empty form."""
    return request.POST if request.method == "POST" else request.kept


class DateWidget(forms.MultiWidget):
    """Day, month, year in three boxes with labels; the month as a number or a word."""

    template_name = "components/date.html"

    def __init__(self, attrs: dict[str, Any] | None = None):
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            "day": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 2, "autocomplete": "off"}),
            "month": forms.TextInput(attrs={"maxlength": 9, "autocomplete": "off"}),
            "year": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}),
        }
        super().__init__(boxes, attrs)

    def decompress(self, value: date | None) -> list[Any]:
        """The boxes of a date."""
        return [value.day, value.strftime("%b"), value.year] if value else [None, None, None]


class DateField(forms.MultiValueField):
    """A calendar date typed in three boxes. Errors say which box and why."""

    widget = DateWidget

    def __init__(self, **kwargs: Any):
        fields = (forms.CharField(required=False), forms.CharField(required=False), forms.CharField(required=False))
        super().__init__(fields, require_all_fields=False, **kwargs)

    def clean(self, value: Any) -> date | None:
        """The date, None when left empty and not required."""
        parts = [str(part or "").strip() for part in value or ["", "", ""]]
        if not any(parts):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        return parse_date(*parts)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare dates, not boxes."""
        try:
            return self.clean(data) != initial
        except ValidationError:
            return True


def parse_date(day: str, month: str, year: str) -> date:
    """A date from three typed parts; the month as 5, 05, May or may. ValidationError names the part that is wrong."""
    # Lengths first: Python refuses to read numbers of thousands of digits, and dates of more than a few.
    if not (day.isdecimal() and len(day) <= 2):
        raise ValidationError(_("Enter the day as a number, for example 4."))
    number = 0
    if len(month) <= 9:
        word = month[:3].lower()
        number = int(month) if month.isdecimal() else 1 + MONTHS.index(word) if word in MONTHS else 0
    if not 1 <= number <= 12:
        raise ValidationError(_("Enter the month as a word or a number, for example May or 5."))
    if not (year.isdecimal() and len(year) == 4):
        raise ValidationError(_("Enter the year with four digits, for example 2019."))
    try:
        return date(int(year), number, int(day))
    except ValueError:
        raise ValidationError(_("This day does not exist in that month.")) from None
