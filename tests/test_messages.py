"""Every message is found, translated and said in Vietnamese, on our pages and on those of the packages."""

import os
import re
from datetime import UTC, datetime

import pytest
from babel.messages.catalog import Catalog
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models import Choices
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import trans_real

from accounts.tokens import Scope
from tests.builders import make_cast
from tracker import choices
from tracker.exchange import catalogues, message_sources
from tracker.exchange.message_sources import messages_of

MODELS = [model for label in ("accounts", "tracker") for model in apps.get_app_config(label).get_models()]
INTERNAL = {"CalendarDay"}  # a computed table that no page names
LABELS = [
    label
    for kind in (*vars(choices).values(), Scope)
    if isinstance(kind, type) and issubclass(kind, Choices) and kind.choices
    for label in kind.labels
]


def said_in(text, *, is_template=True):
    return list(messages_of(text, is_template=is_template))


@pytest.mark.parametrize(
    ("template", "ids"),
    [
        ('{% translate "Sign in" %}', "Sign in"),
        ("{% trans 'Sign in' as label %}", "Sign in"),
        ('<a title="{% translate "Go on" %}">', "Go on"),
        ("{% blocktranslate with day=task.due_on|day %}until {{ day }}{% endblocktranslate %}", "until %(day)s"),
        ("{% blocktranslate trimmed %}\n  one\n  line\n{% endblocktranslate %}", "one line"),
        (
            "{% blocktranslate count n=tasks %}{{ n }} task{% plural %}{{ n }} tasks{% endblocktranslate %}",
            ("%(n)s task", "%(n)s tasks"),
        ),
        ('{% include "a.html" with text=_("Nothing found.") %}', "Nothing found."),
        ('{{ row.body|default:_("nobody") }}', "nobody"),
        ('{{ _("Save") }}', "Save"),
        ('{% translate "100 % done" %}', "100 %% done"),
    ],
)
def test_a_template_says_its_messages(template, ids):
    assert said_in(template) == [(ids, None)]


def test_a_context_in_a_template_is_kept():
    assert said_in('{% translate "Open" context "verb" %}') == [("Open", "verb")]


def test_a_template_of_odd_lines_says_all_its_messages():
    template = (
        '<p>\n      {% if a %}\n   {% translate "One" %}{% endif %}\n\t<b>(\'{% translate "Two" %}\n{# no #}</b>\n'
    )
    assert [ids for ids, _context in said_in(template)] == ["One", "Two"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('_("Read")', ("Read", None)),
        ('gettext_lazy("Read")', ("Read", None)),
        ('gettext_noop("Read")', ("Read", None)),
        ('ngettext("%(n)d day", "%(n)d days", n)', (("%(n)d day", "%(n)d days"), None)),
        ('ngettext_lazy("%(n)d day", "%(n)d days", "n")', (("%(n)d day", "%(n)d days"), None)),
        ('pgettext("verb", "Open")', ("Open", "verb")),
        ('pgettext_lazy("verb", "Open")', ("Open", "verb")),
        ('_("Several words "\n  "on two lines")', ("Several words on two lines", None)),
        ('translation.gettext("Read")', ("Read", None)),
    ],
)
def test_code_says_its_messages(code, expected):
    assert said_in(code, is_template=False) == [expected]


@pytest.mark.parametrize("code", ['_(row["name"])', "_(label)", "gettext(f'{n} days')", "_('')", "for _ in days: pass"])
def test_what_is_not_written_out_is_no_message(code):
    assert said_in(code, is_template=False) == []


@pytest.fixture(scope="module")
def sources():
    return message_sources.found()


@pytest.mark.once
@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_catalogues_are_in_order(sources, language):
    assert catalogues.problems(language, sources=sources) == []


@pytest.mark.once
def test_the_packages_are_covered(sources):
    for message in ("Change Password", "Authenticator App", "Enter a valid JSON.", "Not found."):
        assert sources.get(message), message


