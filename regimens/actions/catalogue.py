"""The product catalogue, as platform administrators keep it. Nothing here is about a patient."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import Kind
from patients.models.facts import CLASSES
from regimens.actions.sweeps import check_everybody_anew
from regimens.models import Product, ProductFact
from regimens.protocol.facts import Family

# What a product is stays as it is: lines and history name it. Another strength or form is another product.
PRODUCT_CHANGEABLE = ("name", "family", "potency", "atc", "cross_groups", "is_offered")
FACT_CHANGEABLE = ("jurisdiction", "value", "text", "source", "section", "source_on", "is_verified")
# Kinds whose number decides, and kinds whose text is one of a few words that the rules read.
MEASURED = frozenset(
    {
        "emollient-gap-minutes",
        "free-days",
        "max-age-months",
        "max-course-days",
        "min-age-months",
        "min-weight-kg",
        "per-week",
        "recheck-days",
        "review-months",
    }
)
WORDED: dict[str, tuple[str, ...]] = {
    "status": ("licensed", "off-label", "not-marketed"),
    "severity": ("mild-moderate", "moderate-severe", "severe"),
}


def stamp(row: Product | ProductFact) -> str:
    """The same as long as nothing of the row changed: a page that shows another one is stale."""
    names = PRODUCT_CHANGEABLE if isinstance(row, Product) else FACT_CHANGEABLE
    return sha256(repr([str(getattr(row, name)) for name in names]).encode()).hexdigest()[:16]


@transaction.atomic
def edit_product(by: Actor, product: Product, values: dict[str, Any], *, seen: str, at: datetime) -> Product:
    """Change PRODUCT_CHANGEABLE of a product. Stale when it changed since `seen`; ValidationError names the field."""
    _must_run_the_platform(by)
    current = Product.objects.select_for_update().get(pk=product.pk)
    changed = _put(current, values, PRODUCT_CHANGEABLE, seen)
    if not changed:
        return current
    if current.strength and current.strength not in current.name:
        raise ValidationError({"name": _("The name holds the strength as it is written: %(s)s.") % {"s": current.strength}})
    if current.potency and current.family != Family.TCS:
        raise ValidationError({"potency": _("Only a topical corticosteroid has a potency.")})
    if unknown := set(current.cross_groups) - {code for code, _label in CLASSES}:
        raise ValidationError({"cross_groups": _("No such class: %(names)s.") % {"names": ", ".join(sorted(unknown))}})
    current.full_clean()
    current.save()
    audit.record(by, "product changed", Kind.UPDATE, at=at, obj=current, fields=changed)
    check_everybody_anew()
    return current


@transaction.atomic
def add_fact(by: Actor, product: Product, values: dict[str, Any], *, at: datetime) -> ProductFact:
    """A further statement about a product: its kind and FACT_CHANGEABLE."""
    _must_run_the_platform(by)
    fact = ProductFact(product=product, **values)
    _check(fact)
    fact.save()
    audit.record(by, "label fact added", Kind.CREATE, at=at, obj=fact)
    check_everybody_anew()
    return fact


@transaction.atomic
def change_fact(by: Actor, fact: ProductFact, values: dict[str, Any], *, seen: str, at: datetime) -> ProductFact:
    """Change FACT_CHANGEABLE of a statement. Stale when it changed since `seen`; ValidationError names the field."""
    _must_run_the_platform(by)
    current = ProductFact.objects.select_for_update(of=("self",)).select_related("product").get(pk=fact.pk)
    changed = _put(current, values, FACT_CHANGEABLE, seen)
    if changed:
        _check(current)
        current.save()
        audit.record(by, "label fact changed", Kind.UPDATE, at=at, obj=current, fields=changed)
        check_everybody_anew()
    return current


def _must_run_the_platform(by: Actor) -> None:
    """The catalogue counts for every clinic of an installation."""
    if not (by.user is not None and by.user.is_staff and by.channel == "admin"):
        raise NotAllowed("change the catalogue")


def _put(row: Product | ProductFact, values: dict[str, Any], names: tuple[str, ...], seen: str) -> list[str]:
    """Set what differs; the names of it."""
    if stamp(row) != seen:
        raise Stale(row)
    changed = [name for name in names if name in values and getattr(row, name) != values[name]]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _check(fact: ProductFact) -> None:
    """ValidationError, by field, for what the rules could not read, and for what nobody could look up."""
    fact.full_clean()
    if not fact.source.strip():
        raise ValidationError({"source": _("Name the source.")})
    if (fact.kind in MEASURED) != (fact.value is not None):
        needed = _("A fact of this kind needs its number."), _("A fact of this kind has no number.")
        raise ValidationError({"value": needed[0] if fact.kind in MEASURED else needed[1]})
    if fact.value is not None and fact.value < 0:
        raise ValidationError({"value": _("Not below 0.")})
    known = WORDED.get(fact.kind)
    if known and fact.text not in known:
        raise ValidationError({"text": _("One of these words: %(words)s.") % {"words": ", ".join(known)}})
