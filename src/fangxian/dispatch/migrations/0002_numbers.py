from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE dispatch_directive_number OWNED BY dispatch_directive.number",
            "DROP SEQUENCE dispatch_directive_number",
        )
    ]
