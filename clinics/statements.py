"""Statements of the hottest reads: the ORM writes their SQL once, and each run only puts its values in.

Writing the SQL of a page of patients takes the ORM longer than PostgreSQL takes to answer it. Only for reads of almost
every request; everything else asks its queryset (docs/decisions/0009-statements.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Field, QuerySet, Value


class Given(Value):
    """A value that comes with each run of a statement, under this name."""

    def __init__(self, name: str, output_field: Field):
        super().__init__(None, output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A placeholder that still knows its name."""
        return "%s", (self,)


class Written(NamedTuple):
    """A statement in the words of one engine."""

    sql: str
    parameters: tuple[Any, ...]
    compiler: Any
    converters: Any


class Statement:
    """A queryset of tuples (`values_list`), made by a function that takes no value but `Given`s."""

    def __init__(self, rows: Callable[[], QuerySet]):
        self._rows = rows
        self._written: dict[str, Written] = {}  # by engine

    def run(self, **values: Any) -> list[tuple]:
        """Every row, the values of the `Given`s put in; KeyError names one that is missing."""
        written = self._written.get(connection.vendor) or self._write()
        with connection.cursor() as cursor:
            cursor.execute(written.sql, [_filled(parameter, values) for parameter in written.parameters])
            rows = cursor.fetchall()
        if written.converters:
            return [tuple(row) for row in written.compiler.apply_converters(rows, written.converters)]
        return rows

    def _write(self) -> Written:
        compiler = self._rows().query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        return self._written.setdefault(connection.vendor, Written(sql, parameters, compiler, converters))


def _filled(parameter: Any, values: dict[str, Any]) -> Any:
    if not isinstance(parameter, Given):
        return parameter
    return parameter.output_field.get_db_prep_value(values[parameter.name], connection=connection)
