# Transfer Lab. `make run` serves the app, `make test` checks everything; each needs only make and Python >= 3.11.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
BROWSER ?= 1
NODE ?= 1
# Files of tests are handed to this many processes, one more than two cores, for browser tests mostly wait; these come
# first as they are, or one of the longest would be left over for the end.
PARALLEL ?= -n 3 --dist loadfile --no-loadscope-reorder
TESTS ?= not gpu and not exhaustive
VENV := .venv
BIN := $(VENV)/bin

# Empty, or each of the many processes that run here would compile torch's modules anew where it is set.
export PYTHONDONTWRITEBYTECODE :=
# Loads what the app, its workers and the commands load, so that all of it is compiled.
COMPILE = $(BIN)/python -c "import app, captum.attr, torch._dynamo, torchvision.transforms.v2, tlcore.train.run" \
	&& $(BIN)/python -m compileall -q app.py pages tlcore

.PHONY: run dev test test-all check lint scripts types bench gpu-check screens browser clean

run: $(VENV)/.installed
	@$(BIN)/python -m tlcore port-free --host $(HOST) --port $(PORT)
	@$(BIN)/streamlit run app.py --server.address=$(HOST) --server.port=$(PORT)

dev: $(VENV)/.installed
	@$(BIN)/python -m tlcore port-free --host $(HOST) --port $(PORT)
	@$(BIN)/streamlit run app.py --server.address=$(HOST) --server.port=$(PORT) \
		--server.fileWatcherType=auto --server.runOnSave=true

test: $(VENV)/.installed-dev browser
	@$(MAKE) --no-print-directory lint
	@if [ "$(BROWSER)" != 0 ] && command -v chromium >/dev/null; then tests="$(TESTS)"; else tests="$(TESTS) and not browser"; fi; \
	$(BIN)/python -m pytest $(PARALLEL) -m "$$tests"
	@if [ "$(BROWSER)" = 0 ]; then echo "Browser tests left out (BROWSER=0)."; \
	elif ! command -v chromium >/dev/null; then \
		echo "Browser tests skipped: no Chromium here. Get it with: sudo apt-get install -y chromium"; fi

# Everything that `make test` runs, and the whole of each grid of which it runs a sample.
test-all:
	@$(MAKE) --no-print-directory test TESTS="not gpu"

check: lint
	$(BIN)/python -m pytest $(PARALLEL) -m "$(TESTS) and not browser"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory scripts

# The components' scripts: their format, what a linter finds, their types, and tests of what is computed in the browser.
scripts:
	@if [ "$(NODE)" = 0 ]; then echo "Checks of the scripts left out (NODE=0)."; \
	elif ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then \
		echo "Checks of the scripts skipped: they need Node.js 20 or newer, with npm."; \
	else $(MAKE) --no-print-directory node_modules/.installed && npm run --silent check; fi

# Chromium comes from the distribution; only root can install it, and the command is said before it runs.
browser:
	@if [ "$(BROWSER)" != 0 ] && ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "apt-get install -y chromium   (BROWSER=0 leaves the browser tests out)"; \
		(apt-get update -q && apt-get install -qy --no-install-recommends chromium) >/dev/null || true; fi

bench: $(VENV)/.installed-dev
	$(BIN)/python -m bench

gpu-check: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m gpu
	$(BIN)/python -m bench --gpu

screens: $(VENV)/.installed-dev
	$(BIN)/python tests/e2e/screens.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Transfer Lab needs Python 3.11 or newer; say which with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# pip would compile all of it on one core, for half a minute; what is used takes ten seconds, and the first start is
# that much faster. Where Python may not write bytecode later, every process is: 3 seconds instead of 7.
$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile -r requirements.txt
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile -r requirements-dev.txt
	@$(COMPILE)
	@touch $(VENV)/.installed $@

# What the scripts are told of the events and of the components' data, made from the classes of Python.
types: $(VENV)/.installed-dev
	$(BIN)/python -m tests.js.declare

node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) node_modules build .mypy_cache .ruff_cache .pytest_cache
