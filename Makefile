# `make demo` and `make test` need Python 3.11 or newer, make and a package index; everything else they bring.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test soak check fix lock clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

demo: .venv/runtime ## a running gateway with all four vendors simulated, and commands to paste
	@$(BIN)/points-gateway demo $(ARGS)

test: check ## everything that CI runs: style, types, and the tests
	$(BIN)/pytest

soak: .venv/dev ## the long attack: 20,000 keys and 200 kills on each journal (docs/reliability.md)
	$(BIN)/python -m tests.attack.soak --journal sqlite
	$(BIN)/python -m tests.attack.soak --journal postgresql --gateways 2

check: .venv/dev ## style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: .venv/dev ## format, and mend what can be mended by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev ## pin the dependencies anew
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra postgresql pyproject.toml -o locks/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra postgresql --extra dev -c locks/runtime.txt pyproject.toml -o locks/dev.txt

clean: ## forget the environment and what tests left
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python locks/runtime.txt pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r locks/runtime.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/bin/python locks/dev.txt pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/runtime
