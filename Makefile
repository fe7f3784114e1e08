# Two commands matter: `make run` and `make test`. Everything else serves those who change the code.

# The first Python that is new enough; a name that only pretends to be one (pyenv's shims) is skipped.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv/bin/python
DEMO ?= 1
# Processes of the test runner. A group of tests stays on one of them (loadgroup).
JOBS ?= 2
PYTEST = $(VENV) -m pytest -n $(JOBS) --dist loadgroup
BENCH = $(VENV) -m pytest tests/bench -o python_files='bench_*.py' --durable --timeout=0 -q -s

.PHONY: run test test-full test-faults bench lint format requirements install install-dev browser clean

run: install
	@DEMO=$(DEMO) exec $(VENV) manage.py up --with-parent

test: install-dev browser
	@$(PYTEST) --db=sqlite $(ARGS); sqlite=$$?; $(PYTEST) --db=postgresql $(ARGS) && exit $$sqlite

test-full: install-dev browser
	@$(PYTEST) --db=sqlite --full $(ARGS); sqlite=$$?; $(PYTEST) --db=postgresql --full $(ARGS) && exit $$sqlite

# One process: tests that end a server of the suite must not take it from others.
FAULTS = $(VENV) -m pytest tests/faults --full -rP
test-faults: install-dev
	@$(FAULTS) --db=sqlite $(ARGS); sqlite=$$?; $(FAULTS) --db=postgresql $(ARGS) && exit $$sqlite

bench: install-dev
	@$(BENCH) --db=postgresql $(ARGS); postgresql=$$?; $(BENCH) --db=sqlite $(ARGS) && exit $$postgresql

lint: install-dev
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	DEMO=1 $(VENV) -m mypy
	DEMO=1 $(VENV) manage.py makemigrations --check --dry-run
	DEMO=1 $(VENV) manage.py messages --check

format: install-dev
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .

install:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: none of python3, python3.11, python3.12, python3.13 is." >&2; exit 1; }
	@$(PYTHON) tracker/processes/install.py

install-dev:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: none of python3, python3.11, python3.12, python3.13 is." >&2; exit 1; }
	@$(PYTHON) tracker/processes/install.py --dev

# Chromium comes from Debian; the browser that Playwright would download is not needed.
browser:
	@$(VENV) -m tests.browser

# Pins and hashes for every supported Python and system. Needs `uv`.
requirements:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" --quiet $(ARGS) -o requirements.txt requirements.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" --quiet $(ARGS) -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
