# Everything needs only Python 3.11 or newer, git and make. `make help` lists what there is.

PYTHON ?= python3
ARGS ?=
JOBS ?= 2

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Behind a proxy that inspects, uv and Node trust what the machine trusts.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Whatever virtual environment the shell is in, this one is used.
export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(VIRTUAL_ENV)/bin:$(PATH)
unexport PYTHONPATH PYTHONHOME

ASSETS := src/fangxian/web/static/web
FONTS := src/fangxian/kernel/fonts
DONE := .venv/done
SOURCES_FIELD := $(shell find field -path field/node_modules -prune -o -type f -print)
SOURCES_WORDS := $(shell find src -name '*.po')

.PHONY: help setup demo test check fix suite cluster journeys faults stories bench wheel lock clean browser \
        check-python check-types check-imports check-templates check-field check-migrations \
        check-words check-packs check-locks

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(DONE)/assets $(DONE)/words $(DONE)/fonts ## install and build everything needed; quick when nothing changed

demo: setup ## build the district, play the day, serve it (ARGS=--once, ARGS=--fresh, …)
	.venv/bin/fangxian demo $(ARGS)

test: setup browser ## the whole suite: checks, tests, browser journeys
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory suite
	$(MAKE) --no-print-directory cluster
	pytest -m fault -p no:randomly
	$(MAKE) --no-print-directory journeys

check: setup ## what is checked without running it: style, types, imports, templates, words, packs
	@$(MAKE) --no-print-directory --output-sync=target -k -j $(JOBS) check-types check-python \
	  check-imports check-templates check-field check-migrations check-words check-packs check-locks

fix: setup ## put right what can be put right by machine
	ruff check --fix-only --quiet .
	ruff format .

suite: setup ## the tests without a browser, a cluster, whole days and faults
	pytest -m "not journey and not fault and not cluster and not day" -n $(JOBS) --dist worksteal $(ARGS)

cluster: setup ## the sweep on a Spark cluster of one master and two workers; whole days beside it
	pytest -m "cluster or day" -n $(JOBS) $(ARGS)

journeys: setup browser ## the tests in a real browser
	pytest -m journey $(ARGS)

faults: setup ## servers and databases killed under load, in full (KILLS=20)
	FANGXIAN_KILLS=$(KILLS) pytest -m fault -p no:randomly $(ARGS)
KILLS := 20

stories: setup ## the tests of the playbook and the journeys, told as sentences
	python tools/stories.py $(ARGS)

bench: setup ## one benchmark: BENCH=NAME runs benchmarks/NAME.py
	@test -f "benchmarks/$(BENCH).py" || { \
	  echo "make bench BENCH=NAME, where NAME is one of:" \
	    $$(cd benchmarks && ls *.py | grep -v -e __init__ -e figures -e load | sed 's/\.py$$//'); exit 2; }
	@python -m benchmarks.$(BENCH) $(ARGS)

wheel: setup ## dist/*.whl, with everything built inside; installing it needs no Node
	rm -rf dist
	uv build --wheel --quiet
	python tools/wheel.py dist/*.whl

lock: $(DONE)/venv ## resolve the locked versions anew within their bounds (ARGS=--upgrade)
	$(LOCK) --group setup -o requirements-setup.lock $(ARGS) >/dev/null
	$(LOCK) pyproject.toml -o requirements.lock $(ARGS) >/dev/null
	$(LOCK) pyproject.toml -c requirements.lock --extra spark --group dev -o requirements-dev.lock $(ARGS) >/dev/null
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-config --quiet \
        --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"

clean: ## take away what was built and installed; keeps .data
	rm -rf .venv dist field/node_modules $(ASSETS) $(FONTS) .mypy_cache .ruff_cache .hypothesis \
	  .import_linter_cache
	find src -name '*.mo' -delete

# Set-up, one step a file in .venv/done; a step is taken again when what it depends on changed.

$(DONE)/venv: requirements-setup.lock
	@PATH="$${PATH#$(VIRTUAL_ENV)/bin:}" bash tools/venv.sh $(PYTHON)
	.venv/bin/python -m pip install --quiet -r requirements-setup.lock
	@mkdir -p $(DONE) && touch $@

$(DONE)/python: $(DONE)/venv requirements-dev.lock pyproject.toml
	uv pip sync --quiet requirements-dev.lock
	uv pip install --quiet --no-deps --editable .
	@touch $@

$(DONE)/node: $(DONE)/python field/package-lock.json field/.npmrc
	npm --prefix field ci --silent --no-audit --no-fund
	@touch $@

$(DONE)/assets: $(DONE)/node $(SOURCES_FIELD)
	npm --prefix field run --silent build
	@touch $@
ifeq ($(wildcard $(ASSETS)/app.js),)
.PHONY: $(DONE)/assets
endif

$(DONE)/fonts: $(DONE)/node tools/fonts.py
	python tools/fonts.py
	@touch $@
ifeq ($(wildcard $(FONTS)/*.ttf),)
.PHONY: $(DONE)/fonts
endif

$(DONE)/words: $(DONE)/python tools/messages.py $(SOURCES_WORDS)
	python tools/messages.py compile
	@touch $@

# Checks. Each runs by itself, too.

check-python:
	ruff check .
	ruff format --check .

check-types:
	mypy

check-imports:
	lint-imports --no-cache

check-templates:
	djlint --quiet --lint src

check-field:
	npm --prefix field run --silent check
	npm --prefix field test --silent

check-migrations:
	DJANGO_SETTINGS_MODULE=fangxian.settings python -W ignore::RuntimeWarning -m django \
	  makemigrations --check --dry-run

check-words:
	python tools/messages.py check

check-packs:
	.venv/bin/fangxian packs check

check-locks:
	python tools/locks.py

browser:
	@bash tools/browser.sh
