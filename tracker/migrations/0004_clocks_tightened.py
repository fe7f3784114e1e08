import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0003_clocks_filled'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='calendar',
            name='first_year',
        ),
        migrations.RemoveField(
            model_name='calendar',
            name='last_year',
        ),
        migrations.RemoveField(
            model_name='calendar',
            name='version',
        ),
        migrations.AddConstraint(
            model_name='flagstep',
            constraint=models.UniqueConstraint(fields=('flag', 'number', 'due_on'), name='flag_step_once', violation_error_message='This step was taken already.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(condition=models.Q(('applied_at__isnull', True)), fields=('code',), name='policy_one_draft', violation_error_message='This policy has a draft already: go on with that one.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('applied_at__isnull', True), ('valid_from__isnull', False), _connector='OR'), name='policy_applied_has_day', violation_error_message='Say from which day on this version holds.'),
        ),
        migrations.AlterField(
            model_name='flag',
            name='calendar_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='tracker.calendarversion', verbose_name='version of a calendar'),
        ),
        migrations.AlterField(
            model_name='calendarday',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='tracker.calendarversion'),
        ),
        migrations.AlterField(
            model_name='dayoff',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days_off', to='tracker.calendarversion', verbose_name='version of a calendar'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(('clock__in', ['due', 'submit', 'stage', 'silence', 'unowned', 'unverified', 'lapsed', 'review', 'request'])), name='flag_clock', violation_error_message='This clock is not known.'),
        ),
    ]
