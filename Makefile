# Every target sets up its environment from the locked requirements, with Python 3.11, pip and make.
# An environment has two stamps: `.locked` after its requirements are installed, and `.installed`
# after the project is. So a second run installs nothing.

PYTHON ?=
HOST = 127.0.0.1
PORT ?= 8001
# If set, a check whose system program is missing fails; otherwise it is listed as not run.
REQUIRE_ALL ?=
# `make lock LOCK=--upgrade` moves to the newest versions.
LOCK =
# Tests wait for servers and browsers half of their time, so four workers suit two cores. An idle
# worker takes over tests of another, so most files share their servers in one worker.
PYTEST_ARGS ?= -n 4 --dist worksteal
# `make bench BENCH="ingest --size 200000"` runs one group of them.
BENCH =

# Workers and servers load compiled modules instead of compiling each of them again.
unexport PYTHONDONTWRITEBYTECODE
export REQUIRE_ALL
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

USE := .venv
TEST := .venv-test
TEST_1_0 := .venv-test-1.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z.0-9-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: serve
serve: timeline.db ## ingest what is new, and serve the timeline (PORT=8001 HOST=127.0.0.1)
	@$(USE)/bin/chronology serve --host $(HOST) --port $(PORT)

# Always run: the command itself finds new batches, and writes nothing if there are none.
.PHONY: timeline.db
timeline.db: $(USE)/.installed ## ingest what is new in events/
	@$(USE)/bin/python ingest.py

NAME =

.PHONY: example
example: $(USE)/.installed ## build and serve an example (NAME=reigns PORT=8001; docs/examples.md)
	@if [ ! -d "examples/$(or $(NAME),-)/events" ]; then \
	    echo "No example $(or '$(NAME)',is named)." >&2; \
	    echo "Remedy: make example NAME=..., one of: $$(cd examples && echo */ | tr -d /)" >&2; exit 1; fi
	@cd "examples/$(NAME)" && "$(CURDIR)/$(USE)/bin/chronology" ingest && \
	    exec "$(CURDIR)/$(USE)/bin/chronology" serve --host $(HOST) --port $(PORT)

.PHONY: test
test: ## check, then run the tests on both lines of Datasette
	@$(MAKE) -s --no-print-directory -j2 $(TEST)/.locked $(TEST_1_0)/.locked
	@$(MAKE) --no-print-directory $(TEST)/.installed
	@$(MAKE) --no-print-directory -j2 check compiled
	@$(MAKE) --no-print-directory -j1 test-0.65 test-1.0

# Pytest compiles the tests while it collects them; four workers would each do so at once.
.PHONY: compiled
compiled: $(TEST)/.installed
	@$(TEST)/bin/python -m pytest --collect-only -qq >/dev/null

.PHONY: test-0.65
test-0.65: $(TEST)/.installed ## run the tests on Datasette 0.65
	@echo "== Tests on Datasette 0.65"
	@$(TEST)/bin/python -m pytest $(PYTEST_ARGS) -m 'not slow'

# Apart from `make test`, since measuring takes half as long again.
.PHONY: coverage
coverage: $(TEST)/.installed ## run the tests on Datasette 0.65 with branch coverage, and check its least
	@$(TEST)/bin/python -m pytest $(PYTEST_ARGS) --cov --cov-report=term

# Commands, exports, drawings and the scripts of the browser are the same on both lines.
SAME = accessibility benchmarks browser_crowd browser_home browser_map browser_pages chronicle copies \
    data_package day_histogram drawings export_reader import import_dates import_large import_properties import_readers project replication_between_servers trust \
    vendor wheel writers
DEPENDENT = $(shell grep -lEi 'datasette|serving|in_process|growing|chronicle:|httpx' tests/test_*.py)
# Of these, `make test-slow` alone runs the tests on Datasette 1.0.
SLOW_1_0 = as_of_redirect browser browser_hostile cors error_page files home home_counts load_limits \
    locks replication_of_valid_logs response_cache web_formats
PUBLISHED = $(filter-out $(SAME:%=tests/test_%.py), $(DEPENDENT))

.PHONY: test-1.0
test-1.0: $(TEST_1_0)/.installed ## run the tests of what is published on Datasette 1.0
	@echo "== Tests on Datasette 1.0"
	@$(TEST_1_0)/bin/python -m pytest $(PYTEST_ARGS) -m 'not slow' \
	    $(filter-out $(SLOW_1_0:%=tests/test_%.py), $(PUBLISHED))

