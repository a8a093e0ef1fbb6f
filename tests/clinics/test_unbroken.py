"""What stays on one line of a page."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from clinics.models.base import unbroken


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tacrolimus 0.03 % ointment", "Tacrolimus 0.03~% ointment"),
        ("first 600 mg, then 2.5 ml", "first 600~mg, then 2.5~ml"),
        ("7 y 6 m", "7~y 6~m"),
        ("11 kg, 12 d", "11~kg, 12~d"),
        ("from 4 May 2019, 20 November 2026", "from 4~May~2019, 20~November~2026"),
        ("in 2 days, 3 months, 4 years, 5 grams", "in 2 days, 3 months, 4 years, 5 grams"),
        ("4 May, or May 2019", "4 May, or May 2019"),
        ("no % here, and 5% neither", "no % here, and 5% neither"),
        ("", ""),
    ],
)
def test_numbers_stay_with_their_units_and_dates_in_words_stay_whole(text: str, shown: str) -> None:
    assert unbroken(text) == shown.replace("~", "\u00a0")


def test_on_a_page_it_is_escaped_as_any_text() -> None:
    page = Template("{{ text|unbroken }}").render(Context({"text": "<b>0.1 %</b>"}))
    assert page == "&lt;b&gt;0.1\u00a0%&lt;/b&gt;"
