"""Numbers of passes, from which their short codes are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("gates", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE gates_pass_number AS integer", "DROP SEQUENCE gates_pass_number"
        ),
    ]
