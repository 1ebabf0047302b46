"""Numbers of tubes, from which their short codes are made, and of labels printed beforehand.

Both kinds of label share one run of numbers, in the upper half of what a short code holds, so that
no tube is ever given a number that lies printed in a drawer. Reversible.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sampling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE sampling_tube_number AS integer MAXVALUE 536870911",
            "DROP SEQUENCE sampling_tube_number",
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE sampling_label_number AS integer"
            " MINVALUE 536870912 MAXVALUE 1073741823 START 536870912",
            "DROP SEQUENCE sampling_label_number",
        ),
        migrations.RunSQL(
            "ALTER TABLE sampling_labelbatch ADD CONSTRAINT label_batch_numbers_are_printed_once"
            " EXCLUDE USING gist (int4range(first, last, '[]') WITH &&)",
            "ALTER TABLE sampling_labelbatch DROP CONSTRAINT label_batch_numbers_are_printed_once",
        ),
    ]
