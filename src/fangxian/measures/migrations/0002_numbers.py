from django.db import migrations

MAKE = """
CREATE SEQUENCE measures_order_number AS integer;
CREATE SEQUENCE measures_risk_area_number AS integer;
CREATE SEQUENCE measures_exit_number AS integer;
"""
DROP = """
DROP SEQUENCE measures_order_number;
DROP SEQUENCE measures_risk_area_number;
DROP SEQUENCE measures_exit_number;
"""


class Migration(migrations.Migration):
    """The short numbers on orders, notices and exits."""

    dependencies = [("measures", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, DROP)]
