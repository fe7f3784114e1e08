"""The description of the API is current, valid, whole in both languages, and what it promises is sent."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.api.conftest import rows
from tests.api.contract import assert_same_as_file
from tracker.api import reference_text
from tracker.api.exports import EXPORTED, MEDIA_TYPES
from tracker.api.reference import schema_text
from tracker.api.resources import RESOURCES
from tracker.api.writing.acts import ACTS, ON_A_ROW

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "docs" / "reference" / "api.md"


@pytest.fixture(scope="module")
def schema():
    return json.loads(schema_text("en"))


def operations(schema):
    return [operation for path in schema["paths"].values() for operation in path.values()]


def test_the_checked_in_schema_is_current(schema):
    assert_same_as_file(HERE / "openapi.json", schema_text("en") + "\n")


def test_the_tables_of_the_reference_are_current():
    text = REFERENCE.read_text(encoding="utf-8")
    assert_same_as_file(REFERENCE, reference_text.with_tables(text))


def test_it_is_openapi_3_1_with_every_address(schema):
    assert schema["openapi"] == "3.1.0"
    lists = {f"/api/v1/{resource.name}/" for resource in RESOURCES}
    details = {f"/api/v1/{resource.name}/{{id}}/" for resource in RESOURCES}
    others = {"/api/v1/", "/api/v1/schema/", "/api/v1/boards/four-cells/", "/api/v1/boards/coverage/"}
    others |= {"/api/v1/tasks/{id}/explain/", "/api/v1/calendar.ics"}
    acts = {f"/api/v1/{act.resource.name}/{{id}}/{act.name}/" for act in ON_A_ROW}
    acts |= {f"/api/v1/{act.resource.name}/{act.name}/" for act in ON_A_ROW} | {"/api/v1/bulk-jobs/{id}/"}
    others |= {f"/api/v1/exports/{resource.name}.{form}" for resource in EXPORTED for form in MEDIA_TYPES}
    assert set(schema["paths"]) == lists | details | others | acts


def test_every_act_is_an_operation(schema):
    for act in ACTS:
        middle = "" if act.is_new else "{id}/" if act.is_change else f"{{id}}/{act.name}/"
        operation = schema["paths"][f"/api/v1/{act.resource.name}/{middle}"][act.method]
        body = operation["requestBody"]["content"]["application/json"]
        Draft202012Validator(body["schema"]).validate(body["example"])
        assert bool(act.is_new) == ("oneOf" in body["schema"])
        headers = {item["name"] for item in operation["parameters"] if item["in"] == "header"}
        assert headers == {"Idempotency-Key"} | (set() if act.is_new else {"If-Match"})


def test_every_act_on_many_rows_is_an_operation(schema):
    for act in ACTS:
        address = f"/api/v1/{act.resource.name}/" + (f"{act.name}/" if act in ON_A_ROW else "")
        operation = schema["paths"][address][act.method]
        body = operation["requestBody"]["content"]["application/json"]
        rows = body["example"] if not act.is_new else [body["example"]]
        Draft202012Validator(body["schema"]).validate(rows)
        assert {"200", "202", "207", "413", "422"} <= set(operation["responses"])
        assert "atomic" in {item["name"] for item in operation["parameters"]}


def test_every_operation_is_described_with_example_and_errors(schema):
    for operation in operations(schema):
        assert operation["description"]
        known = [{"token": []}, {"cookieAuth": []}]
        is_calendar = operation["operationId"] == "get_calendar"
        assert operation["security"] == [*([{"tokenAsPassword": []}] if is_calendar else []), *known]
        assert {"401", "403", "405", "406", "429", "500", "503"} <= set(operation["responses"])
        done = operation["responses"].get("200") or operation["responses"]["201"]
        (content,) = done["content"].values()
        assert content["example"]


def test_every_problem_is_described_with_an_example(schema):
    for answer in schema["components"]["responses"].values():
        content = answer["content"]["application/problem+json"]
        assert answer["description"]
        for example in content["examples"].values():
            Draft202012Validator(schema["components"]["schemas"]["Problem"]).validate(example["value"])


def test_every_parameter_is_described_and_codes_are_listed(schema):
    parameters = [item for operation in operations(schema) for item in operation["parameters"]]
    assert all(item["description"] and "example" in item for item in parameters)
    stages = next(item for item in parameters if item["name"] == "stage")
    assert "drafting" in stages["schema"]["items"]["enum"]


def test_every_answer_names_its_headers(schema):
    known = {f"#/components/headers/{name}" for name in schema["components"]["headers"]}
    answers = [answer for operation in operations(schema) for answer in operation["responses"].values()]
    for answer in [*schema["components"]["responses"].values(), *(one for one in answers if "$ref" not in one)]:
        assert "X-Request-ID" in answer["headers"]
        assert {told["$ref"] for told in answer["headers"].values()} <= known


def test_what_the_headers_promise_is_sent(hoa, world):
    listed = hoa.get("/api/v1/tasks/")
    assert {"X-Request-ID", "RateLimit", "RateLimit-Policy"} <= set(listed.headers)
    assert hoa.get(f"/api/v1/tasks/{world.seen.pk}/")["ETag"] == f'"{world.seen.version}"'
    assert hoa.delete("/api/v1/tasks/")["Allow"] == "GET, HEAD, OPTIONS"


def test_operation_ids_are_unique(schema):
    names = [operation["operationId"] for operation in operations(schema)]
    assert len(names) == len(set(names))


def test_both_languages_are_whole():
    english, vietnamese = (json.loads(schema_text(language))["paths"] for language in ("en", "vi"))
    for path, methods in english.items():
        for method, operation in methods.items():
            assert operation["description"] != vietnamese[path][method]["description"]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_is_sent_fits_the_schema(hoa, world, schema, resource):
    validator = Draft202012Validator(
        {"$ref": f"#/components/schemas/{resource.singular}", "components": schema["components"]}
    )
    for row in rows(hoa, resource.name):
        validator.validate(row)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_the_examples_fit_the_schema(schema, resource):
    component = schema["components"]["schemas"][resource.singular]
    Draft202012Validator(component).validate(component["examples"][0])


def test_a_problem_fits_the_schema(hoa, schema):
    Draft202012Validator(schema["components"]["schemas"]["Problem"]).validate(hoa.get("/api/v1/tasks/?x=1").json())


def test_the_address_in_a_problem_is_a_reference(hoa):
    assert hoa.get("/api/v1/tasks/ế %/").json()["instance"] == "/api/v1/tasks/%E1%BA%BF%20%25/"


def test_the_schema_is_sent_in_the_language_of_the_reader(hoa):
    assert hoa.get("/api/v1/schema/").json()["paths"]["/api/v1/"]["get"]["description"].startswith("The addresses")
    vietnamese = hoa.get("/api/v1/schema/", headers={"Accept-Language": "vi"}).json()
    assert vietnamese["paths"]["/api/v1/"]["get"]["description"].startswith("Địa chỉ")


def test_the_index_names_every_collection(hoa):
    links = hoa.get("/api/v1/").json()
    files = {f"exports/{resource.name}.{form}" for resource in EXPORTED for form in MEDIA_TYPES} | {"calendar.ics"}
    assert {resource.name for resource in RESOURCES} | files < set(links)
    for address in set(links.values()) - {links["docs"]}:
        answer = hoa.get(address)
        assert answer.status_code == 200
        b"".join(answer)  # to its end, which closes a file
