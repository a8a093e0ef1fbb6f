"""What the leaflet tells patients about applying tacrolimus ointment, for catalogues loaded before it stood in the file."""

import uuid

from django.db import migrations

from regimens.catalogue import entries

KEYS = ("tacrolimus-0.03", "tacrolimus-0.1")
KINDS = ("application", "sun", "flare")


def add(apps, schema_editor):
    Product = apps.get_model("regimens", "Product")
    ProductFact = apps.get_model("regimens", "ProductFact")
    for entry in entries():
        product = Product.objects.filter(key=entry["key"]).first()
        if entry["key"] not in KEYS or product is None:
            continue
        for fact in entry["fact"]:
            said = {name: fact[name] for name in ("jurisdiction", "kind", "text")}
            if fact["kind"] in KINDS and not ProductFact.objects.filter(product=product, **said).exists():
                ProductFact.objects.create(
                    product=product,
                    public_id=uuid.uuid4(),
                    source=fact["source"],
                    section=fact["section"],
                    source_on=fact.get("on"),
                    is_verified=fact["verified"],
                    **said,
                )


class Migration(migrations.Migration):
    dependencies = [("regimens", "0006_plans_have_times_and_a_zone")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
