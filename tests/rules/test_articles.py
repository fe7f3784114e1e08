"""Articles as people cite them, parsed to ranges."""

import itertools

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.articles import (
    ARTICLE,
    Span,
    carried,
    dumped,
    holds,
    joined,
    loaded,
    told,
    touch,
)
from tracker.rules.citations import UnreadArticles, parse_articles

NUMBERS = st.integers(1, 30)
RANGES = st.tuples(NUMBERS, NUMBERS).map(sorted)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Điều 5–7, khoản 2 Điều 9", "Articles 5–7|clause 2 of Article 9"),
        ("5, 7-9", "Article 5|Articles 7–9"),
        ("Điều 5 đến Điều 7", "Articles 5–7"),
        ("các Điều 3, 4 và 5", "Articles 3–5"),
        (
            "điểm a, b khoản 2 và khoản 3 Điều 9",
            "point a, clause 2 of Article 9|point b, clause 2 of Article 9|clause 3 of Article 9",
        ),
        ("Điều 9 khoản 2", "clause 2 of Article 9"),
        ("Article 9, clause 2", "clause 2 of Article 9"),
        ("points a and c of clause 1 of Article 4", "point a, clause 1 of Article 4|point c, clause 1 of Article 4"),
        ("điểm đ khoản 1 Điều 5a", "point đ, clause 1 of Article 5a"),
        ("Chương II, Phụ lục I; Điều 4", "Chapter II|Article 4|Annex I"),
        ("điểm i đến điểm v khoản 1 Điều 2", "points i–v, clause 1 of Article 2"),
        ("điểm i khoản 1 Điều 2", "point i, clause 1 of Article 2"),
        ("Điều 9, Điều 9, khoản 1 Điều 9", "Article 9"),
        ("ĐIỀU 1;  Điều 3", "Article 1|Article 3"),
    ],
)
def test_a_citation_is_read_to_ranges(text, said):
    with translation.override("en"):
        spans = parse_articles(text)
        assert [told((span,)) for span in spans] == said.split("|")
        assert parse_articles(told(spans)) == spans
    with translation.override("vi"):
        assert parse_articles(told(spans)) == spans


@pytest.mark.parametrize("text", ["", "  ", "toàn bộ văn bản", "Whole"])
def test_nothing_named_is_the_whole_instrument(text):
    assert parse_articles(text) == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Điều", "điều"),
        ("khoản 2", "clause 2 of Article ?"),
        ("Điều 5-", "điều 5"),
        ("Điều 7-5", "7-5"),
        ("Điều năm", "năm"),
        ("Điều 5 <script>", "<script>"),
        ("điểm a Điều 5", "point a"),
        ("khoản 2 Điều 5, 6", "clause 2"),
        ("Điều 12345", "12345"),
        ("Chương a", "a"),
        (", ".join(f"Điều {number * 2}" for number in range(1, 60)), None),
    ],
)
def test_what_is_not_understood_is_named(text, part):
    with pytest.raises(UnreadArticles) as caught:
        parse_articles(text)
    assert part is None or part in caught.value.part


def test_a_range_holds_what_lies_in_it():
    whole = parse_articles("Điều 5-7, khoản 2-4 Điều 9")
    for inner in ("Điều 6", "khoản 1 Điều 5", "điểm a khoản 3 Điều 9", "khoản 3, 4 Điều 9", "Điều 5, 6, 7"):
        assert holds(whole, parse_articles(inner)), inner
    for outer in ("Điều 4", "Điều 5-8", "Điều 9", "khoản 1 Điều 9", "khoản 4-5 Điều 9", ""):
        assert not holds(whole, parse_articles(outer)), outer
    assert holds((), whole)


def test_touching_is_having_a_place_in_common():
    assert touch(parse_articles("Điều 5-7"), parse_articles("khoản 1 Điều 7"))
    assert touch(parse_articles("Điều 5-7"), parse_articles("Điều 7-9"))
    assert touch((), parse_articles("Điều 1"))
    assert not touch(parse_articles("Điều 5-7"), parse_articles("Điều 8"))


def test_what_a_successor_continues_is_carried_and_what_it_drops_is_not():
    pairs = [
        (parse_articles("Điều 5-7"), parse_articles("Điều 9-11")),
        (parse_articles("Điều 8"), parse_articles("12")),
    ]
    assert carried(parse_articles("Điều 6, 8"), pairs) == parse_articles("Điều 9-12")
    assert carried(parse_articles("Điều 8"), pairs) == parse_articles("Điều 12")
    assert carried(parse_articles("Điều 8, 20"), pairs) is None
    assert carried((), pairs) is None
    assert carried(parse_articles("Điều 20"), [((), ())]) == ()
    assert carried(parse_articles("Điều 20"), []) is None


@given(st.lists(RANGES, min_size=1, max_size=8))
def test_joined_ranges_hold_the_same_articles_and_lie_apart(ranges):
    spans = joined(Span(ARTICLE, str(first), str(last)) for first, last in ranges)
    cited = {number for first, last in ranges for number in range(first, last + 1)}
    assert {number for span in spans for number in range(int(span.first), int(span.last) + 1)} == cited
    assert all(int(one.last) + 1 < int(two.first) for one, two in itertools.pairwise(spans))
    assert loaded(dumped(spans)) == spans


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    try:
        spans = parse_articles(text)
    except UnreadArticles:
        return
    assert loaded(dumped(spans)) == spans
