"""The page of disagreements on paper: no topic is broken over two sheets, and both sides stand beside each other."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinics.models import User
from regimens.guidance import TOPICS
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser

# A4 without margins of 12 mm, at 96 pixels an inch.
SHEET = {"width": 703, "height": 1031}
TOPIC = """topic => {
  const [one, other] = topic.querySelectorAll(".sides > div");
  return {
    id: topic.id,
    height: topic.getBoundingClientRect().height,
    keeps: getComputedStyle(topic).breakInside,
    beside: one.getBoundingClientRect().top === other.getBoundingClientRect().top,
  };
}"""
# What would turn a rule to keep together off: an ancestor laid out as a table, a grid or a flex box.
LAID_OUT = """topic => {
  const found = [];
  for (let box = topic.parentElement; box; box = box.parentElement) found.push(getComputedStyle(box).display);
  return found;
}"""


def test_every_topic_fits_on_a_sheet_and_keeps_together(page_of: Journey, nurse: User) -> None:
    page = page_of(nurse, path=reverse("guidance"), viewport=SHEET)
    page.emulate_media(media="print")
    topics = page.locator(".topic").all()
    assert len(topics) == len(TOPICS) == 28
    for topic in topics:
        seen = topic.evaluate(TOPIC)
        assert (seen["keeps"], seen["beside"]) == ("avoid", True), seen
        assert seen["height"] < SHEET["height"], seen
    assert set(topics[0].evaluate(LAID_OUT)) == {"block"}
    assert page.locator(".topic-list").is_hidden()
    assert page.get_by_text("rule set").is_visible()
