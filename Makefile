# `make demo` and `make test` need Python 3.11 or newer, make and a package index; everything else they bring.
PYTHON ?= python3
BIN := .venv/bin

# What `make bench` compares with; both are installed into .bench/ and nowhere else.
LITELLM := litellm[proxy]==1.106.2
PORTKEY := @portkey-ai/gateway@1.15.2
# What checks the OpenAPI document and makes a client of it; in .bench/ as well.
GENERATORS := @redocly/cli@2.77.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3

# Test files at a time: three for two cores, since tests wait for a third of their time. With more, tests of what happens
# in a moment fail now and then. Those of `make quick` do not wait: one for each core.
CORES := $(shell $(PYTHON) -c 'import os; print(os.cpu_count() or 1)')
AT_ONCE := $(shell expr $(CORES) + $(CORES) / 2)

# What `make quick` runs: the tests of what needs no process of its own, without those that take longest.
QUICK := tests/test_house.py tests/test_docs.py tests/test_deadlines.py tests/adapters \
	$(addprefix tests/gateway/,answers planning port settings delivery) \
	$(filter-out tests/gateway/test_searches_apart.py,$(wildcard tests/gateway/test_*.py)) \
	$(patsubst %,--ignore=tests/%.py,adapters/test_conformance \
	gateway/settings/test_nonsense gateway/settings/test_scale)

# What the images are made from; `make pin-images` adds the digests that a registry has for them now.
IMAGES := python:3.11-slim-bookworm postgres:17

.PHONY: help demo test quick test-image tools browser screenshots generators coverage mutants soak bench peers vendors port check types security fix lock lock-peers sbom reference wheels secrets pin-images clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: .venv/runtime ## a running gateway with four vendors simulated, and commands to paste
	@$(BIN)/points-gateway demo $(ARGS)

test: check ## everything that CI runs: style, types, and the tests, several files of them at a time
	$(BIN)/pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder --durations 25 --durations-min 5

quick: .venv/dev ## 3,900 of the tests, in under a minute on two cores
	$(BIN)/pytest -n $(CORES) --dist loadfile --no-loadscope-reorder $(QUICK)

# Debian's own packages, so as root; the image is made on a base of Debian's packages as well, since no registry is asked.
test-image: .venv/dev ## build the container image, run it, and bring docker-compose.yml up: podman, as root on Debian; minutes
	apt-get install -qq --no-install-recommends podman buildah runc debootstrap podman-compose catatonit \
		netavark aardvark-dns iptables >/dev/null
	POINTS_TEST_IMAGE=yes $(BIN)/pytest -q tests/image

tools: ## the proxies that tests/end_to_end/test_rolling_restart.py skips without, from Debian's packages
	apt-get install -qq --no-install-recommends nginx-light haproxy

browser: ## Chromium, which the tests of the console in a browser skip without, from Debian's packages
	apt-get install -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core

screenshots: .venv/dev ## docs/console/*.png, of a demo that runs for some minutes
	$(BIN)/python -m tests.end_to_end.screenshots $(ARGS)

generators: .bench/openapi/installed ## what tests/end_to_end/test_generated_client.py skips without, from npm

