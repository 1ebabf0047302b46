from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE people_resident_number OWNED BY people_resident.number",
            "DROP SEQUENCE people_resident_number",
        ),
    ]
