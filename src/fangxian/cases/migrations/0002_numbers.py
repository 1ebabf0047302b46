"""Cases are numbered by a sequence: gaps mean nothing, and nobody waits for a number."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("cases", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(
            "CREATE SEQUENCE cases_case_number AS integer MAXVALUE 1073741823",
            "DROP SEQUENCE cases_case_number",
        ),
    ]
