"""The routes of the pages."""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from tracker.views import (
    bodies,
    cadres,
    calendars,
    cascades,
    consultations,
    corrections,
    coverage,
    desk,
    disputes,
    evidence,
    extensions,
    figures,
    files,
    flag_remarks,
    flags,
    history,
    home,
    instrument_end,
    instrument_forms,
    instruments,
    legal_debt,
    mails,
    matrix,
    obstacles,
    overview,
    policies,
    queues,
    report_acts,
    reports,
    resolutions,
    review,
    saved_filters,
    search,
    standing,
    system,
    tasks,
    tokens,
    urgings,
    webhooks,
)


class CodeConverter(StringConverter):
    """The code of a row; databases refuse NUL."""

    regex = r"[^/\x00]+"


class CitationConverter(StringConverter):
    """A code that may hold slashes."""

    regex = r"[^\x00]+"


register_converter(CodeConverter, "code")
register_converter(CitationConverter, "citation")

shell = [
    path("", home.home, name="home"),
    path("i18n/setlang/", home.set_language, name="set_language"),
    path("search/", search.search_page, name="search"),
]

registers = [
    path("tasks/", tasks.task_list, name="task_list"),
    path("tasks/<int:pk>/", tasks.task_page, name="task"),
    path("tasks/<int:pk>/explain/", tasks.task_explain, name="task_explain"),
    path("tasks/by-code/<citation:code>/", tasks.task_by_code, name="task_by_code"),
    path("resolutions/", resolutions.resolution_list, name="resolution_list"),
    path("resolutions/<code:code>/", resolutions.resolution_page, name="resolution"),
    path("bodies/", bodies.body_list, name="body_list"),
    path("bodies/<code:code>/", bodies.body_page, name="body"),
    path("bodies/<code:code>/submission/", bodies.body_submission, name="body_submission"),
    path("cadres/<code:code>/", cadres.cadre, name="cadre"),
    path("instruments/", instruments.instrument_list, name="instrument_list"),
    path("instruments/<int:pk>/", instruments.instrument_page, name="instrument"),
    path("instruments/<int:pk>/end/", instrument_end.instrument_end, name="instrument_end"),
    path("instruments/<int:pk>/detailing/", legal_debt.detailing_new, name="detailing_new"),
    path("legal-debt/", legal_debt.legal_debt, name="legal_debt"),
    path("legal-debt/<int:pk>/", legal_debt.detailing, name="detailing"),
    path("legal-debt/<int:pk>/edit/", legal_debt.detailing_edit, name="detailing_edit"),
    path("legal-debt/<int:pk>/progress/", legal_debt.detailing_progress, name="detailing_progress"),
    path("files/<uuid:pk>/", files.attachment, name="attachment"),
    path("instruments/files/<uuid:pk>/", files.instrument_file, name="instrument_file"),
]

instrument_pages = [
    path("instruments/new/", instrument_forms.instrument_new, name="instrument_new"),
    path("instruments/<int:pk>/edit/", instrument_forms.instrument_edit, name="instrument_edit"),
    path("instruments/<int:pk>/phases/new/", instrument_forms.phase_new, name="phase_new"),
    path("instruments/<int:pk>/phases/<int:row>/correct/", instrument_forms.phase_correct, name="phase_correct"),
    path("instruments/<int:pk>/files/new/", instrument_forms.instrument_file_new, name="instrument_file_new"),
    path("instruments/<int:pk>/consultations/new/", consultations.consultation_new, name="consultation_new"),
    path("instruments/<int:pk>/consultations/known/", consultations.consultation_known, name="consultation_known"),
    path("consultations/<int:pk>/edit/", consultations.consultation_edit, name="consultation_edit"),
]

