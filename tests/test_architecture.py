"""Who may import whom (docs/architecture.md). Reads the code with `ast`, inline imports too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["clinics", "patients", "regimens", "reminders", "portal", "adtrack"]

# Within an app, from the ground up. A module may import modules of its own layer and of lower ones. The edge is one layer:
# everything that knows a request, a form, a task or a command.
LAYERS: list[set[str]] = [
    {
        "scoring",
        "protocol",
        "ages",
        "names",
        "sites",
        "chart",
        "bars",
        "words",
        "errors",
        "logs",
        "hashers",
        "append_only",
        "statements",
    },
    {"catalogue", "guidance"},
    {"models"},
    {"access", "audit", "guard", "http", "mail"},
    {"queries"},
    {"actions"},
    {
        "adapter",
        "admin",
        "api",
        "apps",
        "authentication",
        "backend",
        "door",
        "fields",
        "forms",
        "management",
        "middleware",
        "problems",
        "serializers",
        "sessions",
        "tasks",
        "templatetags",
        "views",
    },
    {"urls"},
]
# patients.models may ask clinics.access for the clinics an account sees: that is another app, below. Within clinics itself
# access stands above models.
PURE = ["patients/scoring", "regimens/protocol"]
PURE += [f"patients/{name}.py" for name in ("ages", "chart", "names", "sites")] + ["regimens/bars.py"]
PURE_PACKAGES = tuple(".".join(place.removesuffix(".py").split("/")) for place in PURE)  # each other
PURE_MAY_IMPORT = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "math",
}
PURE_MAY_IMPORT |= {"fractions", "itertools", "re", "typing", "unicodedata", "zoneinfo"}


def files_of(app: str) -> list[Path]:
    return [path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names a file imports, anywhere in it; `from a import b` counts as a.b, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(app: str, dotted: str) -> int | None:
    """The layer of a module of an app; None for the package itself."""
    parts = dotted.split(".")
    if len(parts) < 2:
        return None
    for number, names in enumerate(LAYERS):
        if parts[1] in names:
            return number
    raise AssertionError(f"{dotted}: give this module of {app} a place in LAYERS")


def cases() -> list[Path]:
    return [path for app in APPS if (ROOT / app).is_dir() for path in files_of(app)]


@pytest.mark.parametrize("path", cases(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path: Path) -> None:
    relative = path.relative_to(ROOT)
    app = relative.parts[0]
    module = ".".join(relative.with_suffix("").parts)
    for name in imports_of(path):
        target = name.split(".")[0]
        if target not in APPS:
            continue
        assert APPS.index(target) <= APPS.index(app), f"{relative} imports {name}: {target} lies above {app}"
        if target != app or app == "adtrack" or len(relative.parts) < 2:
            continue
        own, other = layer_of(app, module), layer_of(app, name) if name != app else None
        if own is not None and other is not None and path.name != "__init__.py":
            assert other <= own, f"{relative} imports {name}: that layer lies above"


@pytest.mark.parametrize("place", PURE)
def test_pure_modules_know_no_framework(place: str) -> None:
    path = ROOT / place
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.exists() else []:
        for name in imports_of(file):
            assert name.split(".")[0] in PURE_MAY_IMPORT or name.startswith(PURE_PACKAGES), f"{file} imports {name}"


def test_the_project_itself_holds_no_model() -> None:
    assert not [path for path in files_of("adtrack") if path.name == "models.py" or "models" in path.parts]


@pytest.mark.parametrize("app", [app for app in APPS if (ROOT / app).is_dir()])
def test_no_signals_no_generic_keys_no_catch_all_modules(app: str) -> None:
    forbidden = ("django.db.models.signals", "django.dispatch", "django.contrib.contenttypes.fields")
    for path in files_of(app):
        assert path.stem not in {"common", "core", "utils", "helpers"}, path
        for name in imports_of(path):
            assert not name.startswith(forbidden), f"{path} imports {name}"


WRITERS = {"create", "bulk_create", "update", "bulk_update", "delete", "save", "get_or_create", "update_or_create"}


@pytest.mark.parametrize("app", [app for app in APPS[:-1] if (ROOT / app).is_dir()])
def test_only_actions_write_rows(app: str) -> None:
    """Outside actions (and the models' own code, commands and migrations) nothing calls a writing method of a manager."""
    for path in files_of(app):
        parts = path.relative_to(ROOT).parts
        if {"actions", "models", "management"} & {Path(part).stem for part in parts} or path.name == "audit.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
                owner = ast.unparse(node.func.value)
                assert "objects" not in owner, f"{path.relative_to(ROOT)}:{node.lineno} writes: {owner}.{node.func.attr}"


# What rules depend on: saved through regimens.actions, which checks every line again in the same transaction.
FACTS = {"record_allergy", "record_no_known_allergies", "record_measurement", "record_precaution", "update_patient"}
FACTS |= {"reopen_patient"}


@pytest.mark.parametrize("app", [app for app in APPS[:-1] if (ROOT / app).is_dir()])
def test_facts_rules_depend_on_are_saved_where_the_lines_are_checked_again(app: str) -> None:
    for path in files_of(app):
        relative = path.relative_to(ROOT)
        if relative.parts[:2] == ("patients", "actions") or str(relative) == "regimens/actions/facts.py":
            continue
        bound = {f"patients.actions.{name}" for name in FACTS} & set(imports_of(path))
        assert not bound, f"{relative} imports {bound}"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in FACTS and app != "patients":
                assert "patients.actions" not in imports_of(path), f"{relative}:{node.lineno} checks nothing"
            elif isinstance(node, ast.Attribute) and node.attr in FACTS:
                raise AssertionError(f"{relative}:{node.lineno} saves a fact and checks nothing")
