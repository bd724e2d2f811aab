.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PROBLEM ?= digits
FAMILY ?= mlp
BACKEND ?= $(KERAS_BACKEND)
BACKENDS := tensorflow jax torch
ifneq ($(BACKEND),)
ifeq ($(filter $(BACKEND),$(BACKENDS)),)
$(error BACKEND: expected one of $(BACKENDS), found $(BACKEND))
endif
export KERAS_BACKEND := $(BACKEND)
endif
INSTALLED := $(VENV)/$(or $(BACKEND),tensorflow)
export PYTHONDONTWRITEBYTECODE :=

PARALLEL := --numprocesses=auto --dist=loadgroup
SLOW_TESTS := contracts end_to_end notebooks pipelines spark tracking test_runner.py training/test_class_weights.py
BACKEND_TESTS := tests/backends tests/layers tests/training tests/families tests/contracts/test_seeds.py
JAX_CUDA := $(shell sed -n 's/^jax-cuda = \["\([^;"]*\).*/\1/p' pyproject.toml)
TORCH := $(shell sed -n 's/^torch = \["\(.*\)"\]/\1/p' pyproject.toml)
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode

$(VENV)/installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Installing into $(VENV) (about a minute) …"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/tensorflow: $(VENV)/installed
	@touch $@

$(VENV)/jax: $(VENV)/installed requirements-jax.lock
	@echo "Installing JAX into $(VENV) …"
	@$(INSTALL) --require-hashes -r requirements-jax.lock
	@touch $@

$(VENV)/torch: $(VENV)/installed
	@echo "Installing PyTorch into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	@touch $@

$(VENV)/spark: $(INSTALLED) requirements-spark.lock
	@echo "Installing Apache Spark into $(VENV) …"
	@$(INSTALL) --require-hashes -r requirements-spark.lock
	@touch $@

.PHONY: help install run run-spark spark-cluster score test test-fast test-backends test-served hooks lint bench bench-gpu bench-spark format viz ui serve audit notebooks lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

install: $(VENV)/installed ## Set up .venv from requirements.lock

run: $(INSTALLED) ## Train every family on PROBLEM (default digits) and print the leaderboard; BACKEND=jax or torch
	@$(BIN)/kedro run --env=$(PROBLEM)

run-spark: $(VENV)/spark ## Train FAMILY (default mlp) of PROBLEM on Apache Spark, after `make run`, and compare again
	@$(BIN)/kedro run --env=$(PROBLEM) --pipelines=distributed_training,evaluation --params=distributed.family=$(FAMILY)

spark-cluster: $(VENV)/spark ## Run a Spark cluster, a master and two workers on 127.0.0.1, until Ctrl-C
	@$(BIN)/python -m sakon.spark.standalone

score: $(INSTALLED) ## Score the new records in DATA with the champion of PROBLEM
	@$(BIN)/kedro run --env=$(PROBLEM) --pipelines=scoring $(if $(DATA),--params=scoring.data=$(DATA))

test: $(VENV)/spark ## Run all tests in parallel; with COVERAGE=1 print the lines of src that none runs
	@$(BIN)/python -m pytest $(PARALLEL) $(if $(COVERAGE),--cov)

test-fast: $(INSTALLED) ## Run the tests without Spark, whole runs, and notebooks
	@$(BIN)/python -m pytest $(PARALLEL) $(addprefix --ignore=tests/,$(SLOW_TESTS))

test-backends: $(VENV)/spark $(VENV)/jax $(VENV)/torch ## Run the tests of the engine on JAX and on PyTorch
	@for backend in jax torch; do KERAS_BACKEND=$$backend $(BIN)/python -m pytest $(BACKEND_TESTS) || exit 1; done

test-served: $(VENV)/installed ## Load registered models in new environments of their own requirements; needs the network
	@PATH="$(CURDIR)/$(BIN):$$PATH" SAKON_FRESH_ENVIRONMENT=1 \
		$(BIN)/python -m pytest tests/tracking/test_served_environment.py

hooks: $(VENV)/installed ## Install the checks of `make lint` as git hooks
	@$(INSTALL) pre-commit && $(BIN)/pre-commit install

lint: $(VENV)/spark ## Check style, types and the imports between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(INSTALLED) ## Benchmark training, runs and the map against other libraries, and what grows with the data
	@$(BIN)/python tests/benchmarks/training_speed.py
	@$(INSTALL) --editable ".[bench]" && $(BIN)/python tests/benchmarks/som_speed.py
	@$(BIN)/python tests/benchmarks/overheads.py
	@$(BIN)/python tests/benchmarks/growth.py
	@$(BIN)/python tests/benchmarks/large_table.py

$(VENV)/jax-cuda: $(VENV)/installed
	@echo "Installing JAX for NVIDIA GPUs into $(VENV) …"
	@$(INSTALL) "$(JAX_CUDA)"
	@touch $@

bench-gpu: $(VENV)/jax-cuda ## Benchmark epochs on a GPU against a bare loop on JAX, and many seeds at once; ROWS and EPOCHS make it smaller
	@$(BIN)/python tests/benchmarks/gpu_speed.py $(if $(ROWS),--rows $(ROWS)) $(if $(EPOCHS),--epochs $(EPOCHS))

$(VENV)/elephas: $(VENV)/installed
	@$(PYTHON) -m venv $@
	@$(BIN)/uv pip install --quiet --python $@/bin/python elephas==7.3.0 "setuptools<81"

bench-spark: $(VENV)/spark $(VENV)/elephas ## Benchmark Spark: training against elephas (in its own environment), scaling, scoring, millions of rows
	@$(BIN)/python tests/benchmarks/spark_training.py --scaling --elephas $(VENV)/elephas/bin/python
	@$(BIN)/python tests/benchmarks/spark_accuracy.py
	@$(BIN)/python tests/benchmarks/spark_scoring.py
	@$(BIN)/python tests/benchmarks/spark_rows.py

format: $(VENV)/installed ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

viz: $(VENV)/installed ## Open the pipelines in kedro-viz
	@$(BIN)/kedro viz run --env=$(PROBLEM)

ui: $(VENV)/installed ## Open the runs in MLflow's user interface
	@$(BIN)/mlflow ui --host 127.0.0.1

serve: $(INSTALLED) ## Serve the champion of PROBLEM on 127.0.0.1:5001
	@$(BIN)/python -m sakon.tracking.serving $(PROBLEM)

audit: $(VENV)/installed ## Compare the locked packages with the published vulnerabilities; needs the network
	@$(INSTALL) pip-audit
	@status=0; for lock in requirements.lock requirements-jax.lock requirements-spark.lock; do \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip -r $$lock || status=1; done; exit $$status

notebooks: $(VENV)/installed ## Open the chapters of the course in JupyterLab
	@$(BIN)/jupyter lab --ip 127.0.0.1 notebooks

lock: ## Pin all dependencies in requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra dev --extra tensorflow pyproject.toml --output-file requirements.lock
	@sed -n 's/^jax = \["\(.*\)"\]/\1/p' pyproject.toml | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --constraint requirements.lock --output-file requirements-jax.lock -
	@sed -n 's/^spark = \["\(.*\)"\]/\1/p' pyproject.toml | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements-spark.lock -

clean: ## Remove the outputs of runs, but not raw data or the MLflow store
	@find data -mindepth 2 -not -path 'data/01_raw/*' -delete
