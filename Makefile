# The only task runner; CI calls the same targets. `make` alone lists them.
SHELL := /bin/bash
CARGO ?= cargo
CONFORMANCE_DIR ?= ../shared/conformance
export CONFORMANCE_DIR
MUTANTS ?= 99

.PHONY: help test test-policies mutants lint-sample fmt clippy doc features conformance test-render e2e bench soak fuzz schemas deny ci generated

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

test: ## everything that needs the Rust toolchain only: unit, integration and documentation tests
	$(CARGO) test --locked --quiet

test-policies: ## the built-in policies against their fixtures
	$(CARGO) run --locked --quiet -- test policies testdata/policies

lint-sample: ## judge the sample repository
	$(CARGO) run --locked --release --quiet -- lint testdata/gitops

mutants: ## changes of the built-in policies' expressions that no fixture notices; fails under MUTANTS percent
	$(CARGO) run --locked --quiet -- test policies testdata/policies --mutants --min-mutants $(MUTANTS)

fmt: ## formatting
	$(CARGO) fmt --all --check

clippy: ## lints, warnings are errors
	$(CARGO) clippy --locked --all-targets --all-features -- -D warnings

doc: ## documentation, warnings are errors
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --locked --no-deps --document-private-items

features: ## the core builds alone, and with each mouth alone
	for f in "" lint repl serve cluster; do $(CARGO) check --locked --quiet --lib --bins --no-default-features --features "$$f" || exit 1; done

conformance: ## outside test data: YAML readers, CEL, Pod Security (CONFORMANCE_DIR)
	test -d "$(CONFORMANCE_DIR)" || { echo "conformance data not found: set CONFORMANCE_DIR" >&2; exit 1; }
	$(CARGO) test --locked --features conformance --test it conformance -- --nocapture

test-render: ## the suites that need a real kustomize (installed under target/tools from its Go module)
	tests/tools/kustomize.sh
	KPOLICY_TEST_KUSTOMIZE=$(CURDIR)/target/tools/kustomize $(CARGO) test --locked --features real-tools --test it real_ -- --nocapture

e2e: ## kpolicy behind a real kube-apiserver (KUBERNETES=1.34: another release; E2E=<name>: some tests)
	assets=$$(tests/e2e/assets.sh $(KUBERNETES)) && \
	KPOLICY_E2E_ASSETS="$$assets" $(CARGO) test --locked --features e2e --test e2e -- --test-threads 1 $(E2E)

bench: ## throughput of parsing, evaluating, linting and serving
	$(CARGO) bench --locked

soak: ## hours of generated and mutated expressions (SOAK_INPUTS: how many)
	$(CARGO) test --locked --release --features soak --test it soak_ -- --nocapture --test-threads 1

fuzz: ## build the fuzz targets
	$(CARGO) check --locked --manifest-path tests/fuzz/Cargo.toml

generated: ## rewrite the generated files and golden outputs
	UPDATE=1 $(CARGO) test --locked --quiet

schemas: ## rewrite the structures of Kubernetes' kinds from OPENAPI=<folder> (CONTRIBUTING.md says what it holds)
	test -d "$(OPENAPI)" || { echo "set OPENAPI to a folder with a folder for each version" >&2; exit 1; }
	$(CARGO) run --locked --quiet --example schemas -- "$(OPENAPI)" src/schema/openapi/bundle/structures.txt

deny: ## licences, sources and duplicates of dependencies (needs cargo-deny)
	$(CARGO) deny --locked check bans licenses sources

ci: fmt clippy doc features test mutants conformance test-render e2e fuzz ## what .ci/run runs