.PHONY: test-slow
test-slow: $(TEST)/.installed $(TEST_1_0)/.installed ## run the tests that take longest (before a merge)
	@echo "== Slow tests on Datasette 0.65"
	@$(TEST)/bin/python -m pytest $(PYTEST_ARGS) -m slow
	@echo "== Slow tests on Datasette 1.0"
	@$(TEST_1_0)/bin/python -m pytest $(PYTEST_ARGS) -m slow $(PUBLISHED)
	@$(TEST_1_0)/bin/python -m pytest $(PYTEST_ARGS) -m 'not slow' $(SLOW_1_0:%=tests/test_%.py)

.PHONY: check
check: $(TEST)/.installed ## check format, lint and types
	@echo "== Format, lint and types"
	@$(TEST)/bin/python -m ruff format --check .
	@$(TEST)/bin/python -m ruff check .
	@$(TEST)/bin/python -m mypy

.PHONY: bench
bench: $(USE)/.installed $(TEST)/.installed ## run the benchmarks (BENCH=--full with a million events; docs/performance.md)
	@$(TEST)/bin/python -m benchmarks $(BENCH)

FUZZ_SECONDS = 30

# Atheris is in no lock: it has wheels for few systems, and only this target uses it.
.PHONY: soak
soak: $(TEST)/.installed $(TEST_1_0)/.installed ## faults, racing writers, properties and fuzzing in long form (docs/trust.md)
	@$(TEST)/bin/python -m tests.faults --long
	@$(TEST)/bin/python -m tests.faults.serving 5000
	@$(TEST_1_0)/bin/python -m tests.faults.serving 5000
	@$(TEST)/bin/python -m pytest $(PYTEST_ARGS) --long $(shell grep -lE 'hypothesis|--long' tests/test_*.py)
	@$(find_python) && "$$python" -m pip --python $(TEST)/bin/python install -qq --upgrade --no-deps \
	    --require-hashes --only-binary :all: --target build/atheris -r scripts/requirements-fuzz.lock \
	    || echo "atheris cannot be installed here."
	@PYTHONPATH=build/atheris $(TEST)/bin/python -m tests.fuzz $(FUZZ_SECONDS)

# `make attack ATTACK="hostile_peers"` runs one of them; `--list` lists all.
ATTACK =

.PHONY: attack
attack: $(TEST)/.installed $(TEST_1_0)/.installed ## attack requests, peers, logs and files in long form, on loopback
	@$(TEST)/bin/python -m tests.attack $(ATTACK)
	@$(TEST_1_0)/bin/python -m tests.attack $(ATTACK)

# `make mutants N=100 SEED=7 FOLDERS="model store" MINUTES=30` tries a smaller sample.
N = 500
SEED = 1944
FOLDERS = model store projections timeline web/query
MINUTES = inf

# Cosmic Ray is in no lock of an environment: only this target uses it.
.PHONY: mutants
mutants: build/cosmic-ray/.installed ## change the code in N places, and count the changes that tests notice (docs/testing.md)
	@PYTHONPATH=.:build/cosmic-ray $(TEST)/bin/python -m tests.mutants --count $(N) --seed $(SEED) \
	    --minutes $(MINUTES) --folders $(FOLDERS)

build/cosmic-ray/.installed: scripts/requirements-mutants.lock $(TEST)/.installed
	@$(find_python) && "$$python" -m pip --python $(TEST)/bin/python install -qq --upgrade --no-deps \
	    --require-hashes --only-binary :all: --target $(@D) -r $< && touch $@

.PHONY: screenshots
screenshots: $(TEST)/.installed ## make the pictures in docs/ (needs chromium)
	@$(TEST)/bin/python scripts/screenshots.py

.PHONY: reproduce
reproduce: $(TEST)/.installed ## rebuild from events/ alone, and compare with the committed timeline.db
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(TEST)/bin/python ingest.py --db "$$folder/timeline.db" && \
	$(TEST)/bin/chronology verify --db timeline.db && \
	built=$$($(TEST)/bin/chronology head --db "$$folder/timeline.db") && \
	committed=$$($(TEST)/bin/chronology head --db timeline.db) && \
	if [ "$$built" = "$$committed" ]; then \
	    echo "Built from nothing, the head is the committed one: $$built"; \
	else \
	    echo "events/ gives the head $$built, but timeline.db has $$committed." >&2; \
	    echo "Remedy: remove timeline.db, run 'make timeline.db', and commit the result." >&2; \
	    exit 1; \
	fi

