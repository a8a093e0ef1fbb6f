"""The product catalogue as a readable file, and how it becomes values. Migrations load it; the admin edits the rows."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from regimens.protocol.facts import Family, LabelFact, Potency, Product

FILE = Path(__file__).with_name("products.toml")


def entries() -> list[dict[str, Any]]:
    """The products of the file with their facts, as written there."""
    with FILE.open("rb") as file:
        products: list[dict[str, Any]] = tomllib.load(file)["product"]
    return products


def products() -> dict[str, Product]:
    """The products of the file as the rules see them, by key."""
    return {entry["key"]: _product(entry) for entry in entries()}


def _product(entry: dict[str, Any]) -> Product:
    return Product(
        key=entry["key"],
        drug=entry["drug"],
        name=entry["name"],
        strength=entry["strength"],
        form=entry["form"],
        family=Family(entry["family"]),
        potency=Potency(entry["potency"]),
        route=entry["route"],
        cross_groups=frozenset(entry["cross_groups"]),
        facts=tuple(_fact(fact) for fact in entry.get("fact", [])),
    )


def _fact(fact: dict[str, Any]) -> LabelFact:
    return LabelFact(
        jurisdiction=fact["jurisdiction"],
        kind=fact["kind"],
        value=Decimal(str(fact["value"])) if "value" in fact else None,
        text=fact["text"],
        source=fact["source"],
        section=fact["section"],
        on=fact.get("on"),
        is_verified=fact["verified"],
    )
