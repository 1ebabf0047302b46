"""Numbers of requests and whistles, from which their short codes are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE requests_request_number AS integer;"
            "CREATE SEQUENCE requests_whistle_number AS integer",
            "DROP SEQUENCE requests_request_number; DROP SEQUENCE requests_whistle_number",
        ),
    ]