def test_no_module_gives_gettext_another_name():
    # The extractor knows the functions by name; another name would hide their messages.
    hidden = re.compile(r"\b[np]?n?gettext(_lazy|_noop)? as (?!_\b)")
    paths = [path for top in message_sources.OWN for path in (message_sources.ROOT / top).rglob("*.py")]
    assert [path.name for path in paths if hidden.search(path.read_text())] == []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    for language in catalogues.LANGUAGES:
        catalogues.path_of(language).parent.mkdir(parents=True)
        catalogues.path_of(language).write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n')
    return tmp_path


def of(*messages):
    catalog = Catalog()
    for ids in messages:
        catalog.add(ids, locations=[("a.py", 0)])
    return catalog


def write(folder, entries):
    path = catalogues.path_of("vi")
    path.write_text(path.read_text() + entries)
    return path


def test_update_takes_in_keeps_and_drops(folder):
    path = write(folder, '\nmsgid "old"\nmsgstr "cũ"\n\nmsgid "kept"\nmsgstr "giữ"\n')
    done = catalogues.update("vi", sources=of("kept", "new"))
    assert done == {"kept": 1, "new": 1, "dropped": 1}
    assert '"kept"\nmsgstr "giữ"' in path.read_text() and '"new"\nmsgstr ""' in path.read_text()
    assert "old" not in path.read_text()


def test_update_twice_changes_nothing(folder):
    path = write(folder, '\nmsgid "kept"\nmsgstr "giữ"\n')
    catalogues.update("vi", sources=of("kept", ("a day", "%(n)s days")))
    first = path.read_bytes()
    catalogues.update("vi", sources=of("kept", ("a day", "%(n)s days")))
    assert path.read_bytes() == first


def test_the_english_catalogue_stays_empty(folder):
    assert catalogues.update("en", sources=of("new")) == {"dropped": 0}
    assert 'msgid "new"' not in catalogues.path_of("en").read_text()


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ("", "missing: 'until %(day)s'"),
        ('\nmsgid "until %(day)s"\nmsgstr ""\n', "missing: 'until %(day)s'"),
        ('\n#, fuzzy\nmsgid "until %(day)s"\nmsgstr "đến %(day)s"\n', "fuzzy: 'until %(day)s'"),
        ('\nmsgid "until %(day)s"\nmsgstr "đến %(ngay)s"\n', "other placeholders: 'until %(day)s'"),
        ('\nmsgid "until %(day)s"\nmsgstr "đến"\n', "other placeholders: 'until %(day)s'"),
        ('\nmsgid "until %(day)s"\nmsgstr "đến %(day)s"\n\nmsgid "old"\nmsgstr "cũ"\n', "obsolete: 'old'"),
        ('\nmsgid "until %(day)s"\nmsgstr "đến %(day)s"\n\n#~ msgid "old"\n#~ msgstr "cũ"\n', "obsolete: 'old'"),
    ],
)
def test_check_names_what_is_wrong(folder, entries, problem):
    write(folder, entries)
    assert catalogues.problems("vi", sources=of("until %(day)s")) == [problem]


def test_check_ends_with_status_1(folder, monkeypatch, capsys):
    monkeypatch.setattr("tracker.management.commands.messages.found", lambda: of("new"))
    with pytest.raises(SystemExit) as ended:
        call_command("messages", "--check")
    assert ended.value.code == 1
    assert "vi: missing: 'new'" in capsys.readouterr().err


def test_the_command_wants_to_know_what_to_do():
    with pytest.raises(CommandError, match="required"):
        call_command("messages")


def test_only_what_is_old_is_compiled(folder):
    path = write(folder, '\nmsgid "kept"\nmsgstr "giữ"\n')
    assert [file.parent.parent.name for file in catalogues.compile_all()] == ["vi", "en"]
    assert catalogues.compile_all() == []
    later = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    os.utime(path, (later, later))
    assert catalogues.compile_all() == [path.with_suffix(".mo")]
    assert sorted(file.name for file in path.parent.iterdir()) == ["django.mo", "django.po"]


