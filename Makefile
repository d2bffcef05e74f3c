PYTHON ?= python3
BIN := .venv/bin
CARGO := cd tests/rust && cargo
CODEGEN := $(BIN)/python schema/generate.py
export UV_PYTHON_DOWNLOADS := never
.DEFAULT_GOAL := help
.NOTPARALLEL:

# present, absent or broken. It is broken if rustup's cargo exists but HOME has no toolchain settings.
RUST = $(shell if ! command -v cargo >/dev/null 2>&1; then echo absent; \
	elif cargo --version >/dev/null 2>&1; then echo present; else echo broken; fi)
absent := cargo is not installed
broken := cargo is installed but cargo --version fails (with another HOME, set CARGO_HOME and RUSTUP_HOME)

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-14s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## Make .venv with everything that the other targets need
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; install Python 3.11 or newer, or name one: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) .ci/setup.py

.PHONY: demo
demo: setup ## Show messages, a refused payload and a Gap on its own server, and read every golden vector
	@$(BIN)/python -m tests.tools.demo

.PHONY: test
test: check test-python test-rust ## Check and test everything, in both languages
	@$(if $(filter present,$(RUST)),,echo "LEFT OUT, because $($(RUST)): golden drift, tests against the Rust crate, cargo fmt, clippy and test")

.PHONY: test-python
test-python: setup _rust ## Run pytest, with the Rust peer if cargo works
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --bins)
	$(BIN)/python -m pytest -n 4 --dist worksteal

.PHONY: coverage
coverage: setup _rust ## Run pytest, and show which lines and branches of the package no test reaches
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --bins)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing

.PHONY: test-rust
test-rust: _rust ## Run cargo fmt, clippy and test
	$(if $(filter present,$(RUST)),$(CARGO) fmt --check)
	$(if $(filter present,$(RUST)),$(CARGO) clippy --locked --all-targets -- -D warnings)
	$(if $(filter present,$(RUST)),$(CARGO) test --locked)

.PHONY: test-lowest
test-lowest: setup _rust ## Run pytest with the lowest allowed version of each dependency
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --bins)
	$(BIN)/python .ci/matrix.py lowest

.PHONY: test-matrix
test-matrix: setup _rust ## Run pytest on each supported Python that is found
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --bins)
	$(BIN)/python .ci/matrix.py pythons

.PHONY: test-wheel
test-wheel: setup _rust ## Test a built wheel (WHEEL=its file), first in an empty environment
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --bins)
	$(BIN)/python .ci/matrix.py wheel "$(or $(WHEEL),$(error name the file: WHEEL=dist/….whl))" \
		tests/repository/test_packaging.py tests/codec/test_codec_vectors.py tests/codec/test_codec_fuzz.py tests/contract/test_live.py

.PHONY: test-crate
test-crate: ## Test a checkout of the Rust crate (CORE=its folder) against the contract
	$(PYTHON) tests/rust/against.py "$(or $(CORE),$(error name the folder of the crate: CORE=…))"

.PHONY: drift
drift: ## Test the newest published jflow-core, with the newest serde, against the contract
	$(PYTHON) tests/rust/against.py --newest

.PHONY: check
check: setup _rust ## Check generated files, format, lint, types, layers and workflows
	$(CODEGEN) --check
	$(if $(filter present,$(RUST)),$(CARGO) run --locked --bin golden -- --check)
	$(BIN)/python -m tests.tools.compat_gate
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/zizmor --quiet --offline --no-progress --persona regular .github/workflows docs/examples/*.yml

.PHONY: format
format: setup ## Format the code of both languages
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format
	$(if $(filter present,$(RUST)),$(CARGO) fmt)

.PHONY: generate
generate: setup ## Make the dataclass from the schema
	$(CODEGEN)

.PHONY: golden
golden: ## Make the fixtures from the real Rust crate
	$(CARGO) run --locked --bin golden

.PHONY: compat
compat: setup ## Compare schema and vectors with the last release, and check that the version was raised enough
	$(BIN)/python -m tests.tools.compat_gate

.PHONY: record
record: setup ## Record schema and vectors as the release of the version in pyproject.toml
	$(BIN)/python -m tests.tools.compat_gate --record

.PHONY: conformance
conformance: setup ## Test the sample peers against every vector, and print the table of docs/proof.md
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --quiet --bin peer)
	@$(BIN)/python -m tests.tools.peers

.PHONY: docs
docs: setup ## Build the documentation into site/, and fail on any dead link
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

N ?= 100000
.PHONY: fuzz
fuzz: setup ## Compare Python and the Rust crate on N payloads of the message and N of all types (N=3000000, SEED=7)
	$(CARGO) build --locked --quiet --bin peer
	$(BIN)/python -m tests.tools.fuzz.run --peer tests/rust/target/debug/peer --count $(N) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.tools.fuzz.kinds.run --peer tests/rust/target/debug/peer --count $(N) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz-floats
fuzz-floats: setup ## Read N number texts and write N floats in Python and in Rust, and compare (N=10000000, SEED=7)
	$(CARGO) build --locked --quiet --bin floats
	$(BIN)/python -m tests.tools.fuzz.floats --floats tests/rust/target/debug/floats --count $(N) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: setup ## Time decoding and encoding against other decoders and the Rust crate, and draw docs/benchmark.svg
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --quiet --release --bin bench)
	$(BIN)/python -m tests.tools.bench
	$(BIN)/python -m tests.tools.bench.typed

.PHONY: bench-scaling
bench-scaling: setup ## Show how time and memory grow with the payload, and what importing and starting cost
	$(BIN)/python -m tests.tools.bench.scaling
	$(BIN)/python -m tests.tools.bench.proportions
	$(BIN)/python -m tests.tools.bench.imports
	$(BIN)/python -m tests.tools.bench.startup

.PHONY: bench-redis
bench-redis: setup ## Time publishing and listening against bare redis-py and Rust, and draw docs/benchmark-redis.svg
	@$(if $(filter present,$(RUST)),$(CARGO) build --locked --quiet --release --bin notifier)
	$(BIN)/python -m tests.tools.bench_redis

SECONDS ?= 1200
.PHONY: soak
soak: setup ## Inject random faults for SECONDS while messages are published, and check the promise (FLAVOUR=asyncio)
	$(BIN)/python -m tests.tools.soak --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) --flavour $(or $(FLAVOUR),sync)

.PHONY: mutants
mutants: setup ## Change a copy of the codec in thousands of places, and check that the tests detect each change
	$(CARGO) build --locked --quiet --bin peer
	$(BIN)/python -m tests.tools.mutation

.PHONY: lock
lock: setup ## Update .ci/requirements.txt to the newest releases
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
		--generate-hashes --no-emit-index-url --group dev --output-file .ci/requirements.txt

.PHONY: clean
clean: ## Remove everything that these targets made, except generated code and fixtures
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage dist site tests/rust/target
	find python tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: _rust
_rust:
	@$(if $(filter present,$(RUST)),,echo "No Rust: $($(RUST))" >&2; [ "$$CI" != true ])
