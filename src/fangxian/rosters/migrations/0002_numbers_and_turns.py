"""Numbers of posts, from which their codes are made; nobody is at two posts at the same time.

A person's number stands as a range of one, for only ranges can be compared by such an index
without an extension of the database. Reversible.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rosters", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE rosters_post_number OWNED BY rosters_post.number",
            "DROP SEQUENCE rosters_post_number",
        ),
        migrations.RunSQL(
            "ALTER TABLE rosters_turn ADD CONSTRAINT turn_of_a_person_is_one_at_a_time"
            " EXCLUDE USING gist (int4range(member_number, member_number, '[]') WITH &&,"
            " tstzrange(starts_at, ends_at) WITH &&)"
            " WHERE (state IN ('planned', 'there', 'done'))",
            "ALTER TABLE rosters_turn DROP CONSTRAINT turn_of_a_person_is_one_at_a_time",
        ),
    ]
