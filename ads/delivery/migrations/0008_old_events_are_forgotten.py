"""Until when decisions and events were deleted: before it, roll-ups are the record."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_credits_need_no_person")]

    operations = [
        migrations.AddField("watermark", "forgotten_before", models.DateTimeField(null=True)),
    ]
