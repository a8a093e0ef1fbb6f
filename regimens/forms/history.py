"""What was used before adtrack, as somebody remembers it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from regimens.forms.orders import product_choices
from regimens.forms.sites import SitesField
from regimens.models import FAMILIES, PastResponse, Product, WhyStopped

MONTHS = [(str(number), f"{number:02d}") for number in range(1, 13)]


class MonthWidget(forms.MultiWidget):
    """A month and a year."""

    template_name = "regimens/month.html"

    def __init__(self) -> None:
        month = forms.Select(choices=[("", _("Month")), *MONTHS], attrs={"aria-label": _("Month")})
        year = forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 4, "placeholder": _("Year"), "aria-label": _("Year")}
        )
        super().__init__([month, year])

    def decompress(self, value: date | None) -> list[Any]:
        """The two boxes of a day."""
        return [value.month, value.year] if value else [None, None]


class MonthField(forms.MultiValueField):
    """About when: a year, perhaps with a month; its first day."""

    widget = MonthWidget

    def __init__(self, **kwargs: Any):
        month = forms.ChoiceField(choices=[("", ""), *MONTHS], required=False)
        super().__init__((month, forms.CharField(required=False)), require_all_fields=False, required=False, **kwargs)

    def compress(self, values: list[Any]) -> date | None:
        """The first of the month, of the year without one."""
        month, year = [*values, "", ""][:2] if values else ("", "")
        if not year:
            if month:
                raise ValidationError(_("Enter the year."))
            return None
        if not (len(str(year)) == 4 and str(year).isdecimal() and 1900 <= int(year) <= 2200):
            raise ValidationError(_("Enter the year with four digits."))
        return date(int(year), int(month or 1), 1)


class PastTreatmentForm(forms.Form):
    """A product or class used before; about when is enough."""

    product = forms.ChoiceField(label=_("Product"), required=False)
    family = forms.ChoiceField(
        label=_("Or only its class"), choices=[("", _("Choose …")), *FAMILIES.items()], required=False
    )
    places = SitesField(label=_("Where on the body"), required=False, has_sides=False)  # the record has none
    from_on = MonthField(label=_("About from"))
    until_on = MonthField(label=_("About until"))
    days = forms.IntegerField(
        label=_("For how many days"),
        help_text=_("Of an oral steroid, if known."),
        min_value=1,
        max_value=3660,
        required=False,
    )
    response = forms.ChoiceField(label=_("What came of it"), choices=[("", _("Choose …")), *PastResponse.choices])
    why_stopped = forms.ChoiceField(label=_("Why it was stopped"), choices=[("", _("Choose …")), *WhyStopped.choices])
    text = forms.CharField(label=_("In words"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = product_choices()

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        typed = dict(self.cleaned_data)
        key = typed.pop("product")
        places = typed.pop("places")
        typed["product"] = Product.objects.get(key=key) if key else None
        typed["sites"] = ",".join(place.site for place in places)
        return typed
