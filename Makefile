# SPDX-License-Identifier: GPL-2.0
#
# `make help` lists the targets. The module's own build description, which the
# kernel's build system reads, is in Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
KERNEL ?=
KERNELS ?= $(KERNEL)
CPU ?=
TESTS ?=
PARAMS ?=
IMAGE ?=
SHARE ?=
CMD ?=
RESULTS ?=
GROUPS ?=
COMMIT ?=
KEY ?=
CERT ?=
SUITE ?=
MINUTES ?= 2
SEED ?= 1
ROUND ?=
OUT ?= out
VERSION ?=

QEMU := selftests/qemu
# The kernel that a guest boots: the user's own, or one of the table.
BOOT = $(if $(IMAGE),--image '$(IMAGE)' --kdir '$(KDIR)',--kernel '$(or $(KERNEL),6.12)') \
	$(if $(CPU),--cpu '$(CPU)',--kvm)

# The kernel's build system on this module: by clang where clang built the kernel, as LLVM=1 or
# LLVM=-19 would.
KBUILD = $(MAKE) -C '$(KDIR)' M='$(CURDIR)' $(if $(LLVM),,$(if $(shell \
	grep -sx CONFIG_CC_IS_CLANG=y '$(KDIR)/include/config/auto.conf'),LLVM=1))

.PHONY: all module tools sign install modules_install uninstall demo fleet-demo check unit \
	golden shell run fuzz soak lint bench bench-local dist deb release-notes help clean distclean \
	check-kdir

all: module tools

# Say what is wrong with KDIR before kbuild says something else.
check-kdir:
	@$(QEMU)/check-kdir '$(KDIR)' $(if $(ARCH),'$(ARCH)')

module: check-kdir
	$(KBUILD) modules

modules_install: module
	$(KBUILD) $(if $(DESTDIR),INSTALL_MOD_PATH='$(DESTDIR)') modules_install

