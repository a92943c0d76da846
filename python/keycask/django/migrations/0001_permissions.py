"""The model that permissions hang on. It has no table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the permissions known."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Keys",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "permissions": (
                    ("view_keys", "Can view API keys"),
                    ("change_keys", "Can issue, rotate and revoke API keys"),
                ),
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": (),
            },
        ),
    )