.PHONY: corpus
corpus: timeline.db ## write docs/corpus.md again from timeline.db: coverage, sources, gaps
	@$(USE)/bin/chronology report --notes docs/corpus-notes.md --out docs/corpus.md

# Requirements of frictionless's commands, which no test calls.
UNWANTED := typer shellingham annotated-doc

.PHONY: lock
lock: ## write the locks again from pyproject.toml (LOCK=--upgrade for the newest versions)
	@$(find_python) && folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	"$$python" -m venv --without-pip "$$folder" && \
	"$$python" -m pip --python "$$folder/bin/python" install -qq 'uv==0.13.9' && \
	compile() { "$$folder/bin/uv" pip compile -q --no-config --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate $(LOCK) "$$@" >/dev/null; } && \
	echo 'datasette>=0.65.5,<1' | compile -o requirements.lock - pyproject.toml --extra import && \
	echo 'datasette>=0.65.5,<1' | compile -o requirements-test.lock - pyproject.toml --extra import --group test $(UNWANTED:%=--no-emit-package %) && \
	echo 'datasette>=1.0a41' | compile -o requirements-test-1.0.lock - pyproject.toml --extra import --group test $(UNWANTED:%=--no-emit-package %)
	@if grep -nE '://|^ *-[^-]|^ *--[^h]| @ |#' requirements.lock requirements-test.lock requirements-test-1.0.lock; then \
	    echo "A lock holds more than names, versions and hashes." >&2; exit 1; fi

.PHONY: clean
clean: ## remove the environments, caches and build output
	@rm -rf $(USE) $(TEST) $(TEST_1_0) build dist *.egg-info
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Sets $python to the first Python that is 3.11 or later.
define find_python
python=; for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3 python3.12 python3.13 python3.14); do \
    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
        python=$$candidate; break; fi; done; \
if [ -z "$$python" ]; then \
    echo "No Python 3.11 or later$(if $(PYTHON), as $(PYTHON))." >&2; \
    echo "Remedy: install Python 3.11, or name one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; fi; \
if ! "$$python" -m pip --version >/dev/null 2>&1; then \
    echo "$$python has no pip." >&2; \
    echo "Remedy: '$$python -m ensurepip', or your system's package (Debian: python3-pip)." >&2; exit 1; fi
endef

# An environment with exactly the packages of a lock, made again whenever the lock changes.
define environment
@echo "Setting up $(@D) from $<"
@$(find_python) && "$$python" -m venv --clear --without-pip $(@D) && \
"$$python" -m pip --python $(@D)/bin/python install -qq --no-deps --require-hashes -r $< && touch $@
endef

$(USE)/.locked: requirements.lock
	$(environment)
$(TEST)/.locked: requirements-test.lock
	$(environment)
$(TEST_1_0)/.locked: requirements-test-1.0.lock
	$(environment)

# Editable, so that a changed file takes effect at once. Built with the locked setuptools.
%/.installed: %/.locked pyproject.toml
	@$(find_python) && "$$python" -m pip --python $(@D)/bin/python install -qq --no-deps \
	    --no-build-isolation --no-index -e . && touch $@

BUILD := build/vendor

# npm and pip check their downloads against the hashes in scripts/. The shapes come from one fixed
# wheel on every machine.
.PHONY: vendor
vendor: $(BUILD)/.locked ## fetch the pinned browser libraries and map shapes again (needs npm)
	@if ! command -v npm >/dev/null; then \
	    echo "No npm." >&2; \
	    echo "Remedy: install Node.js with npm, or leave the committed files as they are." >&2; exit 1; fi
	@mkdir -p $(BUILD)/npm && cp scripts/vendor-package.json $(BUILD)/npm/package.json && \
	cp scripts/vendor-package-lock.json $(BUILD)/npm/package-lock.json && \
	cd $(BUILD)/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(find_python) && rm -rf $(BUILD)/wheel && "$$python" -m pip download -qq --no-deps \
	    --require-hashes --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.11 \
	    --implementation cp --abi cp311 --dest $(BUILD)/wheel -r scripts/requirements-map.lock
	@$(BUILD)/bin/python scripts/vendor.py $(BUILD)/npm/node_modules $(BUILD)/wheel/*.whl

$(BUILD)/.locked: scripts/requirements-vendor.lock
	$(environment)
