"""Triggers that note whenever something changes that a choice depends on."""

from django.db import migrations

TABLES = (
    "ads_slot", "ads_advertiser", "ads_campaign", "ads_lineitem", "ads_lineitem_slots", "ads_creative",
)  # fmt: skip
FUNCTION = """
CREATE FUNCTION ads_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_change DEFAULT VALUES;
    RETURN NULL;
END $$;
"""
CREATE = (
    "CREATE TRIGGER ads_changed AFTER INSERT OR UPDATE OR DELETE ON {}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ads_changed();"
)
SQL = FUNCTION + "".join(CREATE.format(table) for table in TABLES)
REVERSE = (
    "".join(f"DROP TRIGGER ads_changed ON {table};" for table in TABLES) + "DROP FUNCTION ads_changed();"
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("ads", "0006_demand_has_prices_and_states")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
