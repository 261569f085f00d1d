# The table of contents of all chores. `make` alone prints it.
#
# What is built once (cargo's target, the programs that the tests talk to, tools) goes into
# ~/.cache/terraform-provider-bud, or into $BUD_CACHE.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build demo test test-vm matrix fuzz bench docs lint deny release clean-cache

help: ## Print this table.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the provider as the tests use it.
	. scripts/environment; cargo build --locked; echo "$$BUD_DEBUG_BINARY"

demo: ## Take the Azure example through its life against the simulator, with tofu or terraform.
	scripts/demo

test: ## Get the programs that the tests talk to, then run every test.
	scripts/test

test-vm: ## Install on virtual machines with a real firmware, kernel and boot loader (QEMU; as root, 20 minutes).
	. scripts/environment; vm=$$(scripts/test-vm/prepare); export "$$vm"; \
	  cargo test --locked --test it -- --ignored --nocapture --test-threads=1 vm::

matrix: ## Run the whole fault matrix; its last lines are kept in docs/guides.
	scripts/matrix

fuzz: ## Random template fragments against the real Helm, for BUD_FUZZ_SECONDS (60).
	. scripts/environment; export $$(tests/peers/build helm); cargo test --locked --test it -- --ignored --nocapture random_fragments

bench: ## Measure start, memory, requests, rendering, releases, pools of nodes and installs, beside another provider and Helm.
	scripts/bench

docs: ## Write the generated pages below docs/.
	. scripts/environment; cargo run --locked --quiet -- docs

lint: ## Formatting, clippy with warnings denied, dependencies.
	cargo fmt --check
	. scripts/environment; cargo clippy --locked --all-targets -- -D warnings
	scripts/deny

deny: ## Licences, origins and duplicates of the dependencies.
	scripts/deny

release: ## Build the binary that is released: link-time optimised and stripped.
	. scripts/environment; cargo build --locked --release; echo "$$CARGO_TARGET_DIR/release/terraform-provider-bud"

clean-cache: ## Remove everything that was built once and kept.
	. scripts/environment; rm -rf "$$BUD_CACHE"
