# make demo   the main job on real input          make test      everything that a change must pass
# make bench  the figures of the README           make validate  the long proofs
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: demo test lint bench setup system clean

setup: $(VENV)/.installed system

$(VENV)/.installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(RUN)/pip install --quiet --constraint constraints.txt setuptools
	$(RUN)/pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	touch $@

# bubblewrap and libseccomp cage student code; without them a weaker level is used, and said so.
system:
	@sh scripts/system-packages.sh

demo: setup
	@sh scripts/demo.sh $(RUN)/grader

test: setup lint
	$(RUN)/pytest -n 2 --dist loadgroup

lint: setup
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/grader stubs --check

bench: setup
	$(RUN)/python -m benchmarks.startup

clean:
	rm -rf $(VENV)
