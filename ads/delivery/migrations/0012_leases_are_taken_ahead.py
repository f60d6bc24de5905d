"""Leases of many line items are taken by one call, before their events come."""

from django.db import migrations

# In the order of all others: limits, accounts by key, leases. Passed over, for the call that takes one alone:
# what somebody is changing, what has expired leases, and what has less room than a lease needs to be worth it.
# Each campaign is named once at most, so that no room is counted twice.
SQL = """
CREATE FUNCTION ads_take_leases(
    new_leases uuid[], for_items uuid[], of_campaigns uuid[], on_days date[], each_micros bigint[],
    lasts_s double precision, share bigint, most_events bigint, fewest_events bigint
) RETURNS TABLE (lease uuid, amount bigint) LANGUAGE plpgsql AS $$
DECLARE
    places int[];
    keys text[];
    amounts bigint[];
BEGIN
    SELECT array_agg(free.place), array_agg(free.campaign_key) || array_agg(free.day_key) || array_agg(free.item_key)
    INTO places, keys
    FROM (
        SELECT one.place::int AS place, 'campaign:' || one.campaign AS campaign_key,
            'day:' || one.item || ':' || one.day AS day_key, 'item:' || one.item AS item_key
        FROM unnest(for_items, of_campaigns, on_days) WITH ORDINALITY AS one (item, campaign, day, place)
        JOIN ads_lineitem item ON item.id = one.item AND item.campaign_id = one.campaign
        JOIN ads_campaign campaign ON campaign.id = one.campaign
        WHERE NOT EXISTS (
            SELECT FROM delivery_lease old WHERE old.campaign_id = one.campaign AND old.until < clock_timestamp()
        )
        FOR SHARE OF item, campaign SKIP LOCKED
    ) free;
    IF places IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO delivery_spend (key, settled_micros)
    SELECT one, 0 FROM unnest(keys) one ORDER BY one ON CONFLICT DO NOTHING;
    PERFORM FROM delivery_spend WHERE key = ANY(keys) ORDER BY key FOR UPDATE;
    SELECT array_agg(given.place), array_agg(given.micros) INTO places, amounts
    FROM (
        SELECT one.place, each_micros[one.place] * least(
            most_events, coalesce(min(limited.most - held.settled_micros - held.reserved_micros) / share
                / each_micros[one.place], most_events)
        ) AS micros
        FROM unnest(places) one (place)
        JOIN ads_lineitem item ON item.id = for_items[one.place]
        JOIN ads_campaign campaign ON campaign.id = of_campaigns[one.place]
        CROSS JOIN LATERAL (VALUES
            ('campaign:' || campaign.id, campaign.budget_micros),
            ('day:' || item.id || ':' || on_days[one.place], item.daily_cap_micros),
            ('item:' || item.id,
                least(item.budget_micros, CASE WHEN item.price_model = 'flat' THEN item.price_micros END))
        ) limited (key, most)
        JOIN delivery_spend held ON held.key = limited.key
        GROUP BY one.place
    ) given
    WHERE given.micros >= fewest_events * each_micros[given.place];
    IF places IS NULL THEN
        RETURN;
    END IF;
    UPDATE delivery_spend SET reserved_micros = reserved_micros + taken.micros
    FROM unnest(places, amounts) taken (place, micros)
    CROSS JOIN LATERAL (VALUES
        ('campaign:' || of_campaigns[taken.place]),
        ('day:' || for_items[taken.place] || ':' || on_days[taken.place]),
        ('item:' || for_items[taken.place])
    ) account (key)
    WHERE delivery_spend.key = account.key;
    INSERT INTO delivery_lease (id, line_item_id, campaign_id, day, amount_micros, until)
    SELECT new_leases[taken.place], for_items[taken.place], of_campaigns[taken.place], on_days[taken.place],
        taken.micros, clock_timestamp() + make_interval(secs => lasts_s)
    FROM unnest(places, amounts) taken (place, micros);
    RETURN QUERY SELECT new_leases[taken.place], taken.micros FROM unnest(places, amounts) taken (place, micros);
END $$;
"""
REVERSE = (
    "DROP FUNCTION ads_take_leases(uuid[], uuid[], uuid[], date[], bigint[], double precision,"
    " bigint, bigint, bigint);"
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0011_leases_are_taken_in_one_step")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
