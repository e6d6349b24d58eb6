# Set-up and the daily commands. `make up LIBRARY=/path/to/videos` installs, starts everything and scans that folder.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell command -v $(name))))
BIN := .venv/bin
export LIBRARY

.PHONY: up down demo-requests install install-tests test test-unit chaos soak lint format clean

up: install
	@if [ -n "$$LIBRARY" ]; then exec $(BIN)/darkroom up --library "$$LIBRARY"; else exec $(BIN)/darkroom up --sample; fi

down: install
	@$(BIN)/darkroom down

# From a wish to the shelf with real download clients, to watch until Ctrl-C; ARGS=--once ends by itself.
demo-requests: install-tests
	@PATH="$(CURDIR)/.venv/debian/programs:$$PATH" $(BIN)/python -m tests.demo.requests $(ARGS)

install:
	@$(if $(PYTHON),,echo "Darkroom needs Python 3.11 or newer: install it (Debian and Ubuntu: apt-get install python3)." >&2; exit 1)
	@$(PYTHON) -m deployments.install

install-tests:
	@$(if $(PYTHON),,echo "Darkroom needs Python 3.11 or newer: install it (Debian and Ubuntu: apt-get install python3)." >&2; exit 1)
	@$(PYTHON) -m deployments.install --test

test: install-tests
	@PATH="$(CURDIR)/.venv/debian/programs:$$PATH" $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-unit: install-tests
	@$(BIN)/python -m pytest tests/unit $(ARGS)

# What happens to a running system that is killed, frozen, cut off, filled up: each fault three times.
chaos: install-tests
	@PATH="$(CURDIR)/.venv/debian/programs:$$PATH" $(BIN)/python -m pytest tests/chaos -m "long or not long" $(ARGS)

# The same faults at random under load, for half an hour: make soak ARGS="--minutes 5 --seed 1"
soak: install-tests
	@PATH="$(CURDIR)/.venv/debian/programs:$$PATH" $(BIN)/python -m tests.chaos.soak $(ARGS)

lint: install-tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: install-tests
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
