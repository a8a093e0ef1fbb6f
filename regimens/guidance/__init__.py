"""Where the guidance disagrees: what is shown side by side, as readable data."""

from regimens.guidance.disagreements import TOPICS, Said, Topic

__all__ = ["TOPICS", "Said", "Topic"]
