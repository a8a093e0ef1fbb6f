from django.db import migrations

from clinics import append_only


def guard(apps, schema_editor):
    append_only.install(schema_editor.connection)


def unguard(apps, schema_editor):
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("clinics", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
