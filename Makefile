# make run: measure and report, from nothing. make test: every test. make check: format and lint.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check setup wheel clean
.DELETE_ON_ERROR:

run: .venv/installed
	$(BIN)/attnbench run --suite resolution-sweep
	$(BIN)/attnbench report --html

test: .venv/tested
	$(BIN)/python -m pytest

check: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

setup: .venv/tested

wheel: .venv/tested
	$(BIN)/python -m build --wheel --outdir dist .

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	touch $@

clean:
	rm -rf .venv dist build
