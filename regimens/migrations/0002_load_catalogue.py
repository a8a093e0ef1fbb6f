"""Load the product catalogue from its file. A later change of the file is a later migration that loads it again."""

import uuid

from django.db import migrations

from regimens.catalogue import entries

OWN = ("drug", "name", "strength", "form", "family", "potency", "route", "atc", "cross_groups")


def load(apps, schema_editor):
    Product = apps.get_model("regimens", "Product")
    ProductFact = apps.get_model("regimens", "ProductFact")
    for entry in entries():
        values = {name: entry[name] for name in OWN}
        product = Product.objects.create(key=entry["key"], public_id=uuid.uuid4(), **values)
        ProductFact.objects.bulk_create(
            ProductFact(
                product=product,
                public_id=uuid.uuid4(),
                jurisdiction=fact["jurisdiction"],
                kind=fact["kind"],
                value=fact.get("value"),
                text=fact["text"],
                source=fact["source"],
                section=fact["section"],
                source_on=fact.get("on"),
                is_verified=fact["verified"],
            )
            for fact in entry.get("fact", [])
        )


class Migration(migrations.Migration):
    dependencies = [("regimens", "0001_begin_regimens")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
