from django.db import migrations, models
from django.db.models import F


def gone_has_ceased(apps, schema_editor):
    """What closed by itself had ceased at that moment."""
    items = apps.get_model("regimens", "WorkItem").objects
    items.filter(outcome="gone", ceased_at=None).update(ceased_at=F("closed_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('regimens', '0002_load_catalogue'),
    ]

    operations = [
        migrations.AddField(
            model_name='workitem',
            name='ceased_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='lastcheck',
            name='jurisdiction',
            field=models.CharField(blank=True, default='', max_length=8),
            preserve_default=False,
        ),
        migrations.RunPython(gone_has_ceased, migrations.RunPython.noop),
    ]
