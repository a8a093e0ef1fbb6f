from django.db import migrations

from regimens.protocol.slots import usual_times

ONE_A_DAY = ("maintenance", "interval")
DAILY = ("induction", "course")


def fill(apps, schema_editor):
    """Plans that run already get the usual times and the zone of their patient; the next sweep says when they are due."""
    rows = apps.get_model("regimens", "DosePlan").objects.select_related("patient__clinic").order_by("pk")
    for plan in rows.iterator(chunk_size=2000):
        count = 1 if plan.phase in ONE_A_DAY else plan.per_day if plan.phase in DAILY else 0
        plan.zone = plan.patient.zone or plan.patient.clinic.zone
        plan.times = ",".join(f"{name} {at:%H:%M}" for name, at in usual_times(count)) if count else ""
        plan.save(update_fields=["zone", "times"])
    apps.get_model("regimens", "LastCheck").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("regimens", "0005_doses_and_events")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
