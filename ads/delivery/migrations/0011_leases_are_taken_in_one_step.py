"""A lease is taken by one call, which locks limits, accounts and leases in the order of all others."""

from django.db import migrations

# Returns the amount; 0 where a limit refuses it or the line item is gone; -1 where leases of the campaign have
# expired and are to be closed first, since what they have left may be what is missing.
SQL = """
CREATE FUNCTION ads_take_lease(
    new_lease uuid, for_item uuid, of_campaign uuid, on_day date, micros bigint,
    lasts_s double precision, share bigint, most_events bigint, are_expired_closed boolean
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    limits record;
    keys text[] := ARRAY['campaign:' || of_campaign, 'day:' || for_item || ':' || on_day, 'item:' || for_item];
    room bigint;
    amount bigint;
BEGIN
    -- Locked against a limit that changes at this moment; a change ends the leases there are (a trigger).
    SELECT campaign.budget_micros AS of_all, item.daily_cap_micros AS of_day,
        least(item.budget_micros, CASE WHEN item.price_model = 'flat' THEN item.price_micros END) AS own
    INTO limits
    FROM ads_lineitem item JOIN ads_campaign campaign ON campaign.id = item.campaign_id
    WHERE item.id = for_item FOR SHARE OF item, campaign;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF NOT are_expired_closed AND EXISTS (
        SELECT FROM delivery_lease WHERE campaign_id = of_campaign AND until < clock_timestamp()
    ) THEN
        RETURN -1;
    END IF;
    INSERT INTO delivery_spend (key, settled_micros)
    SELECT one, 0 FROM unnest(keys) one ORDER BY one ON CONFLICT DO NOTHING;
    SELECT min(limited.most - held.micros) INTO room
    FROM (
        SELECT key, settled_micros + reserved_micros AS micros FROM delivery_spend
        WHERE key = ANY(keys) ORDER BY key FOR UPDATE
    ) held
    LEFT JOIN (VALUES (keys[1], limits.of_all), (keys[2], limits.of_day), (keys[3], limits.own))
        limited (key, most) ON limited.key = held.key;
    IF room IS NULL THEN
        amount := most_events * micros;
    ELSIF micros > room THEN
        RETURN 0;
    ELSE  -- Whole events: as many as the room has for everybody, at least one.
        amount := micros * least(most_events, greatest(1, room / share / micros));
    END IF;
    UPDATE delivery_spend SET reserved_micros = reserved_micros + amount WHERE key = ANY(keys);
    INSERT INTO delivery_lease (id, line_item_id, campaign_id, day, amount_micros, until)
    VALUES (
        new_lease, for_item, of_campaign, on_day, amount, clock_timestamp() + make_interval(secs => lasts_s)
    );
    RETURN amount;
END $$;
"""
REVERSE = (
    "DROP FUNCTION ads_take_lease(uuid, uuid, uuid, date, bigint, double precision, bigint, bigint, boolean);"
)


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0010_decisions_are_written_behind"),
        ("ads", "0009_advertisers_read_their_own"),
    ]
    operations = [migrations.RunSQL(SQL, REVERSE)]
