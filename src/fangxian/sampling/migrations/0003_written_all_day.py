"""Tables that are written all day. Reversible.

A tube is changed with every swab: with room in its page the row is, and its indexes are not. The
key of a turnout says what it is for, as other constraints do.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sampling", "0002_tube_numbers")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE sampling_tube SET (fillfactor = 70)",
            "ALTER TABLE sampling_tube RESET (fillfactor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE sampling_turnout"
            " RENAME CONSTRAINT sampling_turnout_pkey TO turnout_is_counted_once_a_round",
            "ALTER TABLE sampling_turnout"
            " RENAME CONSTRAINT turnout_is_counted_once_a_round TO sampling_turnout_pkey",
        ),
    ]
