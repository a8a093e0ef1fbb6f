from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    """The table behind the cache: rate limits that all processes share (settings.CACHES)."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("clinics", "0002_audit_rows_are_append_only")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
