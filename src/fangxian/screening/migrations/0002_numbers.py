"""Numbers of campaigns, follow-ups and letters, from which their short codes are made."""

from django.db import migrations

THINGS = ("campaign", "follow_up", "hand_over")


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"CREATE SEQUENCE screening_{thing}_number AS integer",
            f"DROP SEQUENCE screening_{thing}_number",
        )
        for thing in THINGS
    ]
