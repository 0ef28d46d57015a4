# Each target does the set-up it needs on a fresh Debian-like machine.
#   make run     builds, gets the models, starts Understudy with the demo person
#   make test    builds and runs every test
#   make check   formatting, lints, documentation, licences
#   make adapters  trains the shipped adapters anew (about four hours on two idle cores)
#
# Builds go to a cache outside the clone, so that a second clone does not compile llama.cpp again. Its path
# names the processor, because native code from another one dies of an illegal instruction. Override it with
# CARGO_TARGET_DIR, or the whole cache with UNDERSTUDY_CACHE.

SHELL := /bin/bash
UNDERSTUDY_CACHE ?= $(HOME)/.cache/understudy
CPU := $(shell sh deploy/cpu-name)
export CARGO_TARGET_DIR ?= $(UNDERSTUDY_CACHE)/target-$(CPU)
export UNDERSTUDY_MODELS ?= $(UNDERSTUDY_CACHE)/models
export PATH := $(UNDERSTUDY_CACHE)/tools/bin:$(HOME)/.cargo/bin:$(PATH)
UNDERSTUDY := $(CARGO_TARGET_DIR)/debug/understudy

# One selection of packages everywhere: another one has other features, and llama.cpp would be compiled again.
ALL := --workspace --all-targets

.PHONY: run test check build where models adapters setup setup-test setup-check

run: models
	$(UNDERSTUDY) run

test: models setup-test
	cargo test $(ALL) --no-fail-fast

check: setup setup-check
	cargo fmt --all --check
	cargo clippy $(ALL) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	cargo deny check bans licenses sources

build: setup
	cargo build $(ALL)

where:
	@echo $(UNDERSTUDY)

models: build
	$(UNDERSTUDY) models pull smollm2-135m-instruct all-minilm-l6-v2 whisper-tiny.en

adapters: models
	$(UNDERSTUDY) train starter --work $(UNDERSTUDY_CACHE)/training/scenes
	$(UNDERSTUDY) train starter --work $(UNDERSTUDY_CACHE)/training/rehearsals --seed 2 --scenes 90 --rehearse 700 \
	  --tokens 190000 --from $(UNDERSTUDY_CACHE)/training/scenes/adapter.gguf --out adapters/starter/adapter.gguf
	$(UNDERSTUDY) train reranker --work $(UNDERSTUDY_CACHE)/training/weighing-1 --rehearse 1250 --rate 0.0012 \
	  --from adapters/starter/adapter.gguf
	$(UNDERSTUDY) train reranker --work $(UNDERSTUDY_CACHE)/training/weighing-2 --seed 2 --rehearse 1400 --tokens 155000 \
	  --from $(UNDERSTUDY_CACHE)/training/weighing-1/adapter.gguf --out adapters/reranker/adapter.gguf

setup:
	@sh deploy/setup build

setup-test:
	@sh deploy/setup test

setup-check:
	@command -v cargo-deny >/dev/null || { echo "installing cargo-deny (once, a few minutes)"; \
	  CARGO_TARGET_DIR=$(UNDERSTUDY_CACHE)/tools/target cargo install cargo-deny --version 0.20.2 --locked --root $(UNDERSTUDY_CACHE)/tools; }
