# Everything runs in a virtual environment inside the clone; nothing has to be installed first but
# Python 3.11 to 3.13. `make PYTHON=python3.13 test` picks another one.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
MUTATION := $(VENV)/.mutation
# Programs that look at what is delivered; they bring packages the connector does not want beside it.
DELIVERY := .tools/delivery
# What Python compiled is kept in the clone, also where it is told not to: processes start in half
# the time.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@grep -E '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}. Try: make PYTHON=python3.13 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null \
	  && $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m sandbox.node >/dev/null
	@touch $(READY)

$(MUTATION): $(READY) requirements-mutation.txt
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python -r requirements-mutation.txt \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mutation.txt
	@touch $(MUTATION)

$(DELIVERY)/.ready: requirements-delivery.txt
	@test -x $(DELIVERY)/bin/python || $(PYTHON) -m venv $(DELIVERY)
	@$(DELIVERY)/bin/python -m pip install -qq --disable-pip-version-check -r requirements-delivery.txt
	@touch $(DELIVERY)/.ready

.PHONY: setup
setup: $(READY) ## Install everything into the clone (the other commands do it by themselves)

.PHONY: demo
demo: $(READY) ## Start the whole stack, sync a sample firm, check the result, show what Sales sees
	@$(BIN)/python -m sandbox.demo

.PHONY: dev
dev: $(READY) ## The same stack, kept running, with its addresses printed; Ctrl-C ends it
	@$(BIN)/python -m sandbox.dev

.PHONY: test
test: $(READY) ## Run the tests (those of what is deployed to Azure are run by `make infra`)
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup --ignore tests/infra

.PHONY: coverage
coverage: $(READY) ## Run the tests of this process with coverage, and show what they leave out of shared
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/unit tests/functional --cov --cov-report=term

.PHONY: check
check: $(READY) lint lock-check subjects workflows test ## Format, lint, types, import contracts, lock, subjects of commits, workflows, tests

.PHONY: lint
lint: lint-fast types contracts ## Format, lint, types, import contracts

.PHONY: lint-fast
lint-fast: $(READY) ## Format and lint only: what a commit is held to
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .

.PHONY: types
types: $(READY)
	@$(BIN)/mypy shared sandbox bench tests tools infra/hooks function_app.py

.PHONY: contracts
contracts: $(READY)
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

.PHONY: subjects
subjects: $(READY) ## Look at the subjects of the commits that are not upstream yet
	@$(BIN)/python -m tools.subject

.PHONY: format
format: $(READY) ## Format the code and mend what can be mended
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

.PHONY: workflows
workflows: $(DELIVERY)/.ready ## Check the workflows for GitHub: their schema, and what could be abused in them
	@$(DELIVERY)/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(DELIVERY)/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(DELIVERY)/bin/zizmor --offline --quiet --no-progress --persona pedantic .github

.PHONY: package
package: $(DELIVERY)/.ready ## Make the archive that is deployed, and its bill of materials, in dist/
	@$(PYTHON) -m tools.package
	@$(DELIVERY)/bin/python -m tools.sbom

.PHONY: bench
bench: $(READY) ## Measure the figures and write them into docs/performance.md
	@$(BIN)/python -m bench --write

.PHONY: pictures
pictures: $(READY) ## Take the pictures in the docs from the sandbox's pages again
	@$(BIN)/python -m tools.pictures

.PHONY: bad-days
bad-days: $(READY) ## Measure what crashes, outages and refusals cost, beside the bars (ARGS="outage held")
	@$(BIN)/python -m tools.bad_days $(ARGS)

.PHONY: planted
planted: $(READY) ## Plant known mistakes one by one, and see that the named tests catch each
	@$(BIN)/python -m tools.planted $(ARGS)

.PHONY: mutants
mutants: $(MUTATION) planted ## The planted mistakes, then mutation testing (ONLY=shared/core/matching.py)
	@$(BIN)/python -m tools.mutants --only "$(ONLY)"

.PHONY: contract-live
contract-live: $(READY) ## Ask real accounts what the docs leave open (WRITE=1, YES=1, ARGS="--named NAME")
	@$(BIN)/python -m tools.contract_live $(if $(WRITE),--write) $(if $(YES),--yes) $(ARGS)

# Whatever asks how long it is to be.
SOAKS = $(shell grep -rl --include='test_*.py' '^from tests.soak import' tests)

.PHONY: soak
soak: $(READY) ## Long seeded simulations of everything that can go wrong
	@SOAK=1 $(BIN)/python -m pytest -q -n 2 --dist loadgroup $(SOAKS)
	@SOAK=1 $(BIN)/python -m pytest -q -n 2 -m hypothesis tests/unit tests/contract
	@$(BIN)/python -W error -m tests.functional.token_race --rounds 200

.PHONY: walk
walk: $(READY) ## Walk one webhook and one new invoice through the rooms of shared (ARGS="--root DIR")
	@$(BIN)/python -m tools.walk $(ARGS)

.PHONY: drawing
drawing: $(READY) ## Draw the house: floors, arrows, and whatever runs in a circle (ARGS="--root DIR")
	@$(BIN)/python -m tools.drawing $(ARGS)

.PHONY: infra
infra: $(READY) ## Compile, lint, evaluate and scan what is deployed to Azure, and run its tests
	@$(BIN)/python -m tools.infra

.PHONY: infra-planted
infra-planted: $(READY) ## Remove from infra one thing after another, and see that a test notices (ARGS="setting")
	@$(BIN)/python -m tools.infra_planted $(ARGS)

.PHONY: lock
lock: $(READY) ## Resolve pyproject.toml again into the requirements files
	@$(BIN)/python -m tools.lock

.PHONY: lock-check
lock-check: $(READY) ## Fail when the requirements files do not follow pyproject.toml
	@$(BIN)/python -m tools.lock --check

.PHONY: clean
clean: ## Remove everything that was installed into the clone
	@rm -rf $(VENV) .tools dist mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