calendar_pages = [
    path("calendars/", calendars.calendar_list, name="calendar_list"),
    path("calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("calendars/<code:code>/", calendars.calendar, name="calendar"),
    path("calendars/<code:code>/draft/", calendars.calendar_draft, name="calendar_draft"),
    path("calendars/<code:code>/draft/begin/", calendars.calendar_draft_begin, name="calendar_draft_begin"),
    path("calendars/<code:code>/draft/days/", calendars.calendar_day_add, name="calendar_day_add"),
    path(
        "calendars/<code:code>/draft/days/<int:pk>/remove/", calendars.calendar_day_remove, name="calendar_day_remove"
    ),
    path("calendars/<code:code>/draft/list/", calendars.calendar_import, name="calendar_import"),
    path("calendars/<code:code>/draft/apply/", calendars.calendar_apply, name="calendar_apply"),
    path("calendars/<code:code>/draft/discard/", calendars.calendar_discard, name="calendar_discard"),
]

working = [
    path("desk/", desk.desk, name="desk"),
    path("overview/", overview.overview, name="overview"),
    path("coverage/", coverage.coverage, name="coverage"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("flags/<int:pk>/remark/", flag_remarks.flag_remark, name="flag_remark"),
    path("flags/<int:pk>/acknowledge/", flags.flag_acknowledge, name="flag_acknowledge"),
    path("flags/<int:pk>/snooze/", flags.flag_snooze, name="flag_snooze"),
    path("flags/<int:pk>/unsnooze/", flags.flag_unsnooze, name="flag_unsnooze"),
    path("policies/", policies.policy_list, name="policy_list"),
    path("policies/new/", policies.policy_new, name="policy_new"),
    path("policies/<int:pk>/", policies.policy, name="policy"),
    path("policies/<int:pk>/draft/", policies.policy_draft, name="policy_draft"),
    path("policies/<int:pk>/edit/", policies.policy_edit, name="policy_edit"),
    path("policies/<int:pk>/apply/", policies.policy_apply, name="policy_apply"),
    path("policies/<int:pk>/discard/", policies.policy_discard, name="policy_discard"),
    path("policies/<int:pk>/end/", policies.policy_end, name="policy_end"),
    path("urgings/", urgings.urging_list, name="urging_list"),
    path("urgings/new/", urgings.urging_new, name="urging_new"),
    path("urgings/<int:pk>/", urgings.urging, name="urging"),
    path("urgings/<int:pk>/document/", urgings.urging_document, name="urging_document"),
    path("tasks/<int:pk>/report/", reports.report_new, name="report_new"),
    path("tasks/<int:pk>/extension/", extensions.extension_new, name="extension_new"),
    path("extensions/<int:pk>/", extensions.extension, name="extension"),
    path("extensions/<int:pk>/decide/", extensions.extension_decide, name="extension_decide"),
    path("tasks/<int:pk>/obstacle/", obstacles.obstacle_new, name="obstacle_new"),
    path("obstacles/<int:pk>/end/", obstacles.obstacle_end, name="obstacle_end"),
    path("tasks/<int:pk>/cascade/", cascades.cascade_new, name="cascade_new"),
    path("cascades/<int:pk>/", cascades.cascade, name="cascade"),
    path("tasks/<int:pk>/suspend/", standing.task_suspend, name="task_suspend"),
    path("tasks/<int:pk>/withdraw/", standing.task_withdraw, name="task_withdraw"),
    path("tasks/<int:pk>/resume/", standing.task_resume, name="task_resume"),
    path("reports/<int:pk>/", reports.report, name="report"),
    path("reports/<int:pk>/edit/", reports.report_edit, name="report_edit"),
    path("reports/<int:pk>/submit/", report_acts.report_submit, name="report_submit"),
    path("reports/<int:pk>/hand/", report_acts.report_hand, name="report_hand"),
    path("reports/<int:pk>/give-back/", report_acts.report_give_back, name="report_give_back"),
    path("reports/<int:pk>/ask/", report_acts.report_ask, name="report_ask"),
    path("reports/<int:pk>/answer/", report_acts.report_answer, name="report_answer"),
    path("reports/<int:pk>/correct/", reports.report_correct, name="report_correct"),
    path("reports/<int:pk>/decide/", review.report_decide, name="report_decide"),
    path("tasks/<int:pk>/evidence/", evidence.evidence_new, name="evidence_new"),
    path("tasks/<int:pk>/whole/<slug:level>/", evidence.evidence_joint, name="evidence_joint"),
    path("evidence/<int:pk>/edit/", evidence.evidence_edit, name="evidence_edit"),
    path("tasks/<int:pk>/dispute/", disputes.dispute_new, name="dispute_new"),
    path("disputes/", disputes.dispute_list, name="dispute_list"),
    path("disputes/<int:pk>/", disputes.dispute, name="dispute"),
    path("disputes/<int:pk>/decide/", disputes.dispute_decide, name="dispute_decide"),
    path("disputes/<int:pk>/withdraw/", disputes.dispute_withdraw, name="dispute_withdraw"),
    path("tasks/<int:pk>/correct/", corrections.corrections_page, name="corrections"),
    path("tasks/<int:pk>/correct/stage/", corrections.correct_stage, name="correct_stage"),
    path("tasks/<int:pk>/correct/deadline/", corrections.correct_deadline, name="correct_deadline"),
    path("tasks/<int:pk>/correct/suspension/", corrections.correct_suspension, name="correct_suspension"),
    path("responsibilities/<int:pk>/correct/", corrections.correct_cell, name="correct_cell"),
    path("evidence/<int:pk>/decide/", review.evidence_decide, name="evidence_decide"),
]

reporting = [
    path("figures/", figures.figures, name="figures"),
    path("figures/freeze/", figures.figures_freeze, name="figures_freeze"),
    path("figures/file/<code:kind>/", figures.figures_file, name="figures_file"),
    path("figures/frozen/", figures.frozen_list, name="frozen_list"),
    path("figures/frozen/<int:pk>/", figures.frozen_report, name="frozen_report"),
    path("figures/frozen/<int:pk>/file/<code:kind>/", figures.frozen_file, name="frozen_file"),
]

queue_pages = [
    path("overdue/", queues.overdue, name="overdue"),
    path("review/", queues.review, name="review"),
    path("review/evidence/", queues.review_evidence, name="review_evidence"),
    path("review/extensions/", queues.review_extensions, name="review_extensions"),
    path("review/obstacles/", queues.review_obstacles, name="review_obstacles"),
    path("lapsed/", queues.lapsed, name="lapsed"),
    path("unowned/", queues.unowned, name="unowned"),
    path("queues/decided/", queues.queue_decided, name="queue_decided"),
    path("queues/<code:queue>/filters/", saved_filters.filter_save, name="filter_save"),
    path("queues/filters/<int:pk>/", saved_filters.filter_edit, name="filter_edit"),
    path("queues/filters/<int:pk>/delete/", saved_filters.filter_delete, name="filter_delete"),
]

mailing = [
    path("mails/", mails.mail_list, name="mail_list"),
    path("mails/<int:pk>/", mails.mail, name="mail"),
    path("system/mails/", mails.system_mails, name="system_mails"),
    path("system/mails/retry/", mails.mails_retry, name="mails_retry"),
    path("system/mails/<int:pk>/retry/", mails.mail_retry, name="mail_retry"),
]

history_pages = [
    path("history/heads/", history.history_heads, name="history_heads"),
    path("history/bodies/<code:code>/", history.history_body, name="history_body"),
    path("history/cadres/<code:code>/", history.history_cadre, name="history_cadre"),
    path("history/<slug:kind>/<code:key>/", history.history_object, name="history_object"),
    path("history/<slug:kind>/<code:key>/values/", history.history_values, name="history_values"),
]

administration = [
    path("tokens/", tokens.token_list, name="token_list"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<int:pk>/test/", webhooks.webhook_ping, name="webhook_ping"),
    path("webhooks/<int:pk>/pause/", webhooks.webhook_pause, name="webhook_pause"),
    path("webhooks/<int:pk>/resume/", webhooks.webhook_resume, name="webhook_resume"),
    path("webhooks/<int:pk>/end/", webhooks.webhook_end, name="webhook_end"),
    path("webhooks/messages/<int:pk>/replay/", webhooks.webhook_replay, name="webhook_replay"),
    path("system/", system.system, name="system"),
    path("system/set-aside/<int:pk>/retry/", system.set_aside_retry, name="set_aside_retry"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *shell,
    *registers,
    *instrument_pages,
    *calendar_pages,
    *working,
    *queue_pages,
    *reporting,
    *mailing,
    *history_pages,
    *administration,
]
