import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('tracker', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(default=1, verbose_name='version')),
                ('first_year', models.PositiveSmallIntegerField(default=2010, verbose_name='first year')),
                ('last_year', models.PositiveSmallIntegerField(default=2035, verbose_name='last year')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='in force until (exclusive)')),
                ('document_vi', models.CharField(blank=True, max_length=300, verbose_name='deciding document in Vietnamese')),
                ('document_en', models.CharField(blank=True, max_length=300, verbose_name='deciding document in English')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='applied at')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'verbose_name': 'version of a calendar',
                'verbose_name_plural': 'versions of calendars',
                'ordering': ['calendar', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_on', models.DateField(verbose_name='asked on')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('letter_number', models.CharField(max_length=80, verbose_name='number of the letter')),
                ('letter_on', models.DateField(verbose_name='date of the letter')),
                ('signer', models.CharField(max_length=200, verbose_name='signed by')),
                ('reason', models.TextField(max_length=5000, verbose_name='reason')),
                ('due_on_before', models.DateField(blank=True, null=True, verbose_name='deadline when asked')),
                ('wanted_on', models.DateField(verbose_name='new deadline asked for')),
                ('state', models.CharField(choices=[('asked', 'Awaiting decision'), ('granted', 'Granted'), ('refused', 'Refused')], default='asked', max_length=10, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decision_number', models.CharField(blank=True, max_length=80, verbose_name='number of the decision')),
                ('decision_note', models.TextField(blank=True, max_length=5000, verbose_name='note on the decision')),
                ('granted_on', models.DateField(blank=True, null=True, verbose_name='new deadline')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'verbose_name': 'extension',
                'verbose_name_plural': 'extensions',
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('kind', models.CharField(choices=[('digest', 'Daily digest'), ('decision', 'Decision')], max_length=10, verbose_name='kind')),
                ('address', models.CharField(max_length=254, verbose_name='address')),
                ('language', models.CharField(max_length=5, verbose_name='language')),
                ('subject', models.CharField(max_length=250, verbose_name='subject')),
                ('text', models.TextField(verbose_name='text')),
                ('html', models.TextField(verbose_name='as HTML')),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('state', models.CharField(choices=[('queued', 'Waiting to be sent'), ('sent', 'Sent'), ('bounced', 'Refused by the receiver'), ('set_aside', 'Set aside after too many tries')], default='queued', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('next_attempt_at', models.DateTimeField(verbose_name='next try')),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True, verbose_name='last error')),
                ('created_at', models.DateTimeField(verbose_name='written at')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Obstacle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField(verbose_name='since')),
                ('reason', models.TextField(max_length=2000, verbose_name='because')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('end_note', models.TextField(blank=True, max_length=2000, verbose_name='how it ended')),
                ('end_recorded_at', models.DateTimeField(blank=True, null=True, verbose_name='end recorded at')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'verbose_name': 'obstacle',
                'verbose_name_plural': 'obstacles',
                'ordering': ['since', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Recalculation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='from')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
            ],
            options={
                'verbose_name': 'recalculation',
                'verbose_name_plural': 'recalculations',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=1, verbose_name='tries')),
                ('error', models.TextField(verbose_name='error')),
                ('first_at', models.DateTimeField(verbose_name='first at')),
                ('last_at', models.DateTimeField(verbose_name='last at')),
            ],
            options={
                'verbose_name': 'task set aside',
                'verbose_name_plural': 'tasks set aside',
                'ordering': ['-last_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='StepRecipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.CharField(max_length=24)),
            ],
            options={
                'verbose_name': 'recipient of a step',
                'verbose_name_plural': 'recipients of steps',
                'ordering': ['step', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Urging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('issued_on', models.DateField(verbose_name='date of the letter')),
                ('answer_by', models.DateField(verbose_name='answer by')),
                ('signer_title', models.CharField(max_length=200, verbose_name='title of the signer')),
                ('signer_name', models.CharField(max_length=200, verbose_name='signed by')),
                ('note', models.TextField(blank=True, max_length=3000, verbose_name='added words')),
                ('content', models.JSONField(default=dict, verbose_name='frozen content')),
                ('document', models.BinaryField(verbose_name='letter as sent')),
                ('sha256', models.CharField(max_length=64)),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'urging letter',
                'verbose_name_plural': 'urging letters',
                'ordering': ['-year', '-number', '-id'],
            },
        ),
        migrations.CreateModel(
            name='UrgingItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='no.')),
                ('days_late', models.PositiveIntegerField(verbose_name='working days late')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='answered on')),
            ],
            options={
                'verbose_name': 'task in an urging letter',
                'verbose_name_plural': 'tasks in urging letters',
                'ordering': ['urging', 'position'],
            },
        ),
        migrations.AlterModelOptions(
            name='flagstep',
            options={'ordering': ['flag', 'due_on', 'number'], 'verbose_name': 'step of a flag', 'verbose_name_plural': 'steps of flags'},
        ),
        migrations.RemoveConstraint(
            model_name='flag',
            name='flag_clock',
        ),
        migrations.RemoveConstraint(
            model_name='flagstep',
            name='flag_step_once',
        ),
        migrations.AddField(
            model_name='calendar',
            name='base',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='locals', to='tracker.calendar', verbose_name='adds to the calendar'),
        ),
        migrations.AddField(
            model_name='calendar',
            name='body',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calendars', to='tracker.body', verbose_name='for the bodies below'),
        ),
        migrations.AddField(
            model_name='flag',
            name='closed_by',
            field=models.CharField(blank=True, max_length=80, verbose_name='what closed it'),
        ),
        migrations.AddField(
            model_name='flag',
            name='snoozed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='snoozed by'),
        ),
        migrations.AddField(
            model_name='flag',
            name='snoozed_reason',
            field=models.TextField(blank=True, max_length=2000, verbose_name='reason for the snooze'),
        ),
        migrations.AddField(
            model_name='flag',
            name='snoozed_until',
            field=models.DateField(blank=True, null=True, verbose_name='snoozed until (exclusive)'),
        ),
        migrations.AddField(
            model_name='flagstep',
            name='reached',
            field=models.CharField(choices=[('holder', 'Who holds the accountable post'), ('head', 'Head of the accountable body'), ('supervisor', 'Supervising body'), ('commission', 'The commission')], default='holder', max_length=12, verbose_name='reached'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='policy',
            name='applied_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='applied at'),
        ),
        migrations.AddField(
            model_name='policy',
            name='level',
            field=models.CharField(blank=True, choices=[('central', 'Central'), ('province', 'Province'), ('district', 'District (until 30 June 2025)'), ('commune', 'Commune')], max_length=12, verbose_name='level'),
        ),
        migrations.AddField(
            model_name='policy',
            name='rank',
            field=models.CharField(blank=True, choices=[('constitution', 'Constitution'), ('law', 'Law'), ('na_resolution', 'Resolution of the National Assembly'), ('ordinance', 'Ordinance'), ('joint_resolution', 'Joint resolution'), ('president_order', 'Order or decision of the President'), ('decree', 'Decree'), ('government_resolution', 'Resolution of the Government'), ('pm_decision', 'Decision of the Prime Minister'), ('circular', 'Circular'), ('joint_circular', 'Joint circular'), ('provincial_resolution', 'Provincial resolution'), ('provincial_decision', 'Provincial decision'), ('commune_document', 'Commune resolution or decision'), ('party_regulation', 'Party regulation'), ('internal_regulation', 'Internal regulation of an agency'), ('charter', 'Charter of an organization'), ('convention', 'Village or neighbourhood convention')], max_length=24, verbose_name='rank'),
        ),
        migrations.AddField(
            model_name='policy',
            name='resolution',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='tracker.resolution', verbose_name='resolution'),
        ),
        migrations.AddField(
            model_name='policy',
            name='revision',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='policy',
            name='snooze_max_days',
            field=models.PositiveSmallIntegerField(default=20, verbose_name='longest snooze, in working days'),
        ),
        migrations.AddField(
            model_name='policy',
            name='task',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='tracker.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='policystep',
            name='repeat_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='comes again every … working days'),
        ),
        migrations.AddField(
            model_name='stagechange',
            name='document',
            field=models.CharField(blank=True, max_length=200, verbose_name='deciding document'),
        ),
        migrations.AddField(
            model_name='task',
            name='declared_since',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='extension_count',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='extensions granted'),
        ),
        migrations.AddField(
            model_name='task',
            name='lapsed_limit_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='lapsed_since',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='paused_days',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='task',
            name='reported_since',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='request_limit_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='requested_since',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='review_limit_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='stage_paused_days',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='task',
            name='submit_limit_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='suspended_on',
            field=models.DateField(blank=True, null=True, verbose_name='suspended on'),
        ),
        migrations.AddField(
            model_name='task',
            name='unverified_limit_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='flag',
            name='clock',
            field=models.CharField(choices=[('due', 'Deadline passed'), ('submit', 'Draft not submitted'), ('stage', 'Too long in one stage'), ('silence', 'No accepted report'), ('unowned', 'Nobody answers for it'), ('unverified', 'Evidence not verified'), ('lapsed', 'Rule no longer in force'), ('review', 'Report not decided'), ('request', 'Request not decided')], max_length=12, verbose_name='clock'),
        ),
        migrations.AlterField(
            model_name='flagstep',
            name='addressee',
            field=models.CharField(choices=[('holder', 'Who holds the accountable post'), ('head', 'Head of the accountable body'), ('supervisor', 'Supervising body'), ('commission', 'The commission')], max_length=12, verbose_name='addressee'),
        ),
        migrations.AlterField(
            model_name='policy',
            name='valid_from',
            field=models.DateField(blank=True, null=True, verbose_name='in force from'),
        ),
        migrations.AlterField(
            model_name='policylimit',
            name='clock',
            field=models.CharField(choices=[('due', 'Deadline passed'), ('submit', 'Draft not submitted'), ('stage', 'Too long in one stage'), ('silence', 'No accepted report'), ('unowned', 'Nobody answers for it'), ('unverified', 'Evidence not verified'), ('lapsed', 'Rule no longer in force'), ('review', 'Report not decided'), ('request', 'Request not decided')], max_length=12, verbose_name='clock'),
        ),
        migrations.AlterField(
            model_name='policystep',
            name='addressee',
            field=models.CharField(choices=[('holder', 'Who holds the accountable post'), ('head', 'Head of the accountable body'), ('supervisor', 'Supervising body'), ('commission', 'The commission')], max_length=12, verbose_name='addressee'),
        ),
        migrations.AlterField(
            model_name='policystep',
            name='clock',
            field=models.CharField(choices=[('due', 'Deadline passed'), ('submit', 'Draft not submitted'), ('stage', 'Too long in one stage'), ('silence', 'No accepted report'), ('unowned', 'Nobody answers for it'), ('unverified', 'Evidence not verified'), ('lapsed', 'Rule no longer in force'), ('review', 'Report not decided'), ('request', 'Request not decided')], max_length=12, verbose_name='clock'),
        ),
        migrations.AlterField(
            model_name='policystep',
            name='offset_days',
            field=models.SmallIntegerField(verbose_name='working days from the first late day'),
        ),
        migrations.AddConstraint(
            model_name='calendar',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('base__isnull', True), ('body__isnull', True)), models.Q(('base__isnull', False), ('body__isnull', False)), _connector='OR'), name='calendar_local_whole', violation_error_message='A local calendar names the calendar it adds to, and its body.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('task__isnull', True), models.Q(('level', ''), ('rank', ''), ('resolution__isnull', True)), _connector='OR'), name='policy_scope_task', violation_error_message='A policy for one task names nothing else: leave the rest empty.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('rank', ''), models.Q(('resolution__isnull', True), models.Q(('level', ''), _negated=True)), _connector='OR'), name='policy_scope_rank', violation_error_message='A rank goes with a level, and not with a resolution.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('level', ''), ('resolution__isnull', False), models.Q(('rank', ''), _negated=True), _connector='OR'), name='policy_scope_level', violation_error_message='A level goes with a resolution or with a rank.'),
        ),
        migrations.AddConstraint(
            model_name='policystep',
            constraint=models.CheckConstraint(condition=models.Q(('repeat_days__isnull', True), ('repeat_days__gt', 0), _connector='OR'), name='policy_step_repeat', violation_error_message='A step comes again after one working day or more.'),
        ),
        migrations.AddField(
            model_name='calendarversion',
            name='author',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='calendarversion',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='tracker.calendar', verbose_name='calendar'),
        ),
        migrations.AddField(
            model_name='flag',
            name='calendar_version',
            field=models.ForeignKey(default=None, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='tracker.calendarversion', verbose_name='version of a calendar'),
        ),
        migrations.AddField(
            model_name='extension',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by'),
        ),
        migrations.AddField(
            model_name='extension',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='tracker.body', verbose_name='asking body'),
        ),
        migrations.AddField(
            model_name='extension',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='extension',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='tracker.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='message',
            name='task',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.task'),
        ),
        migrations.AddField(
            model_name='message',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to=settings.AUTH_USER_MODEL, verbose_name='receiver'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='obstacles', to='tracker.body', verbose_name='waits on'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='declared_body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='obstacles_declared', to='tracker.body', verbose_name='declared by the body'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='declared_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='declared by'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='ended_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='obstacles', to='tracker.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='recalculation',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recalculation',
            name='calendar_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalculations', to='tracker.calendarversion'),
        ),
        migrations.AddField(
            model_name='recalculation',
            name='policy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalculations', to='tracker.policy'),
        ),
        migrations.AddField(
            model_name='jobrun',
            name='recalculation',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='ranges', to='tracker.recalculation'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='task',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='set_aside', to='tracker.task'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='body',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.body'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='cadre',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.cadre'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='digest',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lines', to='tracker.message'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='post',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.post'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='tracker.flagstep'),
        ),
        migrations.AddField(
            model_name='steprecipient',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps_received', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='urging',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgings', to='tracker.body', verbose_name='urged body'),
        ),
        migrations.AddField(
            model_name='urging',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='issued by'),
        ),
        migrations.AddField(
            model_name='urging',
            name='sender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgings_sent', to='tracker.body', verbose_name='sending body'),
        ),
        migrations.AddField(
            model_name='urgingitem',
            name='flag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgings', to='tracker.flag'),
        ),
        migrations.AddField(
            model_name='urgingitem',
            name='report',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.progressreport'),
        ),
        migrations.AddField(
            model_name='urgingitem',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgings', to='tracker.task'),
        ),
        migrations.AddField(
            model_name='urgingitem',
            name='urging',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='tracker.urging'),
        ),
        migrations.AddConstraint(
            model_name='calendarversion',
            constraint=models.UniqueConstraint(fields=('calendar', 'number'), name='calendar_version_once', violation_error_message='This version of the calendar exists already.'),
        ),
        migrations.AddConstraint(
            model_name='calendarversion',
            constraint=models.UniqueConstraint(condition=models.Q(('applied_at__isnull', True)), fields=('calendar',), name='calendar_one_draft', violation_error_message='This calendar has a draft already: go on with that one.'),
        ),
        migrations.AddConstraint(
            model_name='calendarversion',
            constraint=models.CheckConstraint(condition=models.Q(('applied_at__isnull', True), ('valid_from__isnull', False), _connector='OR'), name='calendar_applied_has_day', violation_error_message='Say from which day on this version holds.'),
        ),
        migrations.AddConstraint(
            model_name='calendarversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='calendar_version_period', violation_error_message='The end lies before the start: give an end on or after the first day.'),
        ),
        migrations.AddIndex(
            model_name='extension',
            index=models.Index(fields=['state', 'asked_on', 'id'], name='extension_state'),
        ),
        migrations.AddIndex(
            model_name='extension',
            index=models.Index(fields=['task', 'state'], name='extension_task'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'granted', 'refused'])), name='extension_state_code', violation_error_message='This state is not known.'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('task',), name='extension_one_asked', violation_error_message='A request for more time on this task awaits its decision already.'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='extension_two_persons', violation_error_message='Nobody decides on their own request: ask a colleague.'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'granted'), _negated=True), ('granted_on__isnull', False), _connector='OR'), name='extension_granted_has_day', violation_error_message='A granted extension names the new deadline.'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['next_attempt_at', 'id'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['user', '-created_at'], name='message_user'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sent', 'bounced', 'set_aside'])), name='message_state', violation_error_message='This state is not known.'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['digest', 'decision'])), name='message_kind', violation_error_message='This kind is not known.'),
        ),
        migrations.AddIndex(
            model_name='obstacle',
            index=models.Index(condition=models.Q(('ended_on__isnull', True)), fields=['body', 'task'], name='obstacle_open'),
        ),
        migrations.AddConstraint(
            model_name='obstacle',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('since')), _connector='OR'), name='obstacle_period', violation_error_message='It ends before it begins: check the two days.'),
        ),
        migrations.AddConstraint(
            model_name='obstacle',
            constraint=models.CheckConstraint(condition=models.Q(('body', models.F('declared_body')), _negated=True), name='obstacle_other_body', violation_error_message='A body cannot wait on itself: name the other one.'),
        ),
        migrations.AddConstraint(
            model_name='obstacle',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('task', 'body'), name='obstacle_once', violation_error_message='It is already recorded that the task waits on this body.'),
        ),
        migrations.AddIndex(
            model_name='steprecipient',
            index=models.Index(condition=models.Q(('digest__isnull', True), ('user__isnull', False)), fields=['user', 'id'], name='step_untold'),
        ),
        migrations.AddConstraint(
            model_name='steprecipient',
            constraint=models.UniqueConstraint(fields=('step', 'recipient'), name='step_recipient_once', violation_error_message='They were told of this step already.'),
        ),
        migrations.AddConstraint(
            model_name='urging',
            constraint=models.UniqueConstraint(fields=('sender', 'year', 'number'), name='urging_number', violation_error_message='This number is taken this year.'),
        ),
        migrations.AddConstraint(
            model_name='urgingitem',
            constraint=models.UniqueConstraint(fields=('urging', 'flag'), name='urging_flag_once', violation_error_message='This flag is in the letter already.'),
        ),
    ]
