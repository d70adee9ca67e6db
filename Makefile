# SPDX-License-Identifier: MIT
# Nidus: build it, show it, test it. `make help` lists what there is.

MAKEFLAGS += --no-print-directory

TOP   := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD ?= $(TOP)/build
override BUILD := $(abspath $(BUILD))
export BUILD

DESTDIR ?=
prefix  ?= /usr

# The machine of `make run`, and what it is given.
CPUS      ?= 1
MEM       ?= 2048
MODEL     ?=
GUESTS    ?=
CMD       ?=
QUIET     ?=
HV_ARGS   ?=
DOM0_ARGS ?=
DOM0_KERNEL ?=

.PHONY: all build xen tools examples guest-tests
.PHONY: run check check-all check-unit check-guest check-system bench
.PHONY: check-kut check-xtf fuzz
.PHONY: dom0-kernel install deps-build deps-run deps-test deps-lint
.PHONY: format lint header-check clean help

all: build

build: deps-build
	@$(MAKE) xen tools examples

xen:
	@$(MAKE) -C xen
tools:
	@$(MAKE) -C tools
examples:
	@$(MAKE) -C examples

deps-build:
	@scripts/install-deps.sh build
deps-run:
	@scripts/install-deps.sh build run
deps-test:
	@scripts/install-deps.sh build run test
deps-lint:
	@scripts/install-deps.sh lint

# What the user gives reaches the script as it is, $ and quotes included.
override CMD := $(value CMD)
override T := $(value T)
override GUESTS := $(value GUESTS)
override HV_ARGS := $(value HV_ARGS)
override DOM0_ARGS := $(value DOM0_ARGS)
export CPUS MEM MODEL GUESTS CMD QUIET HV_ARGS DOM0_ARGS DOM0_KERNEL T
run: deps-run
	@$(MAKE) xen tools examples
	@scripts/run

check: deps-test
	@scripts/check

# With the tests that take too long for every change.
check-all: deps-test
	@scripts/check unit guest system long

check-unit:
	@scripts/install-deps.sh build test
	@$(MAKE) -C tests/unit check

check-guest: deps-test
	@scripts/check guest
check-system: deps-test
	@scripts/check system

# Needs clang; FUZZ_SECONDS says for how long.
fuzz:
	@$(MAKE) -C tests/fuzz

# Test suites of others, built elsewhere; options: scripts/check-kut.
export KUT KUT_BARE
check-kut: deps-run
	@$(MAKE) xen tools
	@scripts/check-kut
export XTF
check-xtf: deps-run
	@$(MAKE) xen tools
	@scripts/check-xtf

# A small kernel with dom0-kernel-patches/, for DOM0_KERNEL=.
dom0-kernel: deps-run
	@scripts/dom0-kernel.sh

bench: deps-run
	@$(MAKE) xen tools examples
	@scripts/bench

install: build
	@$(MAKE) -C tools install DESTDIR="$(DESTDIR)" prefix="$(prefix)"
	install -D -m 644 $(BUILD)/nidus.gz "$(DESTDIR)/boot/nidus.gz"
	install -D -m 644 $(BUILD)/nidus-syms \
	    "$(DESTDIR)$(prefix)/lib/debug/boot/nidus-syms"
	install -D -m 755 scripts/unpack-kernel.sh \
	    "$(DESTDIR)$(prefix)/sbin/nidus-unpack-kernel"

C_FILES = $(shell git ls-files '*.c' '*.h')
format: deps-lint
	@clang-format -i $(C_FILES)

lint: deps-lint
	@clang-format --dry-run --Werror $(C_FILES)
	@shellcheck -x -P SCRIPTDIR -S warning $$(git ls-files | xargs grep -lE \
	    '^#!/bin/(ba)?sh' | grep -v '^examples/')

header-check:
	@scripts/header-check

clean:
	rm -rf $(BUILD)

help:
	@echo 'make               build build/nidus.gz, build/tools, build/examples'
	@echo 'make run           boot it, show the main job, end in a Dom0 shell'
	@echo '                   (without a terminal: power off; the status tells)'
	@echo '  QUIET=1            only what Dom0 prints'
	@echo '  GUESTS=DIR CMD=... your files under /guests, your command in Dom0;'
	@echo '                     make fails if it does (scripts/run: same status)'
	@echo '  CPUS= MEM= MODEL=  the machine;  HV_ARGS= DOM0_ARGS= more options'
	@echo '  DOM0_KERNEL=       another kernel for Dom0 (scripts/boot --help)'
	@echo 'make check         every test;  T=text: those with text in the name'
	@echo 'make check-all     those that take too long for every change as well'
	@echo 'make check-unit    the tests that need no emulator, in seconds'
	@echo 'make check-guest, make check-system   the other two kinds'
	@echo 'make check-kut KUT=DIR    kvm-unit-tests built in DIR, as guests'
	@echo 'make check-xtf XTF=DIR    XTF images built in DIR, as PVH guests'
	@echo 'make fuzz          feed nested VMX what libFuzzer makes up (clang)'
	@echo 'make dom0-kernel   build a small one with dom0-kernel-patches/'
	@echo 'make bench         measure against Xen 4.17 and KVM, in one emulator'
	@echo 'make install DESTDIR=...              stage everything'
	@echo 'make format, lint, header-check       layout of the source'
	@echo 'make clean         remove build/ (~/.cache/nidus stays)'
	@echo 'Missing Debian packages are installed when root, or named.'
