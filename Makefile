# make demo   the main job on real input          make test      everything that a change must pass
# make proofs every attack at every level ...  make validate  references, mistakes, mutants
# make bench  the figures of the README
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: demo browser test proofs validate lint bench bench-rivals setup system clean cuda wheels

setup: $(VENV)/.installed system

$(VENV)/.installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(RUN)/pip install --quiet --constraint constraints.txt setuptools
	$(RUN)/pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	$(RUN)/python -m compileall -q grader
	touch $@

# bubblewrap and libseccomp cage student code; without them a weaker level is used, and said so.
system:
	@sh scripts/system-packages.sh

# Pages are looked at in Chromium; where it cannot be installed, those tests are skipped and say so.
browser:
	@sh scripts/browser.sh

demo: setup
	@sh scripts/demo.sh $(RUN)/grader

# The suites that want a quiet machine, or many minutes of it, are `make proofs`.
LONG := tests/diagnose/test_truth_long.py tests/batch/test_killed.py tests/test_lesson_long.py tests/test_release_long.py \
	tests/batch/test_malformed_long.py tests/test_on_the_gpu.py tests/test_a6_long.py tests/test_secrets_long.py \
	tests/test_false_alarms_long.py tests/test_mistakes_long.py

test: setup lint browser
	$(RUN)/pytest -n 2 --dist loadgroup $(addprefix --ignore=,$(LONG))

proofs: setup
	GRADER_ATTACKS=all $(RUN)/pytest -n 2 --dist loadgroup tests/attacks $(LONG)

validate: setup
	$(RUN)/grader validate --cache .cache/validate

lint: setup
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/grader stubs --check

bench: setup
	$(RUN)/python -m benchmarks.startup
	$(RUN)/python -m benchmarks.watch
	$(RUN)/python -m benchmarks.sandbox
	$(RUN)/python -m benchmarks.transport
	$(RUN)/python -m benchmarks.clock
	$(RUN)/python -m benchmarks.kernels
	$(RUN)/python -m benchmarks.batch --submissions 100

# nbgrader and otter-grader, in an environment of their own, for benchmarks.batch to compare with.
bench-rivals:
	$(PYTHON) -m venv .cache/rivals
	.cache/rivals/bin/pip install --quiet --constraint benchmarks/rivals.txt nbgrader otter-grader

# On a machine with a GPU, which need not have the internet: wheels/ comes along from one that has a package index.
# It makes no use of .venv: PYTHON is one with a torch that knows CUDA. docs/cuda.md says more.
cuda:
	@sh scripts/cuda.sh $(PYTHON) .cache/cuda

wheels: setup
	$(RUN)/python scripts/wheels.py --python 3.12

clean:
	rm -rf $(VENV)
