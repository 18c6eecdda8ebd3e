# Transfer Lab. `make run` serves the app, `make test` checks everything; each needs only make and Python >= 3.11.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
BROWSER ?= 1
# Files of tests are handed to this many processes, one more than two cores, for browser tests mostly wait; these come
# first as they are, or one of the longest would be left over for the end.
PARALLEL ?= -n 3 --dist loadfile --no-loadscope-reorder
VENV := .venv
BIN := $(VENV)/bin

# Empty, or each of the many processes that run here would compile torch's modules anew where it is set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run dev test check lint bench gpu-check screens browser clean

run: $(VENV)/.installed
	@$(BIN)/python -m tlcore port-free --host $(HOST) --port $(PORT)
	@$(BIN)/streamlit run app.py --server.address=$(HOST) --server.port=$(PORT)

dev: $(VENV)/.installed
	@$(BIN)/python -m tlcore port-free --host $(HOST) --port $(PORT)
	@$(BIN)/streamlit run app.py --server.address=$(HOST) --server.port=$(PORT) \
		--server.fileWatcherType=auto --server.runOnSave=true

# While mypy has one core, the other compiles what the tests' processes would otherwise all compile at once.
test: $(VENV)/.installed-dev browser
	@$(BIN)/python -c "import app, captum.attr, torch._dynamo, torchvision, tlcore.train.run" & \
	$(MAKE) --no-print-directory lint && wait
	@if [ "$(BROWSER)" != 0 ] && command -v chromium >/dev/null; then tests="not gpu"; else tests="not gpu and not browser"; fi; \
	$(BIN)/python -m pytest $(PARALLEL) -m "$$tests"
	@if [ "$(BROWSER)" = 0 ]; then echo "Browser tests left out (BROWSER=0)."; \
	elif ! command -v chromium >/dev/null; then \
		echo "Browser tests skipped: no Chromium here. Get it with: sudo apt-get install -y chromium"; fi

check: lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not browser and not gpu"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

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

# Not compiled at once: that takes as long as the rest, and Python compiles what it imports when it first does.
$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile -r requirements-dev.txt
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
