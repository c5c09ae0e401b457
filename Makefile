# Everything is installed in .venv from hash-locked requirements; a stamp file makes a second call instant.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run install test lint format bench soak messages lock train quality clean

run: $(RUNTIME)          ## watch the bundled replay of an invented hospital (or your ./config.toml)
	@$(BIN)/listener run

install: $(RUNTIME)      ## set up .venv/bin/listener and stop

test: $(DEV)             ## the test suite, under five minutes
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak and not bench" $(ARGS)

lint: $(DEV)             ## style, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(DEV)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEV)            ## speed and size, as a table and as JSON in var/bench.json
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV)             ## kill -9, outages and floods: minutes, not seconds
	@$(BIN)/python -m pytest -m soak -s --timeout 1800 $(ARGS)

train: $(DEV)            ## rebuild the shipped models: make train DATA=path/to/data
	@$(BIN)/python -m classifiers.training --data $(DATA)

quality: $(DEV)         ## measure the classifiers anew, into docs/quality.md: make quality DATA=path/to/data
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m classifiers.evaluation.quality --data $(DATA) --page docs/quality.md

CATALOGUE := listener/locale/fr/LC_MESSAGES/listener.po
messages: $(DEV)         ## bring the French catalogue up to date with the code; then fill what is empty
	@mkdir -p var
	@$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output -o var/messages.pot listener
	@$(BIN)/pybabel -q update -l fr -N --omit-header --ignore-obsolete --ignore-pot-creation-date -i var/messages.pot -o $(CATALOGUE)

lock:                    ## re-lock requirements (needs uv on the PATH)
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --extra dev pyproject.toml -o requirements-dev.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian: apt-get install python3-venv)"; exit 1; }

# setuptools is locked in both files: the project itself is then installed without fetching anything.
$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) var build *.egg-info
