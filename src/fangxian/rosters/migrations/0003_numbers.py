from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rosters", "0002_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE rosters_post_number OWNED BY rosters_post.number",
            "DROP SEQUENCE rosters_post_number",
        ),
    ]