coverage: .venv/dev ## branch coverage of gateway/, adapters/ and client/, the processes that tests start included
	@mkdir -p .bench/coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder $(ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

mutants: .venv/dev .bench/mutants/installed ## mutation tests of what decides about points (tests/mutants/README.md); half an hour
	$(BIN)/python -m tests.mutants.run $(ARGS)

soak: .venv/dev ## the long attack: 20,000 keys and 200 kills on each journal, and 20,000 damaged inputs
	$(BIN)/python -m tests.attack.soak --journal sqlite
	$(BIN)/python -m tests.attack.soak --journal postgresql --gateways 2
	$(BIN)/python -m tests.fuzz.run

bench: .venv/dev peers ## how fast it is, beside other servers, and what it weighs (docs/performance.md)
	$(BIN)/python -m benchmarks.run $(ARGS)
	$(BIN)/python -m benchmarks.floods $(if $(ARGS),,--write)

# A peer that cannot be had is left out of the run, and named in its report.
peers:
	@$(MAKE) -s .bench/litellm/installed || echo "LiteLLM could not be installed"
	@$(MAKE) -s .bench/portkey/installed || echo "Portkey's gateway could not be installed"
	@PATH="$$PATH:/usr/sbin"; command -v nginx >/dev/null || \
		{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get install -qq --no-install-recommends nginx-light; } || \
		echo "nginx could not be installed"

vendors: .venv/dev ## docs/vendors.json, README's table and the schema, from what adapters say and keep
	$(BIN)/points-gateway schema > config/gateway.schema.json
	$(BIN)/points-gateway conform --report docs/vendors.json --page README.md

port: .venv/dev ## docs/adapter-port.md, from the docstrings of the port
	$(BIN)/points-gateway port > docs/adapter-port.md

check: .venv/dev ## style, types, and what bandit finds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs=2 --output-sync types security

types: .venv/dev
	$(BIN)/mypy

security: .venv/dev
	$(BIN)/bandit -q -c pyproject.toml -r gateway adapters client/points_gateway_client

fix: .venv/dev ## format, and mend what can be mended by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev ## pin the dependencies anew
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-emit-package points-gateway-client --extra build --extra postgresql --extra redis pyproject.toml -o locks/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-emit-package points-gateway-client --extra build --extra postgresql --extra redis --extra dev -c locks/runtime.txt pyproject.toml -o locks/dev.txt
	sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c locks/runtime.txt - -o locks/wheels.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group mutants -c locks/dev.txt -o locks/mutants.txt

sbom: .venv/dev ## dist/sbom.json: everything that an installation holds, by name, version and hash (CycloneDX)
	@mkdir -p dist
	sed -n 's/^version = "\(.*\)"/points-gateway-client==\1/p' client/pyproject.toml | cat locks/runtime.txt - | $(BIN)/cyclonedx-py requirements - --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json

reference: .venv/dev ## client/REFERENCE.md, from the docstrings of the client library
	$(BIN)/python -m tests.client.reference > client/REFERENCE.md

wheels: .bench/wheels/installed ## dist/*.whl: the gateway, and the client library, which apps install alone
	.bench/wheels/venv/bin/python -m hatchling build -t wheel -d dist
	cd client && ../.bench/wheels/venv/bin/python -m hatchling build -t wheel -d ../dist

# The folder is its owner's alone. The files in it can be read by the users in the containers, who see no folder of ours.
secrets: ## the files that docker-compose.yml takes its secrets from; those that are there stay
	@mkdir -p -m 700 secrets
	@for name in postgres_password storefront_key operator_key; do \
		test -e secrets/$$name || $(PYTHON) -c 'import secrets; print(secrets.token_hex(24))' > secrets/$$name; done
	@set -- arcade_api_key simulated-iactionable-key club_token simulated-fabric-token \
		perks_token abc123def456 crm_api_key simulated-contact-points-key; \
		while test $$# -gt 0; do test -e secrets/$$1 || echo "$$2" > secrets/$$1; shift 2; done
	@chmod 644 secrets/*

pin-images: ## name the images by digest, where docker and a registry can be reached
	@for image in $(IMAGES); do \
		digest=$$(docker buildx imagetools inspect $$image | sed -n 's/^Digest: *//p' | head -n 1); \
		echo "$$digest" | grep -Eqx 'sha256:[0-9a-f]{64}' || { echo "$$image: no registry gives its digest" >&2; exit 1; }; \
		sed -i -E "s|$$image(@sha256:[0-9a-f]{64})?|$$image@$$digest|" Dockerfile docker-compose.yml; \
		echo "$$image@$$digest"; done

lock-peers: .venv/dev
	$(BIN)/pip install -q uv
	echo '$(LITELLM)' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o locks/bench-litellm.txt

clean: ## forget the environment and what tests left
	rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python locks/runtime.txt pyproject.toml client/pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r locks/runtime.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e client -e .
	@touch $@

.venv/dev: .venv/bin/python locks/dev.txt pyproject.toml client/pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e client -e .
	@touch $@ .venv/runtime

# Without dependencies, since the lock names all of them: pip asks the index again for `pydantic[email]`, and refuses it.
.bench/litellm/installed: locks/bench-litellm.txt
	rm -rf .bench/litellm
	$(PYTHON) -m venv .bench/litellm
	.bench/litellm/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

.bench/mutants/installed: locks/mutants.txt
	$(PYTHON) -m venv --clear .bench/mutants/venv
	.bench/mutants/venv/bin/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

.bench/wheels/installed: locks/wheels.txt
	$(PYTHON) -m venv --clear .bench/wheels/venv
	.bench/wheels/venv/bin/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Without a package-lock, which would name the registry it was made with; without scripts, for it needs none.
.bench/portkey/installed: Makefile
	rm -rf .bench/portkey
	mkdir -p .bench/portkey
	npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts --prefix .bench/portkey '$(PORTKEY)'
	@touch $@

.bench/openapi/installed: Makefile
	rm -rf .bench/openapi
	mkdir -p .bench/openapi
	npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts --prefix .bench/openapi $(GENERATORS)
	@touch $@
