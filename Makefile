# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
# Variables: DATA=FILE real data, DOCKER=1 in the image, HYBRID=1 with it: from a Kubeflow pipeline to
# an endpoint of a laptop's AWS; QUICK=1 and UPDATE=1 of benchmarks; IMAGE=NAME and DEPLOY_IMAGE=NAME
# their tags, PYTHON=a Python 3.11.

SHELL := bash
IMAGE ?= blerssi-sagemaker:latest
DEPLOY_IMAGE ?= blerssi-deploy:latest
export PYTHON ?=

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

IMAGE_ENV := .venv/image
CLIENT_ENV := .venv/client
ENGINE := docker info >/dev/null 2>&1
PACKAGES := container model serve train

.PHONY: help
help: ## Lists these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
ifdef HYBRID
run: image deploy-image $(CLIENT_ENV)/.ready
	@$(CLIENT_ENV)/bin/python -m local_test hybrid --image $(IMAGE) --deploy-image $(DEPLOY_IMAGE) \
		$(if $(DATA),--data "$(DATA)")
else ifdef DOCKER
run: image $(CLIENT_ENV)/.ready ## Trains, serves and asks: on simulated data, or DATA=FILE; DOCKER=1 in the image
	@$(CLIENT_ENV)/bin/python -m local_test run --image $(IMAGE) $(if $(DATA),--data "$(DATA)")
else
run: $(IMAGE_ENV)/.ready
	@$(IMAGE_ENV)/bin/python -m local_test run $(if $(DATA),--data "$(DATA)")
endif

.PHONY: test
test: $(IMAGE_ENV)/.tools $(CLIENT_ENV)/.tools ## Runs every test; those of Docker where an engine answers
	@if $(ENGINE); then $(MAKE) image deploy-image; fi
	@rm -f .coverage .coverage.*
	$(IMAGE_ENV)/bin/pytest --cov --cov-report= tests/unit tests/in_process tests/process \
		--ignore-glob='*/local_test' --ignore-glob='*/deploy'
	@for package in $(PACKAGES); do \
		$(IMAGE_ENV)/bin/coverage report --include="$$package/*" --fail-under=90 || exit 1; done
	$(IMAGE_ENV)/bin/pytest tests/unit/local_test tests/process/local_test --ignore-glob='*/aws'
	IMAGE=$(IMAGE) $(CLIENT_ENV)/bin/pytest tests/docker $(foreach kind,unit process,tests/$(kind)/deploy tests/$(kind)/local_test/aws)

.PHONY: test-sdk
test-sdk: .venv/sdk-v2/.ready .venv/sdk-v3/.ready $(IMAGE_ENV)/.ready $(CLIENT_ENV)/.ready image ## Runs AWS's own local harnesses against the image (1.5 GB of SDKs)
	IMAGE=$(IMAGE) .venv/sdk-v2/bin/pytest tests/sdk/v2
	IMAGE=$(IMAGE) .venv/sdk-v3/bin/pytest tests/sdk/v3

.PHONY: check
check: $(IMAGE_ENV)/.tools ## Checks style, types and who imports whom
	$(IMAGE_ENV)/bin/ruff check .
	$(IMAGE_ENV)/bin/ruff format --check .
	$(IMAGE_ENV)/bin/mypy
	$(IMAGE_ENV)/bin/lint-imports

.PHONY: bench
bench: $(IMAGE_ENV)/.ready .venv/bench-aws/.ready ## Measures us beside our peers; QUICK=1 in two minutes, DATA=FILE training too
ifndef QUICK
	@if $(ENGINE); then $(MAKE) image; fi
endif
	$(IMAGE_ENV)/bin/python -m benchmarks --image $(IMAGE) $(if $(QUICK),--quick) $(if $(DATA),--data "$(DATA)")

.PHONY: bench-guard
bench-guard: $(IMAGE_ENV)/.ready ## Counts the instructions of a request; UPDATE=1 takes the count as the new baseline
	$(IMAGE_ENV)/bin/python -m benchmarks.guard $(if $(UPDATE),--update)

.PHONY: setup
setup: $(IMAGE_ENV)/.ready $(CLIENT_ENV)/.ready ## Makes both environments: the image's and the client's

.PHONY: image
image: ## Builds the image and prints its size
	@scripts/build-image $(IMAGE)

.PHONY: deploy-image
deploy-image: ## Builds the small image whose steps of the pipeline talk to AWS
	@scripts/build-image $(DEPLOY_IMAGE) deploy

.PHONY: docs
docs: $(IMAGE_ENV)/.tools ## Writes the tables of the README and docs/contract.md from the code
	$(IMAGE_ENV)/bin/python -m scripts.write_tables
	$(IMAGE_ENV)/bin/python -m scripts.write_contract

.PHONY: picture
picture: $(IMAGE_ENV)/.ready ## Draws the pictures of the README; those of a report with DATA=FILE
	$(IMAGE_ENV)/bin/python -m scripts.draw_pictures $(if $(DATA),--training "$(DATA)")

.PHONY: format
format: $(IMAGE_ENV)/.tools ## Formats the code
	$(IMAGE_ENV)/bin/ruff check --fix .
	$(IMAGE_ENV)/bin/ruff format .

.PHONY: lock
lock: $(IMAGE_ENV)/.tools ## Locks the newest allowed packages with their hashes
	@for lock in image client deploy tools tune bench-aws sdk-v2 sdk-v3; do \
		$(IMAGE_ENV)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header \
			--no-annotate --no-strip-extras --emit-build-options --python-version 3.11 \
			requirements/$$lock.in --output-file requirements/$$lock.txt || exit 1; done

.PHONY: clean
clean: ## Removes the environments and everything that was built
	rm -rf .venv build .coverage .coverage.* .hypothesis .*_cache

$(IMAGE_ENV)/.ready: requirements/image.txt requirements/tune.txt scripts/environment
	@scripts/environment image requirements/image.txt requirements/tune.txt
	@touch $@

$(CLIENT_ENV)/.ready: requirements/client.txt scripts/environment
	@scripts/environment client requirements/client.txt
	@touch $@

.venv/bench-aws/.ready: requirements/bench-aws.txt scripts/environment
	@scripts/environment bench-aws requirements/bench-aws.txt
	@touch $@

.venv/sdk-%/.ready: requirements/sdk-%.txt scripts/environment
	@scripts/environment sdk-$* requirements/sdk-$*.txt
	@touch $@

.venv/%/.tools: .venv/%/.ready requirements/tools.txt
	@scripts/environment $* requirements/tools.txt
	@touch $@
