"""The project as a Django app: it brings the commands, the templates and the deployment checks."""

from django.apps import AppConfig


class AdtrackConfig(AppConfig):
    """Registers the checks once everything is loaded."""

    name = "adtrack"

    def ready(self) -> None:
        """Register adtrack/checks.py."""
        from adtrack import checks  # noqa: F401
