"""Numbers of journeys, from which their short codes are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("quarantine", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE quarantine_transfer_number AS integer",
            "DROP SEQUENCE quarantine_transfer_number",
        ),
    ]
