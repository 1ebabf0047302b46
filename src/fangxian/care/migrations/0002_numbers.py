"""Numbers of transfers, from which their short codes are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("care", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE care_transfer_number AS integer",
            "DROP SEQUENCE care_transfer_number",
        ),
    ]
