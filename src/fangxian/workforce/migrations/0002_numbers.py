from django.db import migrations

_NUMBERED = (
    "organisation",
    "member",
    "volunteeroffer",
    "checkin",
    "need",
    "wanted",
    "certificate",
)


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"CREATE SEQUENCE workforce_{table}_number OWNED BY workforce_{table}.number",
            f"DROP SEQUENCE workforce_{table}_number",
        )
        for table in _NUMBERED
    ]