@pytest.mark.parametrize("label", LABELS, ids=str)
def test_every_code_has_a_label_in_vietnamese(label):
    assert isinstance(label, Promise)
    assert is_translated(str(label))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_and_field_has_a_name_in_vietnamese(model):
    names = [] if model.__name__ in INTERNAL else [model._meta.verbose_name, model._meta.verbose_name_plural]
    names += [
        field.verbose_name
        for field in model._meta.local_fields
        if field.editable and not field.primary_key and isinstance(field.verbose_name, Promise)
    ]
    with translation.override("en"):
        english = [str(name) for name in names]
    assert [name for name in english if not is_translated(name)] == []


def is_translated(message):
    return message in trans_real.translation("vi")._catalog


@pytest.fixture
def untranslated(monkeypatch):
    """Collect what was asked for in Vietnamese and has no translation anywhere."""
    said = set()
    for name in ("gettext", "ngettext"):
        monkeypatch.setattr(trans_real.DjangoTranslation, name, spy(name, said))
    return said


def spy(name, said):
    real = getattr(trans_real.DjangoTranslation, name)

    def listening(self, message, *args):
        keys = (message, (message, self.plural(1)))
        if self.language() == "vi" and not any(key in self._catalog for key in keys):
            said.add(message.rpartition("\x04")[2])
        return real(self, message, *args)

    return listening


def test_what_nobody_translates_is_noticed(untranslated):
    with translation.override("vi"):
        assert translation.gettext("Sign in") == "Đăng nhập"
        translation.gettext("A sentence that nobody has translated")
    assert untranslated == {"A sentence that nobody has translated"}


OPEN = ["account_login", "account_reset_password", "account_reset_password_done", "account_signup", "account_inactive"]
SIGNED_IN = [
    "account_logout",
    "account_change_password",
    "account_email",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "socialaccount_connections",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN)
def test_a_page_of_the_sign_in_speaks_vietnamese(untranslated, name):
    client = Client(headers={"accept-language": "vi"})
    assert client.get(reverse(name)).status_code == 200
    client.post(reverse(name), {})
    assert untranslated == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_of_the_account_speaks_vietnamese(untranslated, name):
    client = Client(headers={"accept-language": "vi"})
    credentials = sign_in()
    client.post(reverse("account_login"), credentials)
    client.post(reverse("account_reauthenticate"), credentials)
    assert client.get(reverse(name)).status_code == 200
    client.post(reverse(name), {})
    assert untranslated == set()


def sign_in():
    user = make_cast()["lan"]
    user.set_password("a long password")
    user.save()
    return {"login": user.username, "password": "a long password"}


@pytest.mark.django_db
def test_wrong_sign_ins_are_told_in_vietnamese(untranslated):
    client = Client(headers={"accept-language": "vi"})
    page = client.post(reverse("account_login"), {**sign_in(), "password": "wrong"}).content.decode()
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in page
    assert untranslated == set()


@pytest.mark.parametrize(
    ("language", "day", "number", "moment"),
    [
        ("vi", "09/02/2026", "1.234,5", "08:05 09/02/2026"),
        ("en", "9 February 2026", "1,234.5", "9 February 2026, 08:05"),
    ],
)
def test_days_and_numbers_read_as_in_viet_nam(language, day, number, moment):
    at = datetime(2026, 2, 9, 8, 5)
    with translation.override(language):
        assert formats.date_format(at.date()) == day
        assert formats.localize(1234.5) == number
        assert formats.date_format(at, "DATETIME_FORMAT") == moment
        assert formats.sanitize_separators("1.234,5" if language == "vi" else "1,234.5") == "1234.5"


def test_what_django_says_clumsily_is_said_anew():
    with translation.override("vi"):
        assert str(forms.IntegerField().error_messages["invalid"]) == "Nhập một số nguyên."
        with pytest.raises(ValidationError, match=r"Nhập không quá 3 ký tự \(hiện có 4\)\."):
            forms.CharField(max_length=3).clean("bốn!")
