# make run: measure and report, from nothing. make test: every test. make check: format, lint, types.
# make gate: no head costs more, or computes something else, than the stored run of the exact tier.
# make gate-baseline: stores that run anew, for a change that is meant or another torch.
# make speed: every head beside the code it was published with, on one quiet CPU: docs/speed.md.
# make bench: what attnbench costs itself, against its budgets, in three minutes; else exit 1.
# make bench-baseline: stores these readings as the reference, on a machine that does nothing else.
# make peers: other counters, timers and heads beside ours, in ten minutes: docs/peers.md.
# make gpu: on a machine with an NVIDIA GPU, all that needs one, in ten minutes at most.
# make gpu-accuracy: there, what each head buys, in ten minutes at most; --resume does what is left.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check setup wheel gate gate-baseline speed peers bench bench-baseline gpu
.PHONY: gpu-accuracy clean
.DELETE_ON_ERROR:

run: .venv/installed
	$(BIN)/attnbench run --suite resolution-sweep
	$(BIN)/attnbench report --html

# A process a core; the tests of a file share what it makes, so they stay together.
test: .venv/tested
	$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

setup: .venv/tested

wheel: .venv/tested
	$(BIN)/python -m build --wheel --outdir dist .

EXACT := results/reference/exact

gate: .venv/installed
	$(BIN)/attnbench gate --tier exact --baseline $(EXACT) --results build/gate

gate-baseline: .venv/installed
	rm -rf build/baseline
	$(BIN)/attnbench gate --tier exact --base HEAD --allow-dirty --results build/baseline || test $$? = 1
	rm -rf $(EXACT)
	mkdir -p results/reference
	mv build/baseline/*/head $(EXACT)
	rm -f $(EXACT)/worker.log

SPEED := results/reference/speed-cpu

speed: .venv/installed
	rm -rf build/speed
	$(BIN)/attnbench run --suite speed --device cpu --results build/speed
	rm -rf $(SPEED)
	mkdir -p results/reference
	mv build/speed/*-speed $(SPEED)
	rm -f $(SPEED)/worker.log
	$(BIN)/python -m benchmarks.speed $(SPEED) docs/speed.md

BENCH := $(BIN)/python -m pytest benchmarks/test_budgets.py -q --tb=line --benchmark-columns=min,median,rounds

bench: .venv/benched
	$(BENCH)

bench-baseline: .venv/benched
	$(BENCH) --renew

# With the environment of `make setup` where there is one, else with what PYTHON has. A part that
# takes too long is interrupted: what it has is kept, and the next one begins.
RESULTS ?= results
HERE := $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
ON_GPU := $(HERE) -m attnbench run --device cuda --results $(RESULTS)

HAS_GPU := $(HERE) -c "import torch; torch.cuda.is_available() or exit('torch sees no NVIDIA GPU here; attnbench doctor tells more')"

gpu:
	@$(HAS_GPU)
	mkdir -p $(RESULTS)
	$(HERE) -m attnbench doctor --device cuda --json > $(RESULTS)/doctor.json || echo "see $(RESULTS)/doctor.json"
	timeout -s INT 150 $(HERE) -m pytest -q -m cuda
	timeout -s INT 280 $(ON_GPU) --suite resolution-sweep --set rounds=3 --set max_seconds=0.03 || test $$? = 124
	timeout -s INT 110 $(ON_GPU) --suite energy || test $$? = 124
	$(HERE) -m attnbench report --html $$(ls -d $(RESULTS)/*-resolution-sweep | tail -1)

gpu-accuracy:
	@$(HAS_GPU)
	mkdir -p $(RESULTS)
	timeout -s INT 560 $(ON_GPU) --suite accuracy || test $$? = 124
	$(HERE) -m attnbench report --html $$(ls -d $(RESULTS)/*-accuracy | tail -1)

PEERS := build/peers-venv

peers: $(PEERS)/installed
	$(PEERS)/bin/python -W ignore -m benchmarks.peers run

$(PEERS)/installed: pyproject.toml constraints.txt
	$(HERE) -m benchmarks.peers.install $(PEERS)
	touch $@

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	touch $@

.venv/benched: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	touch $@

clean:
	rm -rf .venv dist build
