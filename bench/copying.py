"""Bringing rows into PostgreSQL by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Any
from uuid import UUID


def copy_rows(connection: Any, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows (by column) of a model by COPY, then put the sequence of its ids behind the last one."""
    table = model._meta.db_table
    copy_into(connection, table, model, rows)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM \"{table}\"", [table])


def copy_into(connection: Any, table: str, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows (by column) into a table that is shaped like a model's.

    A column a row does not name gets the model's default, so that a new one does not stop the benchmark.
    """
    first = next(rows, None)
    if first is None:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.null]
    usual = {field.column: field.get_default() for field in fields}
    columns = ", ".join(f'"{column}"' for column in usual | first)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        for row in chain([first], rows):
            copy.write_row((usual | row).values())


def random_id(drawn: Random) -> UUID:
    """A random public id that comes out the same every time."""
    return UUID(int=drawn.getrandbits(128), version=4)
