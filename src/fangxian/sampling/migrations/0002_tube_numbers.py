"""Numbers of tubes, from which their short codes are made. Reversible."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sampling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE sampling_tube_number AS integer MAXVALUE 1073741823",
            "DROP SEQUENCE sampling_tube_number",
        )
    ]
