"""Whatever is asked, the answer is one that the description promises."""

import json
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.api.reference import schema_text

PATHS = json.loads(schema_text("en"))["paths"]
LISTS = sorted(path for path, methods in PATHS.items() if "{" not in path and "get" in methods)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def names(path):
    return [item["name"] for item in PATHS[path]["get"]["parameters"]] or ["x"]


def values(path):
    known = [value for item in PATHS[path]["get"]["parameters"] for value in _known(item)]
    plain = st.sampled_from(["", "1", "true", *known])
    return st.one_of(plain, st.text(max_size=30), st.dates().map(str), st.integers().map(str))


def _known(item):
    schema = item["schema"].get("items", item["schema"])
    return [*map(str, schema.get("enum", [])), *([str(item["example"])] if "example" in item else [])]


@pytest.mark.parametrize("path", LISTS)
@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_any_query_gets_a_documented_answer(hoa, path, data):
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names(path)), values(path)), max_size=4))
    query = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])
    response = hoa.get(f"{path}?{query}")
    _assert_documented(path, response)
    if response.streaming:
        b"".join(response)  # to its end, which closes the file


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(raw=st.binary(max_size=40), pk=st.binary(max_size=20))
def test_any_bytes_get_a_documented_answer(hoa, raw, pk):
    response = hoa.get(f"/api/v1/tasks/{quote_from_bytes(pk, safe='')}/?{quote_from_bytes(raw, safe='=&')}")
    assert response.status_code in (200, 400, 404)
    assert response["Content-Type"].endswith("json")


def _assert_documented(path, response):
    assert str(response.status_code) in PATHS[path]["get"]["responses"], response.content
    assert response.status_code < 500
    promised = PATHS[path]["get"]["responses"]["200"]["content"]
    (wanted,) = promised if response.status_code == 200 else ("application/problem+json",)
    assert response["Content-Type"].partition(";")[0] == wanted
