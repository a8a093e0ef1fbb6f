"""One order, one answer."""

from __future__ import annotations

from regimens.protocol.base import Level
from regimens.protocol.check import check
from tests.regimens.protocol.build import answers, case, found, having, line


def test_a_stop_on_what_somebody_else_prescribed_asks_for_a_reason() -> None:
    who = having(found("immunocompromise"))
    here, _ = answers(case(who), line("tacrolimus-0.1", "face"))
    elsewhere, _ = answers(case(who), line("tacrolimus-0.1", "face", is_elsewhere=True))
    assert (here["immunocompromise"].level, elsewhere["immunocompromise"].level) == (Level.STOP, Level.WARN)


def test_the_gravest_come_first_and_each_line_is_checked_beside_the_others() -> None:
    both = [line("wet-wrap", "hands:both"), line("tacrolimus-0.1", "hands:both")]
    first, second = check(case(having(found("pregnancy"))), both)
    assert "wrap-over-tci" in {one.rule.id for one in first.stops} & {one.rule.id for one in second.stops}
    levels = [one.level for one in second.findings]
    assert levels == sorted(levels, reverse=True)
