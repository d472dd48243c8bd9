# make          set up, then everything: data, fits, checks, paper, report
# make quick    set up, then the same way with few draws and few models, into results/quick
# make test     set up, then the tests
# make help     what else there is

CORES ?= 4
BIN := .venv/bin

.DEFAULT_GOAL := all
.PHONY: all quick test test-all faults lint format setup schema lock clean help

all: setup
	@echo "[make] building the paper and the report with $(CORES) cores"
	@$(BIN)/snakemake --cores $(CORES)
	@echo "[make] done: results/paper/paper.pdf, results/report/index.html"

quick: setup
	@echo "[make] a quick look: few draws, few models, into results/quick"
	@$(BIN)/snakemake --cores $(CORES) --configfile config/quick.yaml
	@echo "[make] done: results/quick/paper/paper.pdf, results/quick/report/index.html"

test: setup
	@echo "[make] running the tests"
	@$(BIN)/python -m pytest

test-all: setup
	@echo "[make] running the tests, the slow ones too"
	@$(BIN)/python -m pytest -m "not faults"

faults: setup
	@echo "[make] trying faults, one after the other; what comes of them goes to docs/faults.md"
	@$(BIN)/python -m pytest -m faults tests/faults

lint: setup
	@echo "[make] checking style and rules"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/snakefmt --check Snakefile workflow/rules
	@$(BIN)/snakemake --lint

format: setup
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/snakefmt Snakefile workflow/rules

setup:
	@./workflow/set_up.sh

schema: setup
	@$(BIN)/python -m workflow.lib.settings --write-schema

# After a change of the packages in pyproject.toml; needs uv and the network.
lock:
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.12 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock
	@sed -n 's/ .*//;/^uv==/p' workflow/set_up.lock | uv pip compile - --universal --python-version 3.9 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o workflow/set_up.lock

# Only what a run made, which it marks.
clean:
	@echo "[make] removing results and logs"
	@if [ ! -e results ] || [ -f results/.made_by_coalition_ties ]; then rm -rf results logs; \
	else echo "[make] results holds files that no run of this version made; look at them and take them away yourself"; fi

help:
	@echo "make            set up, then everything: data, fits, checks, paper, report (results/)"
	@echo "make quick      the same way with few draws and few models (results/quick/)"
	@echo "make test       set up, then the tests;   make test-all: the slow ones too"
	@echo "make faults     try faults of input and at run time, half an hour; writes docs/faults.md"
	@echo "make lint       style and rules;          make format: put the style right"
	@echo "make schema     write the schema with which editors complete config.yaml"
	@echo "make lock       write requirements.lock anew from pyproject.toml"
	@echo "make clean      remove results and logs"
	@echo "make CORES=2    any of these with two cores"