# From the start: a module that is signed already would be signed twice.
sign: check-kdir
	@[ -r '$(KEY)' ] && [ -r '$(CERT)' ] || { \
		echo 'pfclass: make sign takes KEY=FILE, a private key, and CERT=FILE, its certificate' >&2; \
		exit 1; }
	@[ -x '$(KDIR)/scripts/sign-file' ] || { \
		echo 'pfclass: the kernel in KDIR=$(KDIR) checks no signatures: it has no scripts/sign-file' >&2; \
		exit 1; }
	rm -f pfclass.ko
	$(MAKE) module
	'$(KDIR)/scripts/sign-file' \
		"$$(sed -n 's/^CONFIG_MODULE_SIG_HASH="*\([^"]*\).*/\1/p' '$(KDIR)/include/config/auto.conf')" \
		'$(KEY)' '$(CERT)' pfclass.ko

tools:
	$(MAKE) -C tools/pfclass

install: modules_install tools
	$(MAKE) -C tools/pfclass install DESTDIR='$(DESTDIR)'

# Which directory it is depends on the kernel.
uninstall: check-kdir
	release=$$($(MAKE) -s -C '$(KDIR)' kernelrelease) && \
	for d in updates extra; do \
		rm -f '$(DESTDIR)'/lib/modules/"$$release/$$d"/pfclass.ko* \
			'$(DESTDIR)'/lib/modules/"$$release/$$d"/pfclass_kunit.ko*; \
	done
	$(MAKE) -C tools/pfclass uninstall DESTDIR='$(DESTDIR)'

demo:
	@$(QEMU)/run $(BOOT) --no-load --job demo --env 'PFC_PARAMS=$(PARAMS)'

fleet-demo:
	@$(QEMU)/fleet-demo --kernel '$(or $(KERNEL),6.12)' --output '$(OUT)'

check:
	@$(QEMU)/check $(if $(IMAGE),--image '$(IMAGE)' --kdir '$(KDIR)') \
		--kernels '$(KERNELS)' --cpu '$(CPU)' --tests '$(TESTS)' \
		$(if $(filter-out 0,$(FULL)),--full) $(if $(filter-out 0,$(COVERAGE)),--coverage)

golden:
	@$(QEMU)/check --golden --kernels '$(KERNELS)' --cpu '$(CPU)'

unit:
	@$(MAKE) --no-print-directory -s -C selftests/unit check

fuzz:
	@$(QEMU)/fuzz

soak:
	@$(QEMU)/run $(BOOT) --no-load --job soak --smp 4 --timeout $$((60 * $(MINUTES) + 1200)) \
		--env 'PFC_MINUTES=$(MINUTES)' --env 'PFC_SEED=$(SEED)' \
		$(if $(ROUND),--env 'PFC_ROUND=$(ROUND)') $(if $(APPEND),--append '$(APPEND)')

shell:
	@$(QEMU)/run $(BOOT) --params '$(PARAMS)' --peers \
		$(if $(SHARE),--share '$(SHARE)')

run:
	@$(QEMU)/run $(BOOT) --params '$(PARAMS)' --peers \
		$(if $(SHARE),--share '$(SHARE)') --cmd '$(subst ','\'',$(CMD))'

lint:
	@tools/lint/lint.sh

bench:
	@tools/bench/run --kernels '$(or $(KERNELS),6.12)' $(if $(GROUPS),--groups '$(GROUPS)') \
		$(if $(filter-out 0,$(COMMIT)),--commit,--explain) \
		$(if $(RESULTS),--output '$(RESULTS)')

bench-local:
	@tools/bench/local

dist:
	@tools/packaging/dist '$(OUT)'

deb:
	@tools/packaging/deb --output '$(OUT)' $(if $(SUITE),--suite '$(SUITE)') \
		$(if $(ARCH),--arch '$(ARCH)')

release-notes:
	@tools/packaging/changelog -v version='$(VERSION)' CHANGELOG.md

clean:
	rm -rf out
	rm -f *.o *.ko *.mod *.mod.c .*.cmd modules.order Module.symvers \
		.module-common.o
	find module \( -name '*.o' -o -name '.*.cmd' -o -name '*.o.d' \) \
		-exec rm -f {} +
	-$(MAKE) -C tools/pfclass clean
	$(MAKE) -C selftests/unit clean
	$(if $(KSRC),$(MAKE) -C selftests clean)

distclean: clean
	@$(QEMU)/clean-cache

help:
	@echo 'On this machine:'
	@echo '  make                 build pfclass.ko for the running kernel and the tool'
	@echo '  make module          pfclass.ko alone; KDIR=/path/to/headers for another kernel'
	@echo '  make tools           the tool alone'
	@echo '  make sign            build the module and sign it: KEY=FILE CERT=FILE'
	@echo '  make install         install module, tool, manual page and completion (as root)'
	@echo '  make uninstall       remove them again, with the same variables'
	@echo '  make bench-local     nanoseconds that the loaded module adds to a fault (as root)'
	@echo '  make clean           remove what was built here'
	@echo
	@echo 'Packages and releases, into out/:'
	@echo '  make deb             Debian packages: pfclass, and pfclass-dkms with the module'
	@echo '  make dist            a tarball of the sources, which builds without git'
	@echo '  make release-notes   what CHANGELOG.md tells of the newest version'
	@echo
	@echo 'In QEMU, on stock Debian kernels; everything needed is fetched into the cache:'
	@echo '  make demo            boot, load, make each kind of fault happen, show the counts'
	@echo '  make fleet-demo      two hosts, one Prometheus: which one copies on write?'
	@echo '  make shell           a guest to look around in: module loaded; bash, perf, bpftrace, trace-cmd'
	@echo '  make run CMD="..."   run a command in such a guest'
	@echo '  make bench           instructions that pfclass and other tools add to a fault;'
	@echo '                       COMMIT=1 puts them into Documentation/bench and README.md'
	@echo
	@echo 'Tests:'
	@echo '  make check           the tests, on kernel 6.12; FULL=1 adds those that take minutes'
	@echo '                       (KERNELS=reference COVERAGE=1: and which lines they reach)'
	@echo '  make check KERNELS=all  the tests, on every kernel of $(QEMU)/kernels'
	@echo '  make unit            the unit tests of the module, without a kernel'
	@echo '  make fuzz            random input for what parses, RUNS=1000000 of each of SUBJECTS="..."'
	@echo '  make soak            everything at once that disturbs it, for MINUTES=2; SEED=1 ROUND=N'
	@echo '  make golden          rewrite selftests/golden from what the tests find, for review'
	@echo '  make lint            checkpatch, sparse, W=1, analyzers, kernel-doc, shellcheck'
	@echo '  make distclean       clean, and remove the cache too'
	@echo
	@echo 'Variables:'
	@echo '  KERNEL=6.12          which kernel, see $(QEMU)/kernels'
	@echo '  KERNELS="6.1 6.12"   several of them (check), or: all'
	@echo '  CPU=cortex-a57       the CPU model; if not given all of the kernel'"'"'s (check), or'
	@echo '                       this machine'"'"'s own where it has KVM (demo, shell, run)'
	@echo '  IMAGE=FILE KDIR=DIR  a kernel that you have built (demo, check, shell, run)'
	@echo '  SHARE=DIR            a directory that the guest sees as /share (shell, run)'
	@echo '  TESTS="anon numa"    only these tests (check)'
	@echo '  RESULTS=DIR          where the figures and the listings go (bench)'
	@echo '  GROUPS="pfclass"     only these groups of tools/bench/modes (bench)'
	@echo '  PARAMS="account=0"   module parameters (demo, shell, run)'
	@echo '  APPEND=kmemleak=on   more on the command line of the guest'"'"'s kernel (soak)'
	@echo '  DESTDIR=DIR prefix=/usr/local  where to install (install, uninstall)'
	@echo '  SUITE=bookworm       for which Debian; trixie if not given (deb)'
	@echo '  ARCH=arm64           for which machine; this one if not given (module, deb)'
	@echo '  LLVM=1, LLVM=-19     by clang; LLVM=1 if not given where clang built the kernel (module)'
	@echo '  KEY=FILE CERT=FILE   a private key, and its certificate (sign)'
	@echo '  OUT=DIR              instead of out (deb, dist, fleet-demo)'
	@echo '  VERSION=0.9.0        of which version (release-notes)'
	@echo '  PFCLASS_CACHE=DIR    the cache; ~/.cache/pfclass if not given'
