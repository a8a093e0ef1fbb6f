# adtrack: `make demo` to try it, `make test` to check it, `make help` for the rest.
# Needs Python 3.11 or newer and make, nothing else; works with the make 3.81 that macOS brings.

PORT ?= 8000
# One environment for everything. The test set contains the demo's set and the lint set both, so the commands below
# may be run in any order without undoing each other.
VENV := .venv
PY := $(VENV)/bin/python
BASE := $(VENV)/base.stamp
TEST := $(VENV)/test.stamp
LINT := $(VENV)/lint.stamp

.PHONY: help demo demo-reset test lint lock bench-pages bench-doses

help:
	@echo "make demo         try adtrack on this machine: http://127.0.0.1:8000 (PORT=8123 DEMO_PASSWORD=... to choose)"
	@echo "make demo-reset   delete the demonstration's data"
	@echo "make test         run the tests on SQLite; on PostgreSQL when DATABASE_URL says so (ARGS='-k name' to choose)"
	@echo "make lint         style, types and templates"
	@echo "make bench-pages  measure the pages against a large PostgreSQL database"
	@echo "make bench-doses  measure doses: a year of them in a fixed number of queries, slots beside a bare loop"
	@echo "make lock         renew requirements/ from pyproject.toml"

demo: export ADTRACK_DEMO = 1
demo: $(BASE)
	@$(PY) manage.py demo --port $(PORT)

demo-reset: export ADTRACK_DEMO = 1
demo-reset: $(BASE)
	@$(PY) manage.py demo --reset

# loadfile: tests that share what their file makes once stay in one process (tests/spread.py).
test: $(TEST)
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(LINT)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(PY) -m djlint --lint --quiet .

bench-pages: $(TEST)
	$(PY) -m bench.pages $(ARGS)

bench-doses: $(TEST)
	$(PY) -m bench.doses $(ARGS)

# --- The environment --------------------------------------------------------------------------------------------------

# A name is taken when it runs, is new enough and can make environments; otherwise say what is missing, in plain words.
$(VENV)/made.stamp:
	@near=""; \
	for name in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  if "$$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    echo "Making an environment in $(VENV) with $$name ..."; \
	    "$$name" -m venv --clear $(VENV) && touch $@ && exit 0; \
	    exit 1; \
	  fi; \
	  near="$$name"; \
	done; \
	if [ -n "$$near" ]; then \
	  echo "$$near is here, but it cannot make virtual environments: its venv module is missing." >&2; \
	  echo "On Debian and Ubuntu:  apt install python3-venv" >&2; \
	else \
	  echo "adtrack needs Python 3.11 or newer, and none was found (tried python3.14 to python3.11, python3, python)." >&2; \
	  echo "On Debian and Ubuntu:  apt install python3 python3-venv     On macOS:  brew install python@3.13" >&2; \
	  echo "Or name one:  make demo PYTHON=/path/to/python3" >&2; \
	fi; \
	exit 1

# uv installs in a second what takes pip half a minute, but it does not read pip's configuration: where it cannot be had
# or finds no packages, pip does the same work. Both refuse a file whose hash is not in the lock.
define install
	@echo "Installing requirements/$(1).txt ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt >$(VENV)/uv.log 2>&1 \
	  && VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(PY) -m uv pip sync --quiet --require-hashes --compile-bytecode requirements/$(1).txt >>$(VENV)/uv.log 2>&1 \
	  || $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).txt
endef

# A set replaces what was installed, so the larger ones must be looked at again after a smaller one.
$(BASE): requirements/base.txt $(VENV)/made.stamp
	$(call install,base)
	@rm -f $(TEST) $(LINT); touch $@

$(TEST): requirements/test.txt $(VENV)/made.stamp
	$(call install,test)
	@rm -f $(LINT); touch $(BASE) $@

$(LINT): requirements/lint.txt $(VENV)/made.stamp
	$(call install,lint)
	@touch $(BASE) $(TEST) $@

# --- The lock: exact versions with hashes for every platform, no address of an index -------------------------------------

COMPILE = $(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock: $(VENV)/made.stamp
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	echo uv | $(COMPILE) $(ARGS) - -o requirements/uv.txt
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(ARGS) pyproject.toml --extra test -c requirements/base.txt -o requirements/test.txt
	$(COMPILE) $(ARGS) pyproject.toml --extra test --extra lint -c requirements/test.txt -o requirements/lint.txt
