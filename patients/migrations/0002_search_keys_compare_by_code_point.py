from django.db import migrations

# SQLite compares text by bytes already. PostgreSQL does so under the C collation only; with it a prefix is a range of the
# ordinary index, and one index serves the search, the order and the paging. Repeat this after any AlterField of the two.
COLUMNS = ("name_key", "alike_key")


def collate(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            schema_editor.execute(f'ALTER TABLE patients_patient ALTER COLUMN {column} TYPE varchar(250) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]
    operations = [migrations.RunPython(collate, migrations.RunPython.noop)]
