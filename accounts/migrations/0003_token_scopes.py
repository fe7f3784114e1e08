from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def each_has_the_scope_that_it_had(apps: Any, schema_editor: Any) -> None:
    for row in apps.get_model("accounts", "ApiToken").objects.all():
        row.scopes = [row.scope]
        row.save(update_fields=["scopes"])


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_initial"),
        ("tracker", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="apitoken", name="token_scope"),
        migrations.AddField(
            model_name="apitoken",
            name="body",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tracker.body", verbose_name="only below"),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="networks",
            field=models.JSONField(blank=True, default=list, verbose_name="networks"),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="pepper",
            field=models.CharField(blank=True, help_text="Fingerprint of the pepper of the digest.", max_length=8),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.JSONField(default=list, verbose_name="scopes"),
        ),
        migrations.RunPython(each_has_the_scope_that_it_had, migrations.RunPython.noop),
        migrations.RemoveField(model_name="apitoken", name="scope"),
    ]
