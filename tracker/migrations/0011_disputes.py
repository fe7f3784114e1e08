"""Disputes, questions on reports, drafts for the leader, decisions bound to a version, corrections of a stage."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill(apps, schema_editor):
    """What awaits the commission has awaited it since its submission; a decision raised the version by one."""
    reports = apps.get_model("tracker", "ProgressReport").objects
    reports.filter(state="submitted").update(review_since=models.F("submitted_on"))
    decided = reports.filter(state__in=("accepted", "returned"), version__gt=1)
    decided.update(review_since=models.F("submitted_on"), decided_version=models.F("version") - 1)


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0010_instrument_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(max_length=5000, verbose_name='reason')),
                ('answer_by', models.DateField(verbose_name='answer wanted by')),
                ('raised_on', models.DateField(verbose_name='raised on')),
                ('raised_at', models.DateTimeField(verbose_name='raised at')),
                ('state', models.CharField(choices=[('open', 'Awaiting the editor'), ('upheld', 'Upheld'), ('rejected', 'Rejected'), ('withdrawn', 'Taken back')], default='open', max_length=10, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decision_note', models.TextField(blank=True, max_length=5000, verbose_name='note on the decision')),
                ('moved_on', models.DateField(blank=True, null=True, verbose_name='holds from')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'verbose_name': 'dispute',
                'verbose_name_plural': 'disputes',
                'ordering': ['-raised_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ReportQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.TextField(max_length=2000, verbose_name='question')),
                ('asked_on', models.DateField(verbose_name='asked on')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('answer', models.TextField(blank=True, max_length=5000, verbose_name='answer')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='answered on')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
            ],
            options={
                'verbose_name': 'question on a report',
                'verbose_name_plural': 'questions on reports',
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='body',
            name='specialists_submit',
            field=models.BooleanField(default=True, help_text='If not, they hand their drafts to the leader of the body, who submits them.', verbose_name='specialists submit reports'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='decided_hash',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='decided_version',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='version decided on'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='handed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='handed to the leader at'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='leader_note',
            field=models.TextField(blank=True, max_length=2000, verbose_name='note of the leader'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='review_since',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='awaits the commission since'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='submitted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='submitted by'),
        ),
        migrations.AddField(
            model_name='progressreport',
            name='time_asked',
            field=models.JSONField(blank=True, default=dict, verbose_name='more time asked for'),
        ),
        migrations.AddField(
            model_name='stagechange',
            name='corrects',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='tracker.stagechange', verbose_name='corrects what was entered in error'),
        ),
        migrations.AddConstraint(
            model_name='progressreport',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), ('submitted_by__isnull', True), models.Q(('decided_by', models.F('submitted_by')), _negated=True), _connector='OR'), name='report_two_hands', violation_error_message='Nobody decides on a report that they submitted: ask a colleague.'),
        ),
        migrations.AddConstraint(
            model_name='progressreport',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('handed_at__isnull', True), _connector='OR'), name='report_handed_is_draft', violation_error_message='Only a draft awaits the leader.'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='tracker.body', verbose_name='disputing body'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='cell',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='tracker.responsibility', verbose_name='disputed role'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='new_body',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.body', verbose_name='new body'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='raised_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='raised by'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='tracker.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='wanted_body',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tracker.body', verbose_name='whose it is, in its view'),
        ),
        migrations.AddField(
            model_name='reportquestion',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by'),
        ),
        migrations.AddField(
            model_name='reportquestion',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by'),
        ),
        migrations.AddField(
            model_name='reportquestion',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='tracker.progressreport', verbose_name='report'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['state', 'answer_by', 'id'], name='dispute_state'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['task', 'state'], name='dispute_task'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'upheld', 'rejected', 'withdrawn'])), name='dispute_state_code', violation_error_message='This state is not known.'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('cell',), name='dispute_one_open', violation_error_message='This role is disputed already: the editor decides on it.'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), ('decided_by__isnull', True), models.Q(('decided_by', models.F('raised_by')), _negated=True), _connector='OR'), name='dispute_two_persons', violation_error_message='Nobody decides on a dispute that they raised: ask a colleague.'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'upheld'), _negated=True), ('moved_on__isnull', False), _connector='OR'), name='dispute_upheld_has_day', violation_error_message='A dispute that is upheld names the day from which the role moves.'),
        ),
        migrations.AddConstraint(
            model_name='reportquestion',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('report',), name='question_one_open', violation_error_message='A question on this report awaits its answer already.'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
