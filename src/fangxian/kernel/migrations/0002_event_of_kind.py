"""The ledger is asked for one kind of event. Writing waits while the whole ledger is read once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["kind", "seq"], name="event_of_kind"),
        ),
    ]
