# Two commands do all the set-up: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help setup demo crawl test kill newcomer lint bench schema cookbook lock clean

help:  ## list the tasks
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: .venv/core  ## make .venv with what a crawl needs

.venv/core: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "foiscrawl needs Python 3.11 to 3.13; name one with make PYTHON=…")'
	@echo "Installing into .venv (a minute or two the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --editable '.[postgres]'
	@touch $@

.venv/dev: .venv/core
	@echo "Installing what tests and checks need …"
	@$(PIP) --editable '.[dev]'
	@touch $@

demo: .venv/core  ## crawl the bundled newsroom on this machine and ask the archive a few questions
	@$(BIN)/python -m tests.newsroom.demo

crawl: .venv/core  ## run the schedule's own command against the real site
	@$(BIN)/scrapy crawl francaisfois

# Three processes for two cores: a crawl waits about as long as it works. Without bytecode, each would compile our code.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/dev  ## run the whole suite, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -n 3 --dist worksteal

kill: .venv/dev  ## kill a crawl fifty times on each database and count what is lost, doubled or silent
	@FOISCRAWL_TEST_KILLS=50 $(BIN)/python -m pytest -n 2 --dist worksteal -rP tests/test_crawl_kill.py

newcomer: .venv/dev  ## go the path of the README's first screen, with an installation of its own
	@FOISCRAWL_TEST_INSTALL=1 $(BIN)/python -m pytest -n 0 tests/test_newcomer.py

lint: .venv/dev  ## check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/dev  ## measure crawl, memory, second crawl and start-up; writes docs/benchmarks.md
	@$(BIN)/python -m benchmarks

schema: .venv/core  ## write docs/schema.md anew from the column comments
	@$(BIN)/python -m foiscrawl.storage.schema_doc > docs/schema.md

cookbook: demo  ## write docs/sql-cookbook.md anew from the questions and the demo archive
	@$(BIN)/python -m tests.cookbook_page > docs/sql-cookbook.md

lock: .venv/dev  ## write constraints.txt anew from what is installed
	@$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' > constraints.txt

clean:  ## remove what was made here
	@rm -rf .venv build dist *.egg-info demo-data
