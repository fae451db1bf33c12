# What a newcomer needs: make run, make test.
SHELL := /bin/sh
GO ?= go
BIN := bin/deployer
PACKAGES := openssh-server openssh-client sudo dash fish csh tcsh zsh bash-completion git curl python3-venv supervisor systemd tmux
PEERS := lftp rclone
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
TESTFLAGS ?=

.PHONY: run build test check lint cross bench soak install tools peers clean

run: build ## build, and show the main job on throwaway hosts
	$(BIN) demo

build:
	$(GO) build -o $(BIN) ./cmd/deployer

test: tools ## every test, once
	$(GO) test -race -timeout 14m $(TESTFLAGS) ./...

check: lint cross test ## what CI runs

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt -w on these'; exit 1; }
	$(GO) vet ./... ./testdata/trees/...
	$(GO) tool staticcheck ./... ./testdata/trees/...
	$(GO) mod tidy -diff

cross: ## builds for every platform
	@for p in $(PLATFORMS); do \
		echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/deployer || exit 1; \
	done

bench: tools peers ## measurements, as ratios in one run
	$(GO) test -run '^$$' -bench . -benchtime 3x ./...

soak: tools ## the long tests, for 20 minutes: faults, fuzzing, repetition under -race
	./soak.sh

install: build
	install -D -m 755 $(BIN) $(DESTDIR)$${PREFIX:-/usr/local}/bin/deployer
	install -D -m 644 doc/deployer.1 $(DESTDIR)$${PREFIX:-/usr/local}/share/man/man1/deployer.1

# The tests run a real sshd, sudo, login shells and their completion, git, curl, tmux, and Debian's Python, supervisor and systemd. Where they are missing, root installs them; others are told how.
tools:
	@missing=; for c in sshd ssh-keygen sudo dash fish csh tcsh zsh git curl /usr/bin/python3 supervisord systemd-analyze tmux; do \
		PATH=$$PATH:/usr/sbin:/sbin command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	test -f /usr/share/bash-completion/bash_completion || missing="$$missing bash-completion"; \
	test -z "$$missing" || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(PACKAGES) >/dev/null; \
		else echo "the tests need$$missing: as root, run apt-get install $(PACKAGES)"; exit 1; fi; }

# What benchmarks compare with, where it can be had: without it they say what is missing.
peers:
	@for c in $(PEERS); do command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	test -z "$$missing" || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; } || true

clean:
	rm -rf bin
