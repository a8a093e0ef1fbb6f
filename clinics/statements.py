"""Statements of almost every request: their SQL is written once, and each run only puts its values in.

Writing the SQL of a page of patients takes the ORM longer than PostgreSQL takes to answer it. Everything that is not
asked for all the time uses its queryset (docs/decisions/0009-statements.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Field, Model, QuerySet, Value


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


class Insertion:
    """Adding a row to a model whose rows are nothing but their columns: no signal, no default, and no row comes back."""

    def __init__(self, model: type[Model]):
        self._table = model._meta.db_table
        self._fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        self._prepare = [(field.attname, field.get_db_prep_save) for field in self._fields]
        self._written: dict[str, str] = {}  # by engine

    def run(self, **values: Any) -> None:
        """Write one row; KeyError names a column that is missing."""
        sql = self._written.get(connection.vendor) or self._write()
        row = [prepare(values[name], connection) for name, prepare in self._prepare]
        with connection.cursor() as cursor:
            cursor.execute(sql, row)

    def _write(self) -> str:
        quoted = connection.ops.quote_name
        columns = ", ".join(quoted(str(field.column)) for field in self._fields)
        places = ", ".join(["%s"] * len(self._fields))
        sql = f"INSERT INTO {quoted(self._table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of the model only
        return self._written.setdefault(connection.vendor, sql)
