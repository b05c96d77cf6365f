# SPDX-License-Identifier: ISC
#
# make             the command, both libraries, the sem, prunctl and parallel links
# make deps        install what is missing for building (Debian); with check or lint
#                  in the same command, for those too
# make demo        see it work            make check   see that it works
# make check-fast  the quick tests        make t_buf   one unit test
# make asan tsan   the tests, under a sanitizer
# make lint        formatters and analysers
# make bench       compare with peers (make deps-bench first, for more of them)
# make fuzz        feed the parsers with anything (make deps-fuzz first)
# make static      one program that needs no library
# make dist        the tarball of this commit     make distcheck    and see that it builds
# make deb         Debian packages (make deps-deb first)
# make install     PREFIX=, DESTDIR=; PARALLEL=1 or install-parallel: the name parallel too;
#                  SHARED=1: a program with shared libraries
# V=1 shows the commands.  Everything made stands in $(B); asan and tsan are the
# same rules with another B.

B ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
OBJCOPY ?= objcopy
SAN =

LIB_SRC := $(sort $(wildcard lib/*/*.c))
CMD_SRC := $(sort $(wildcard cmd/prun/*.c cmd/prun/*/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/t_*.c))
HELPER_SRC := $(sort $(wildcard tests/helper/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/f_*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
MAN := $(sort $(wildcard man/*.[1-9]))
C_ALL := $(LIB_SRC) $(CMD_SRC) $(UNIT_SRC) $(HELPER_SRC) $(BENCH_SRC) $(FUZZ_SRC) $(sort $(wildcard tests/abi/*.c))
H_PUBLIC := $(sort $(wildcard lib/*.h))
H_ALL := $(sort $(wildcard lib/*.h lib/*/*.h cmd/prun/*.h cmd/prun/*/*.h tests/unit/*.h tests/fuzz/*.h))

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(B)/%.o)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
HELPER := $(HELPER_SRC:tests/helper/%.c=$(B)/helper/%)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
BENCH := $(BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
PROGRAM := $(if $(wildcard cmd/prun/main.c),$(B)/prun $(B)/sem $(B)/prunctl $(B)/parallel)

# With one of these goals in the same command "make deps" installs what tests need, too.
TESTING := check check-fast check-tests asan tsan valgrind lint
# Debian's names.  make itself must be there already.
DEPS_BUILD := gcc libc6-dev pkg-config libbsd-dev libzstd-dev libpcre2-dev libcsv-dev libjansson-dev
DEPS_TEST := bats bats-support bats-assert bats-file bash-completion curl libxml2-utils perl python3 python3-pyte procps strace util-linux expect tmux \
	zsh fish csh tcsh ksh93u+m mksh valgrind g++ sudo zstd iproute2 openssl libevent-dev libssl-dev openssh-client openssh-server \
	dpkg-dev git munge slurm-client slurmctld slurmd
# Peers of the benchmark, which leaves out what is missing.
DEPS_BENCH := xe moreutils parallel rsync
DEPS_DEB := dpkg-dev lintian
DEPS_FUZZ := clang libclang-rt-dev
DEPS_LINT := clang-format clang-tidy cppcheck mandoc

# Asked for at the first use and then kept: "make deps demo" reads this file
# before pkg-config is there.
once = $(eval $(1) := $$(shell $(2)))$($(1))
PC_CFLAGS = $(call once,PC_CFLAGS,$(PKG_CONFIG) --cflags libbsd-overlay libzstd libpcre2-8 jansson)
PC_LIB_LIBS = $(call once,PC_LIB_LIBS,$(PKG_CONFIG) --libs libbsd-overlay libzstd)
PC_CMD_LIBS = $(call once,PC_CMD_LIBS,$(PKG_CONFIG) --libs libpcre2-8 jansson libzstd libmd)
LIB_LIBS = $(PC_LIB_LIBS) -pthread
CMD_LIBS = $(PC_CMD_LIBS) -lcsv
PC_STATIC_LIBS = $(call once,PC_STATIC_LIBS,$(PKG_CONFIG) --static --libs libpcre2-8 jansson libzstd libbsd-overlay)
# The archive of a library, -lNAME, where the compiler has it; else -lNAME itself.
archive = $(shell file=$$($(CC) -print-file-name=lib$(1:-l%=%).a); [ -e "$$file" ] && echo "$$file" || echo $(1))
PC_ARCHIVES = $(call once,PC_ARCHIVES,echo $(foreach lib,-lcsv $(PC_STATIC_LIBS),$(if $(filter -l%,$(lib)),$(call archive,$(lib)),$(lib))))
VERSION = $(shell sed -n 's/^.define PRUN_VERSION "\(.*\)"/\1/p' lib/prun.h)

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wvla
# Not beside sanitizers, which look closer; _FORTIFY_SOURCE needs an optimizer, and
# makes glibc warn of what (void) says is meant.
HARDEN = $(if $(SAN),,-fstack-protector-strong \
	$(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wno-unused-result))
HARDEN_LINK = $(if $(SAN),,-Wl,-z,relro,-z,now)
HARDEN_PIE = $(if $(SAN),,-pie)
BASE = -std=gnu11 -D_GNU_SOURCE $(PC_CFLAGS) -pthread $(WARN) $(if $(SAN),-Wno-format-truncation) $(SAN)
LIB_FLAGS = $(BASE) -iquote lib -fvisibility=hidden -fPIC
CMD_FLAGS = $(BASE) $(if $(SAN),,-fPIE) -iquote lib -iquote cmd/prun -DPCRE2_CODE_UNIT_WIDTH=8
UNIT_FLAGS = $(BASE) -iquote lib -iquote tests/unit
UNIT_CMD_FLAGS = $(CMD_FLAGS) -iquote tests/unit -iquote tests/fuzz
Q = @mkdir -p $(@D) && $(if $(V),set -x &&,echo '  $@' &&)
COMPILE = $(Q) $(CC) $(1) $(HARDEN) -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
LINK = $(Q) $(CC) $(SAN) -Wl,--as-needed $(HARDEN_LINK) $(LDFLAGS) -o $@

all: $(B)/libprun.a $(B)/libprun.so $(B)/libprun.pc $(PROGRAM)

# Libraries are taken from their archives, save for the C library: to load six shared ones
# takes a quarter of the time of a run of one job.
$(B)/prun: $(CMD_OBJ) $(B)/libprun.a
	$(LINK) $(HARDEN_PIE) $(CMD_OBJ) $(B)/libprun.a $(PC_ARCHIVES) -pthread

# For distributions, which want shared ones: make install SHARED=1.
SHARED =
shared: $(B)/prun-shared
$(B)/prun-shared: $(CMD_OBJ) $(B)/libprun.a
	$(LINK).$$$$ $(HARDEN_PIE) $(CMD_OBJ) $(B)/libprun.a $(CMD_LIBS) $(LIB_LIBS) && mv $@.$$$$ $@

# The same objects, and no library on the machine where it runs.
static: $(B)/prun-static
$(B)/prun-static: $(CMD_OBJ) $(B)/libprun.a
	$(LINK) -static -s $(CMD_OBJ) $(B)/libprun.a -lcsv $(PC_STATIC_LIBS) -pthread

$(B)/sem $(B)/prunctl $(B)/parallel: $(B)/prun
	@ln -sf prun $@

# One relocatable object whose hidden symbols are local: of the archive only
# the names that prun.h makes visible can be linked to.
$(B)/libprun.a: $(LIB_OBJ)
	$(Q) $(LD) -r -o $(B)/libprun.o $(LIB_OBJ)
	@$(OBJCOPY) --localize-hidden $(B)/libprun.o
	@rm -f $@ && $(AR) rcs $@ $(B)/libprun.o

$(B)/libprun.so.0: $(LIB_OBJ) lib/libprun.map
	$(LINK) -shared -Wl,-soname,libprun.so.0 -Wl,--version-script=lib/libprun.map $(LIB_OBJ) $(LIB_LIBS)

$(B)/libprun.so: $(B)/libprun.so.0
	@ln -sf libprun.so.0 $@

PC = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' lib/libprun.pc.in
$(B)/libprun.pc: lib/libprun.pc.in lib/prun.h
	$(Q) $(PC) >$@

$(LIB_OBJ): $(B)/%.o: %.c
	$(call COMPILE,$(LIB_FLAGS))

$(CMD_OBJ): $(B)/%.o: %.c
	$(call COMPILE,$(CMD_FLAGS))

# What --version tells.  An unpacked "make dist" has .commit; where neither that nor
# git knows, what was known before stands.
.PHONY: commit
$(B)/commit: commit
	@mkdir -p $(@D)
	@commit=$$(cat .commit 2>/dev/null || GIT_OPTIONAL_LOCKS=0 git describe --always --dirty 2>/dev/null) || \
	    { [ -e $@ ] && exit; commit=unknown; }; \
	    echo "-DBUILT_COMMIT=\"\\\"$$commit\\\"\"" | cmp -s - $@ || \
	    echo "-DBUILT_COMMIT=\"\\\"$$commit\\\"\"" >$@
$(B)/cmd/prun/built.o: $(B)/commit
$(B)/cmd/prun/built.o: CPPFLAGS += @$(B)/commit

# Its assembler includes these.
$(B)/cmd/prun/shell_functions.o $(B)/cmd/prun/shell_completion.o: $(wildcard cmd/prun/functions/*)

# t_cmd_*.c test rooms of the command, the others rooms of the library, whose
# objects they see from inside.
$(UNIT_OBJ): $(B)/%.o: %.c
	$(call COMPILE,$(if $(findstring /t_cmd_,$<),$(UNIT_CMD_FLAGS),$(UNIT_FLAGS)))

$(B)/unit/t_cmd_%: $(B)/tests/unit/t_cmd_%.o $(filter-out $(B)/cmd/prun/main.o,$(CMD_OBJ)) $(B)/libprun.a
	$(LINK) $^ $(CMD_LIBS) $(LIB_LIBS)

$(B)/unit/t_%: $(B)/tests/unit/t_%.o $(LIB_OBJ)
	$(LINK) $(WRAP) $^ $(LIB_LIBS)

# It chooses the transports itself.
$(B)/unit/t_transport: WRAP = -Wl,--wrap=transport_of

# Built by "make fuzz" only: libFuzzer's main() and clang's sanitizers.
$(FUZZ): $(B)/fuzz/%: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) $(filter-out $(B)/cmd/prun/main.o,$(CMD_OBJ)) \
		$(B)/libprun.a
	$(Q) $(CC) $(CMD_FLAGS) -iquote tests/fuzz $(CFLAGS) -fsanitize=fuzzer -o $@ $< $(filter-out $(INSTEAD),$(filter %.o %.a,$^)) \
	    $(CMD_LIBS) $(LIB_LIBS)

# It sees the library from inside.
$(B)/fuzz/f_frame: $(LIB_OBJ)
$(B)/fuzz/f_frame: INSTEAD = $(B)/libprun.a

# Small and plain: they misbehave on purpose, sanitizers would only slow them.
$(HELPER): $(B)/helper/%: tests/helper/%.c
	$(Q) $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(CPPFLAGS) $(CFLAGS) -o $@ $<

$(B)/bench/exit0: tests/bench/exit0.c
	$(Q) $(CC) -std=gnu11 $(WARN) -O2 -static -nostdlib -fno-stack-protector -o $@ $<

$(B)/bench/%: tests/bench/%.c
	$(Q) $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 -o $@ $<

# What a user of the library would write.
$(B)/bench/pool $(B)/bench/workers: $(B)/bench/%: tests/bench/%.c $(B)/libprun.a
	$(Q) $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Ilib -O2 -o $@ $^ $(LIB_LIBS)

# ---- tests ----

# Not by its own name: the tests are no part of this make and get no job server.
SELF = $(MAKE)

# Unit tests, bats under prun itself (BATS_JOBS=1: one after the other), conformance.
check check-fast: CHECKS = check-layers check-headers check-sizes
check-fast: PARTS = checks unit
check-fast: FAST = 1
check check-fast check-tests: all $(UNIT) $(HELPER) $(if $(SAN),,shared)
	@B='$(abspath $(B))' SAN='$(SAN)' CC='$(CC)' CHECKS='$(CHECKS)' PARTS='$(PARTS)' TEST_FAST='$(FAST)' \
	    MAKE='$(SELF) B=$(B)' tests/check-tests $(abspath $(UNIT))

# make t_buf: one unit test, T=NAME: one test of it.
$(notdir $(UNIT)): %: $(B)/unit/% $(HELPER)
	@$< $(T)

check-layers: $(CMD_OBJ) $(B)/libprun.a $(B)/libprun.so.0
	@NM='$(NM)' tests/check-layers $(B)

check-headers:
	@CC='$(CC)' tests/check-headers $(UNIT_CMD_FLAGS) -- $(H_ALL)

check-sizes:
	@tests/check-sizes $(C_ALL) $(H_ALL)

ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# PRUN_DEBUG: each change of a task's and a worker's state is looked up in their tables.
asan:
	$(MAKE) B=build-asan SAN='$(ASAN)' CFLAGS='-O1 -g -DPRUN_DEBUG' check-tests

# Without address randomisation, which some kernels make too wide for it.
tsan:
	$$(setarch -R true 2>/dev/null && echo setarch -R) $(MAKE) B=build-tsan SAN=-fsanitize=thread CFLAGS='-O1 -g' check-tests

valgrind: all $(HELPER)
	@tests/check-valgrind $(abspath $(B))

# Each target for a minute, from the seeds and what earlier runs found.
# (NULL + 0, which pointer-overflow minds, is what every compiler takes it for.)
FUZZ_SECONDS ?= 60
FUZZ_SAN := address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined
fuzz:
	$(MAKE) B=build-fuzz CC=clang CFLAGS='-O1 -g -Wno-unknown-warning-option' \
	    SAN='-fsanitize=fuzzer-no-link,$(FUZZ_SAN)' fuzz-run
fuzz-run: $(FUZZ)
	@tests/check-fuzz $(FUZZ_SECONDS) $(FUZZ)

lint:
	@CC='$(CC)' MAKE='$(MAKE)' tests/check-lint '$(UNIT_CMD_FLAGS)' $(MAN) -- $(C_ALL) $(H_ALL)

unit: $(UNIT)
helper: $(HELPER)

# BENCH_FLAGS='--only cat --turns 3': a part of it.  GNU_PARALLEL=PATH: where it is.
bench bench-quick: all $(BENCH) $(B)/helper/delay
	@tests/bench/bench $(if $(filter bench-quick,$@),--quick) $(BENCH_FLAGS) $(abspath $(B))

# ---- for people ----

demo: all
	@tests/demo $(abspath $(B))

deps:
	@tests/check-deps $(DEPS_BUILD) $(if $(filter $(TESTING),$(MAKECMDGOALS)),$(DEPS_TEST) $(DEPS_LINT))

deps-check:
	@tests/check-deps $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_LINT)

deps-bench:
	@tests/check-deps $(DEPS_BUILD) $(DEPS_BENCH) python3

deps-deb:
	@tests/check-deps $(DEPS_BUILD) $(DEPS_DEB)

deps-fuzz:
	@tests/check-deps $(DEPS_BUILD) $(DEPS_FUZZ)

$(LIB_OBJ) $(CMD_OBJ) $(UNIT_OBJ) $(HELPER) $(BENCH) $(B)/libprun.pc: | $(filter deps deps-%,$(MAKECMDGOALS))

D = $(DESTDIR)
# Folders that begin with the shell's name, and the same file under the other names of the program.
COMPLETIONS := bash-completion/completions/prun zsh/site-functions/_prun \
	fish/vendor_completions.d/prun.fish
COMPLETION_LINKS := $(foreach name,sem prunctl,bash-completion/completions/$(name) fish/vendor_completions.d/$(name).fish)
# "function.3:page.3" for each further name that a page of the library has.
man_links = $(shell awk 'FNR == 1 { page = FILENAME; sub(".*/", "", page); names = 1 } \
	/^\.Nd/ { names = 0 } names && /^\.Nm/ && $$2 ".3" != page { print $$2 ".3:" page }' \
	$(filter %.3,$(MAN)))
# link_name NAME: a link to prun, but never in the place of another package's program.
link_name = name=$(D)$(BINDIR)/$(1); if [ -e "$$name" ] && [ "$$(readlink "$$name")" != prun ]; \
	then echo "$(1): $$name is not prun's and stays; BINDIR= another folder before it in PATH" >&2; $(2) \
	else ln -sf prun "$$name"; fi
# $PARALLEL in the environment has options of parallel.
install-parallel: PARALLEL = 1
install-parallel: install
install: all $(if $(SHARED),shared)
	install -d $(D)$(BINDIR) $(D)$(LIBDIR)/pkgconfig $(D)$(INCLUDEDIR) \
	    $(dir $(addprefix $(D)$(PREFIX)/share/,$(COMPLETIONS)))
	install -m 755 $(B)/prun$(if $(SHARED),-shared) $(D)$(BINDIR)/prun
	ln -sf prun $(D)$(BINDIR)/prunctl
	$(call link_name,sem,)
	$(if $(filter 1,$(PARALLEL)),$(call link_name,parallel,exit 1;))
	install -m 644 $(H_PUBLIC) $(D)$(INCLUDEDIR)
	if [ -e $(B)/prun-static ]; then \
	    install -D -m 755 $(B)/prun-static $(D)$(LIBEXECDIR)/prun/prun-static; fi
	install -m 644 $(B)/libprun.a $(D)$(LIBDIR)/libprun.a
	install -m 755 $(B)/libprun.so.0 $(D)$(LIBDIR)/libprun.so.0
	ln -sf libprun.so.0 $(D)$(LIBDIR)/libprun.so
	$(PC) >$(D)$(LIBDIR)/pkgconfig/libprun.pc
	for file in $(COMPLETIONS); do $(B)/prun --shell-completion $${file%%[-_/]*} \
	    >$(D)$(PREFIX)/share/$$file || exit; done
	for file in $(COMPLETION_LINKS); do case $$file in *.fish) suffix=.fish ;; *) suffix= ;; esac; \
	    ln -sf prun$$suffix $(D)$(PREFIX)/share/$$file || exit; done
	for n in $(patsubst .%,%,$(sort $(suffix $(MAN)))); do \
	    install -D -m 644 -t $(D)$(MANDIR)/man$$n man/*.$$n || exit; done
	for name in $(man_links); do \
	    ln -sf $${name#*:} $(D)$(MANDIR)/man$${name##*.}/$${name%%:*} || exit; done

uninstall:
	for name in sem parallel; do [ "$$(readlink $(D)$(BINDIR)/$$name)" != prun ] || \
	    rm -f $(D)$(BINDIR)/$$name || exit; done
	rm -f $(addprefix $(D)$(BINDIR)/,prun prunctl) $(addprefix $(D)$(INCLUDEDIR)/,$(notdir $(H_PUBLIC))) \
	    $(D)$(LIBEXECDIR)/prun/prun-static \
	    $(addprefix $(D)$(LIBDIR)/,libprun.a libprun.so libprun.so.0 pkgconfig/libprun.pc)
	rm -f $(addprefix $(D)$(PREFIX)/share/,$(COMPLETIONS) $(COMPLETION_LINKS))
	rm -f $(foreach page,$(notdir $(MAN)),$(D)$(MANDIR)/man$(lastword $(subst ., ,$(page)))/$(page)) \
	    $(foreach name,$(man_links),$(D)$(MANDIR)/man3/$(firstword $(subst :, ,$(name))))

# ---- for those who hand it on ----

# The same commit gives the same bytes.
DIST = prun-$(VERSION)
dist:
	@mkdir -p $(B)/dist
	@git describe --always >$(B)/dist/.commit
	git archive --prefix=$(DIST)/ --add-file=$(B)/dist/.commit HEAD | gzip -9n >$(B)/$(DIST).tar.gz

distcheck: dist
	rm -rf $(B)/dist/$(DIST)
	tar -C $(B)/dist -xzf $(B)/$(DIST).tar.gz
	$(MAKE) -C $(B)/dist/$(DIST) B=build check-fast

deb: all
	@MAKE='$(SELF)' cmd/debian/build $(abspath $(B)) $(VERSION) $(abspath $(B))/deb
	@ls $(B)/deb/*.deb

clean:
	rm -rf $(B) build-asan build-fuzz build-tsan build-werror

.PHONY: all asan bench bench-quick check check-fast check-headers check-layers check-sizes \
	check-tests clean deb demo deps deps-bench deps-check deps-deb deps-fuzz dist distcheck fuzz fuzz-run helper install install-parallel lint shared static tsan uninstall unit valgrind $(notdir $(UNIT))
.SECONDARY:
.DELETE_ON_ERROR:
-include $(LIB_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(UNIT_OBJ:.o=.d)
