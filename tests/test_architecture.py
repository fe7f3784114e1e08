"""Imports go down only, rules stay pure, and nothing grows too long.

rules ← models ← policies, boards ← services ← (views | api | jobs | commands | exchange)
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE = dict.fromkeys(("choices", "clock", "errors", "wake"), 0)
LAYERS = {**BASE, "rules": 1, "models": 2, "policies": 3, "boards": 3, "services": 4}
DOORS = 5  # views, api, jobs, management, exchange and whatever else hangs on the services
IMPURE = ("django.db", "django.conf", "django.utils.timezone", "tracker.clock", "time")
MODULES = [
    path for app in ("accounts", "config", "tracker") for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]  # fmt: skip


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def layer_of(module):
    parts = module.split(".")
    return LAYERS.get(parts[1], DOORS) if parts[0] == "tracker" and len(parts) > 1 else None


def imports_of(path):
    """Yield the dotted names that a module imports, wherever in it: `from a import b` gives a and a.b."""
    package = name_of(path.parent).split(".")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def is_below(name, module):
    return name == module or name.startswith(f"{module}.")


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(name_of(path)) is not None], ids=name_of)
def test_imports_go_down_only(path):
    layer = layer_of(name_of(path))
    assert [name for name in imports_of(path) if (layer_of(name) or 0) > layer] == []


@pytest.mark.parametrize("path", sorted((ROOT / "tracker" / "rules").rglob("*.py")), ids=name_of)
def test_rules_are_pure(path):
    imported = set(imports_of(path))
    assert {name for name in imported for impure in IMPURE if is_below(name, impure)} == set()
    ours = {name for name in imported if is_below(name, "tracker")}
    assert {name for name in ours if not name.startswith(("tracker.rules", "tracker.choices"))} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_grows_too_long(path):
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [node.name for node in functions if node.end_lineno - node.lineno >= 60] == []
    assert len(text.splitlines()) <= 500
