"""The short numbers of areas and sites come from sequences, so that none is given twice."""

from django.db import migrations

CREATE = "CREATE SEQUENCE areas_area_number AS integer; CREATE SEQUENCE areas_site_number AS integer"
DROP = "DROP SEQUENCE areas_area_number; DROP SEQUENCE areas_site_number"


class Migration(migrations.Migration):
    dependencies = [("areas", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
