# Every target sets up what it needs by itself: a .venv with the tested set of constraints.txt.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough and really starts (a version manager may leave shims that do not).
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v "$$name"; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Python compiles what it imports and keeps it; pip would take a minute to compile all, of which little is ever imported.
# Container images often forbid to keep it: each of hundreds of processes would then compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
CHROMIUM_PATH ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
ARGS ?=
export CHROMIUM_PATH

# Each is one call of pip, and holds those before it; what lints and checks types is with the last alone.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
BROWSER := $(VENV)/.installed-browser
CHECK := $(VENV)/.installed-check

# Beside the tools and not in web/: ComfyUI hands the page every .js that lies there.
PAGE := $(if $(shell command -v npm),tools/web/node_modules/.installed)

PYTEST := $(BIN)/python -m pytest
# A worker per processor, but each holds torch and diffusers of its own: more than eight are not worth their memory.
PYTEST_PARALLEL := $(PYTEST) --numprocesses logical --maxprocesses 8 --dist worksteal
# One more than there are processors (tests/conftest.py). Each has a ComfyUI, a browser and a fork of ComfyUI's Python
# of its own: some 3 GB.
PYTEST_SERVERS := $(PYTEST) --numprocesses logical --maxprocesses 4 --dist worksteal

.PHONY: help demo test test-unit test-slow test-comfy test-browser test-gpu serve check format docs bench bench-gpu lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 22

demo: $(RUNTIME)  ## make three finished ads with the embedded model
	@$(BIN)/adstudio demo --out output/demo $(ARGS)

test: $(if $(CHROMIUM_PATH),$(BROWSER),$(DEV))  ## run every test that this machine can run
	@$(BIN)/python tools/comfyui.py prepare
	@trap 'exit 130' INT; library=0; servers=0; gpu=0; \
	$(PYTEST_PARALLEL) tests/slow tests/unit $(ARGS) || library=$$?; \
	$(PYTEST_SERVERS) tests/comfy tests/browser $(ARGS) || servers=$$?; \
	$(PYTEST) tests/gpu $(ARGS) || gpu=$$?; \
	case $$library-$$servers-$$gpu in 5-5-5) exit 5 ;; [05]-[05]-[05]) ;; *) exit 1 ;; esac  # 5: ARGS choose nothing in it

test-unit: $(DEV)  ## tests of the library alone
	@$(PYTEST_PARALLEL) tests/unit $(ARGS)

test-slow: $(DEV)  ## tests of the library that take their time
	@$(PYTEST) tests/slow $(ARGS)

test-comfy: $(DEV)  ## tests in a real ComfyUI server
	@$(BIN)/python tools/comfyui.py prepare
	@$(PYTEST_SERVERS) tests/comfy $(ARGS)

test-browser: $(if $(CHROMIUM_PATH),$(BROWSER),$(DEV))  ## tests in ComfyUI's page, in a real browser
	@$(BIN)/python tools/comfyui.py prepare
	@$(PYTEST_SERVERS) tests/browser $(ARGS)

test-gpu: $(DEV)  ## tests that need an NVIDIA GPU
	@$(PYTEST) tests/gpu $(ARGS)

serve:  ## start the ComfyUI at COMFYUI_PATH with this pack linked in
	@$(or $(PYTHON),$(no_python)) tools/comfyui.py serve $(ARGS)

check: $(CHECK) $(PAGE)  ## format, lint, types, generated docs
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright --level error --pythonpath $(BIN)/python
	@$(BIN)/python tools/nodes_table.py --check
	@$(if $(PAGE),npm run --silent --prefix tools/web check,echo "The page's JavaScript was not checked: no npm found (Debian: apt install nodejs npm).")

format: $(CHECK)  ## put format, imports and generated docs right
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/python tools/nodes_table.py

docs: $(DEV)  ## write the generated docs anew
	@$(BIN)/python tools/nodes_table.py
	@$(BIN)/python tools/channels_table.py

bench: $(RUNTIME)  ## measure each step of an ad on this machine
	@$(BIN)/python benchmarks/road.py $(ARGS)
	@echo; echo "### Drawing, beside diffusers' own pipeline"; echo
	@$(BIN)/python benchmarks/sampling.py

bench-gpu: $(DEV)  ## measure on an NVIDIA GPU all that is promised of one
	@$(BIN)/python benchmarks/card.py $(ARGS)

lock: $(CHECK)  ## renew constraints.txt from the newest packages; torch moves only by hand
	@mkdir -p .cache && grep '^torch==' constraints.txt > .cache/torch.txt
	@$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager --constraint .cache/torch.txt \
		--editable ".[standalone,rembg,dev,browser,check]"
	@head -n 1 constraints.txt > .cache/constraints.txt
	@$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/\+(cpu|cu[0-9]+)$$//' \
		| grep -vE '^(nvidia-|cuda-|triton)' >> .cache/constraints.txt
	@mv .cache/constraints.txt constraints.txt

clean:  ## remove the environment and all caches; finished pictures stay
	rm -rf $(VENV) tools/web/node_modules .cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find adstudio nodes tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} +

no_python = $(error Python 3.11 or newer was not found. Install it (Debian: apt install python3 python3-venv) or set PYTHON=)

$(VENV)/pyvenv.cfg:
	@echo "Setting up $(VENV) with $(or $(PYTHON),$(no_python)) …"
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module failed; on Debian: apt install python3-venv"; exit 1; }

$(RUNTIME): EXTRAS := standalone
$(DEV): EXTRAS := standalone,rembg,dev
$(BROWSER): EXTRAS := standalone,rembg,dev,browser
$(CHECK): EXTRAS := standalone,rembg,dev,browser,check

$(RUNTIME) $(DEV) $(BROWSER) $(CHECK): pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@$(PIP_INSTALL) --editable ".[$(EXTRAS)]"
	@for held in $(RUNTIME) $(DEV) $(BROWSER) $(CHECK); do touch $$held; [ $$held != $@ ] || break; done

tools/web/node_modules/.installed: tools/web/package.json
	@npm install --silent --no-audit --no-fund --no-package-lock --prefix tools/web
	@touch $@
