from django.db import migrations, models


class Migration(migrations.Migration):
    """By itself: PostgreSQL refuses a constraint on rows that the same transaction has changed."""

    dependencies = [
        ('regimens', '0003_items_cease_and_checks_name_the_labels'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='workitem',
            constraint=models.CheckConstraint(
                condition=models.Q(('outcome', 'gone'), _negated=True) | models.Q(('ceased_at__isnull', False)),
                name='workitem_gone_has_ceased',
            ),
        ),
    ]
