"""Shadow columns are right on every write path, or the write is refused."""

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat

from tests.builders import make_body
from tracker.models import Body

pytestmark = pytest.mark.django_db


def test_saving_fills_the_shadow_columns():
    body = make_body("BTP", name_vi="Bộ Tư pháp", name_en="Ministry of Justice", aliases=["Tư pháp"])
    body.refresh_from_db()
    assert body.folded == "btp bo tu phap ministry of justice tu phap"
    assert body.path == "HTCT/BTP/"


def test_saving_some_fields_takes_their_shadows_along():
    body = make_body("BTP")
    body.name_vi = "Đài Tiếng nói"
    body.save(update_fields=["name_vi"])
    body.refresh_from_db()
    assert "dai tieng noi" in body.folded
    assert body.name_sort.startswith("d1")


def test_bulk_create_and_bulk_update_fill_them():
    root = make_body("HTCT")
    rows = [
        Body(code=f"X{n}", name_vi=f"Đoàn {n}", name_en="E", kind="mass", level="central", parent=root) for n in "12"
    ]
    Body.objects.bulk_create(rows)
    assert Body.objects.get(code="X1").folded.startswith("x1 doan 1")
    for row in rows:
        row.name_vi = "Hội Nông dân"
    Body.objects.bulk_update(rows, ["name_vi"])
    assert Body.objects.filter(folded__contains="hoi nong dan").count() == 2


def test_update_derives_from_plain_values_and_refuses_what_it_cannot_derive():
    make_body("BTP")
    Body.objects.filter(code="BTP").update(
        name_vi="Bộ Nội vụ", name_en="E", short_vi="", short_en="", aliases=[], code="BNV", parent=make_body("HTCT")
    )
    assert Body.objects.get(code="BNV").folded == "bnv bo noi vu e"
    with pytest.raises(ValueError, match="plain values"):
        Body.objects.update(name_vi=Concat(F("name_vi"), Value("!")))
    with pytest.raises(ValueError, match="all of them"):
        Body.objects.update(name_vi="only one of several sources")


def test_names_stand_in_the_order_of_the_vietnamese_alphabet():
    for code, name in (("N1", "Đắk Lắk"), ("N2", "Dân tộc"), ("N3", "Ăn"), ("N4", "An"), ("N5", "Ấn"), ("N6", "Cơ")):
        make_body(code, name_vi=name)
    names = Body.objects.filter(code__startswith="N").values_list("name_vi", flat=True)
    assert list(names) == ["An", "Ăn", "Ấn", "Cơ", "Dân tộc", "Đắk Lắk"]
