"""The database itself refuses to change or delete audit rows.

Row triggers on both engines. On PostgreSQL `TRUNCATE`, which a test database needs, fires no row trigger; production denies
it by role (docs/security.md). On SQLite the tests copy a database back whole (tests/conftest.py); nothing takes them off.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "clinics_auditevent"

SQLITE_ON = [
    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, 'audit rows are never changed or deleted'); END"
    for verb in ("update", "delete")
]
# REPLACE INTO takes the old row away without asking the trigger for deletes.
SQLITE_ON.append(
    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_no_replace BEFORE INSERT ON {TABLE} "  # noqa: S608  (our own constant)
    f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, 'audit rows are never changed or deleted'); END"
)
SQLITE_OFF = [f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}" for verb in ("update", "delete", "replace")]

POSTGRESQL_ON = [
    "CREATE OR REPLACE FUNCTION adtrack_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit rows are never changed or deleted' USING ERRCODE = 'restrict_violation'; END $$",
    f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
    "FOR EACH ROW EXECUTE FUNCTION adtrack_append_only()",
]
POSTGRESQL_OFF = [
    f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}",
    "DROP FUNCTION IF EXISTS adtrack_append_only()",
]


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guard on."""
    _run(connection, POSTGRESQL_ON if connection.vendor == "postgresql" else SQLITE_ON)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guard off: for the reverse migration."""
    _run(connection, POSTGRESQL_OFF if connection.vendor == "postgresql" else SQLITE_OFF)


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
