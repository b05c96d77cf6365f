# SPDX-License-Identifier: ISC
#
# make            the command, both libraries, the sem and parallel links
# make deps       install what the build and the tests need (Debian)
# make demo       see it work;  make check: see that it works
# Everything made stands in $(B); asan and tsan are the same rules with another B.

B ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
OBJCOPY ?= objcopy
SAN =

LIB_SRC := $(sort $(wildcard lib/*/*.c))
CMD_SRC := $(sort $(wildcard cmd/prun/*.c cmd/prun/*/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/t_*.c))

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

PC_CFLAGS := $(shell $(PKG_CONFIG) --cflags libbsd-overlay 2>/dev/null)
LIB_LIBS := $(shell $(PKG_CONFIG) --libs libbsd-overlay 2>/dev/null || echo -lbsd) -pthread
CMD_LIBS := $(shell $(PKG_CONFIG) --libs libpcre2-8 jansson 2>/dev/null || \
	echo -lpcre2-8 -ljansson) -lcsv

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wvla
BASE = -std=gnu11 -D_GNU_SOURCE $(PC_CFLAGS) -pthread -MMD -MP $(WARN) $(SAN)
LIB_FLAGS = $(BASE) -Ilib -fvisibility=hidden -fPIC
CMD_FLAGS = $(BASE) -Ilib -Icmd/prun -DPCRE2_CODE_UNIT_WIDTH=8
UNIT_FLAGS = $(BASE) -Ilib -Icmd/prun -Itests/unit -DPCRE2_CODE_UNIT_WIDTH=8

PROGRAM := $(if $(wildcard cmd/prun/main.c),$(B)/prun $(B)/sem $(B)/parallel)

all: $(B)/libprun.a $(B)/libprun.so $(PROGRAM)

$(B)/prun: $(CMD_OBJ) $(B)/libprun.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $(CMD_OBJ) $(B)/libprun.a $(CMD_LIBS) $(LIB_LIBS)

$(B)/sem $(B)/parallel: $(B)/prun
	ln -sf prun $@

# One relocatable object whose hidden symbols are local: of the archive only
# the names that prun.h makes visible can be linked to.
$(B)/libprun.a: $(LIB_OBJ)
	$(LD) -r -o $(B)/libprun.o $(LIB_OBJ)
	$(OBJCOPY) --localize-hidden $(B)/libprun.o
	rm -f $@
	$(AR) rcs $@ $(B)/libprun.o

$(B)/libprun.so.0: $(LIB_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -shared -Wl,-soname,libprun.so.0 -o $@ $(LIB_OBJ) $(LIB_LIBS)

$(B)/libprun.so: $(B)/libprun.so.0
	ln -sf libprun.so.0 $@

$(B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(LIB_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/cmd/%.o: cmd/%.c
	@mkdir -p $(@D)
	$(CC) $(CMD_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# t_cmd_*.c tests rooms of the command, every other one rooms of the library,
# whose objects it sees from inside.
$(B)/unit/t_cmd_%: $(B)/unit/t_cmd_%.o $(filter-out $(B)/cmd/prun/main.o,$(CMD_OBJ)) $(B)/libprun.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(CMD_LIBS) $(LIB_LIBS)

$(B)/unit/t_%: $(B)/unit/t_%.o $(LIB_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

unit: $(UNIT)

check-unit: $(UNIT)
	@rc=0; for t in $(UNIT); do echo "# $$t"; $$t || rc=1; done; exit $$rc

asan:
	$(MAKE) B=build-asan SAN="-fsanitize=address,undefined -fno-omit-frame-pointer" check

tsan:
	$(MAKE) B=build-tsan SAN="-fsanitize=thread" check

check: all check-unit

clean:
	rm -rf build build-*

.PHONY: all unit check-unit check asan tsan clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
