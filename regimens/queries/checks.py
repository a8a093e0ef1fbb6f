"""The answer of the rules about orders and lines, and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from django.utils.translation import gettext as _

from patients.models import Patient
from regimens.protocol.base import Finding
from regimens.protocol.check import Checked, check
from regimens.protocol.facts import Line, Phase
from regimens.queries.facts import case

AGEING = frozenset({"age"})  # changes every day without saying anything new; the date of birth behind it does not


def checked(patient: Patient, ordered: Iterable[Line], *, on: date, without: Iterable[str] = ()) -> list[Checked]:
    """What the rules say about lines that somebody wants to save; `without` are keys of lines these replace."""
    return check(case(patient, on=on, without=without), ordered)


def checked_again(patient: Patient, *, on: date) -> list[Checked]:
    """What the rules say today about every line in use; a line on hold is not in use."""
    whole = case(patient, on=on)
    running = [line for line in whole.lines if line.phase != Phase.HOLD]
    found = []
    for line in running:
        # Plans of one line (face on maintenance, hands in induction) are not neighbours of each other.
        beside = tuple(other for other in whole.lines if other.key != line.key)
        found += check(replace(whole, lines=beside), [line])
    return found


def sentence(finding: Finding) -> str:
    """A finding in words."""
    return _(finding.text) % finding.values


def item_text(product: str, finding: Finding) -> str:
    """A finding as it waits for somebody: the product, the sentence, and what it rests on, with days that do not change."""
    seen = [f"{_(one.what)}: {one.value}" for one in finding.inputs if one.what not in AGEING and one.value]
    return f"{product}: {sentence(finding)}" + (f" ({'; '.join(seen)})" if seen else "")


def inputs_of(finding: Finding) -> list[dict[str, str]]:
    """What a finding rests on, as it is kept."""
    return [
        {"what": one.what, "value": one.value, "on": one.on.isoformat() if one.on else "", "by": one.by}
        for one in finding.inputs
    ]


def fingerprint(finding: Finding) -> str:
    """The same for the same rule, version and facts, whatever day it is: by this a finding is known again."""
    seen = sorted(
        (one.what, one.by) if one.what in AGEING else (one.what, one.value, str(one.on or "")) for one in finding.inputs
    )
    said = repr((finding.rule.id, finding.rule.version, int(finding.level), seen))
    return sha256(said.encode()).hexdigest()[:24]


class Found(NamedTuple):
    """A finding of an order with its key, by which a reply names it."""

    key: str
    number: int  # of its line in the order, from 0
    answer: Checked
    finding: Finding


def findings_in(checked: Iterable[Checked]) -> list[Found]:
    """Every finding of an order, in the order of its lines.

    Places of one line that go on together are one line: what is said of several of them in the same words is found once.
    """
    numbers: dict[str, int] = {}
    found: dict[tuple[str, str], Found] = {}
    for index, answer in enumerate(checked):
        number = numbers.setdefault(answer.line.key or str(index), index)
        for finding in answer.findings:
            key = _key(number, answer.line, finding)
            found.setdefault((key, sentence(finding)), Found(key, number, answer, finding))
    return list(found.values())


def _key(number: int, line: Line, finding: Finding) -> str:
    """The same for the same line of an order, product, rule, version and facts: a reply to one is a reply to no other."""
    said = f"{line.product.key} {fingerprint(finding)}"
    return f"{number}-{sha256(said.encode()).hexdigest()[:24]}"
