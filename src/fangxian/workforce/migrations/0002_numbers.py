from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE workforce_organisation_number"
            " OWNED BY workforce_organisation.number;"
            "CREATE SEQUENCE workforce_member_number OWNED BY workforce_member.number",
            "DROP SEQUENCE workforce_organisation_number; DROP SEQUENCE workforce_member_number",
        ),
    ]
