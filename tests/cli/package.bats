# SPDX-License-Identifier: ISC
#
# How prun gets to its users: what it says of itself, the static program, packages and
# the tarball.

load setup

make_here() { # GOAL...
	make -C "$REPO" -s --no-print-directory B="$B" SAN="${SAN:-}" "$@"
}

# A program without sanitizers.
need_plain() {
	[ -z "${SAN:-}" ] || skip 'what a sanitizer is built into is not what is installed'
}

@test "--version says what prun was built with" {
	run -0 "$PRUN" --version
	assert_line --index 0 --regexp '^prun [0-9]+\.[0-9]+\.[0-9]+$'
	assert_line --regexp '^commit: [0-9a-z]'
	assert_line --regexp '^compiler: .*[0-9]'
	assert_line --regexp '^libraries: pcre2 [0-9].*, jansson [0-9].*, zstd [0-9].*, libcsv [0-9].*, glibc [0-9]'
	version=${lines[0]#prun }
	# The manual tells what is new in it.
	grep -q "^Version $version " "$REPO/man/prun.1"
}

@test "a commit is told by .commit, else by git, else what was known stays" {
	need git
	mkdir tree
	cp "$REPO/Makefile" tree
	commit_of() {
		make -C tree -s B="$PWD/b" "$PWD/b/commit"
		cat b/commit
	}
	git init -q tree
	run -0 commit_of
	assert_output '-DBUILT_COMMIT="\"unknown\""'
	git -C tree add Makefile
	git -C tree -c user.name=x -c user.email=x@y commit -qm x
	run -0 commit_of
	assert_output "-DBUILT_COMMIT=\"\\\"$(git -C tree rev-parse --short HEAD)\\\"\""
	echo '#' >>tree/Makefile
	run -0 commit_of
	assert_output --partial '-dirty'
	touch -d 2020-01-01 b/commit
	rm -rf tree/.git
	mkdir tree/.git # no repository, nor the one around it
	run -0 commit_of
	assert_output --partial '-dirty'
	[ b/commit -ot tree/Makefile ]
	echo v9 >tree/.commit
	run -0 commit_of
	assert_output '-DBUILT_COMMIT="\"v9\""'
}

@test "install-parallel links the name, but never over another's program" {
	make_here PREFIX=/usr DESTDIR="$T/root" install-parallel
	assert_equal "$(readlink "$T/root/usr/bin/parallel")" prun
	run -0 "$T/root/usr/bin/parallel" --version
	assert_line --index 0 --partial 'GNU parallel'
	make_here PREFIX=/usr DESTDIR="$T/root" uninstall
	run find "$T/root" ! -type d
	assert_output ''

	echo theirs | tee "$T/root/usr/bin/parallel" >"$T/root/usr/bin/sem"
	run -2 make_here PREFIX=/usr DESTDIR="$T/root" PARALLEL=1 install
	assert_line "sem: $T/root/usr/bin/sem is not prun's and stays; BINDIR= another folder before it in PATH"
	assert_line --partial "parallel: $T/root/usr/bin/parallel is not prun's"
	make_here PREFIX=/usr DESTDIR="$T/root" uninstall
	assert_equal "$(cat "$T"/root/usr/bin/*)" $'theirs\ntheirs'
}

@test "programs and library are hardened" {
	need_plain
	for file in prun libprun.so.0; do
		readelf -dlsW "$B/$file" >elf
		for word in BIND_NOW GNU_RELRO __stack_chk_fail _chk@; do
			grep -q "$word" elf || fail "$file lacks $word"
		done
	done
	readelf -hW "$B/prun" | grep -q 'DYN (Position-Independent Executable file)'
}

@test "the program needs no shared library but those of the C library, that of packages needs them all" {
	need_plain
	for name in bsd csv jansson pcre2-8 zstd; do
		[ -e "$("${CC:-cc}" -print-file-name=lib$name.a)" ] || skip "there is no lib$name.a"
	done
	needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\([^]]*\)\].*/\1/p' | grep -v -e '^libc\.' -e '^ld-linux'; }
	run -1 needed "$B/prun"
	make_here shared
	run -0 needed "$B/prun-shared"
	for name in bsd csv jansson pcre2-8 zstd; do
		assert_line --partial "lib$name.so"
	done
	run -0 "$B/prun-shared" -k echo ::: a
	assert_output a
}

@test "the static program runs in a folder where nothing else is" {
	need_plain
	make_here static
	readelf -dlW "$B/prun-static" >elf
	run -1 grep -E 'NEEDED|INTERP' elf
	mkdir -p empty/dev
	cp "$B/prun-static" empty/prun
	touch empty/dev/null # all that jobs need
	local enter=(env -i "$(command -v chroot)")
	[ "$(id -u)" = 0 ] || enter=(env -i "$(command -v unshare)" -r "$(command -v chroot)")
	"${enter[@]}" empty /prun --version >/dev/null || skip 'neither root nor user namespaces here'
	# No shell is there either: a job that needs none runs.
	run -0 --separate-stderr "${enter[@]}" empty /prun -k --tag /prun --minversion ::: 20200101 20210101
	assert_output $'20200101\t20221122\n20210101\t20221122'
	run -0 --separate-stderr "${enter[@]}" empty /prun --results /out.json /prun --minversion ::: 1
	grep -q '"Stdout": "20221122\\u000a"' empty/out.json
	run -255 "${enter[@]}" empty /prun '/prun --version; :' ::: x
	assert_line "prun: Error: Shell '/bin/sh' not found."
	run -0 "${enter[@]}" empty /prun --dry-run --rpl '{s} s/(x)\.c$/$1.o/' cc {s} ::: x.c
	assert_output 'cc x.o'
}

@test "make dist: the same bytes each time, all files, and what commit it is" {
	need git
	git -C "$REPO" rev-parse -q --verify HEAD >/dev/null || skip 'this is no clone'
	make -C "$REPO" -s B="$T/one" dist
	make -C "$REPO" -s B="$T/two" dist
	cmp "$T"/one/*.tar.gz "$T"/two/*.tar.gz
	tar -xzf "$T"/one/prun-*.tar.gz
	cd prun-*
	run -0 diff <(find . -type f | sed 's,^\./,,' | sort) <(git -C "$REPO" ls-tree -r --name-only HEAD | cat - <(echo .commit) | sort)
	make -s B="$T/b" "$T/b/commit"
	grep -q "\"$(git -C "$REPO" describe --always)" "$T/b/commit"
	# It is a whole source: make knows how to build all that there is to be built.
	make -n B="$T/b" all unit helper static >/dev/null
}

# debs: builds the packages; their folder is $DEBS.
debs() {
	need_plain
	need dpkg-deb dpkg-gencontrol dpkg-shlibdeps
	DEBS=$T/debs
	"$REPO/cmd/debian/build" "$B" "$("$PRUN" --version | sed -n '1s/prun //p')" "$DEBS"
}

# in_root OPTION...: dpkg in a root of our own, which has what this machine has, save for files.
in_root() {
	dpkg --root="$T/root" --force-not-root --no-triggers "$@" 2>"$T/dpkg.err" || { cat "$T/dpkg.err" >&2; return 1; }
}

@test "the packages are installed, work, and are removed" {
	debs
	mkdir -p "$T"/root/var/lib/dpkg/{info,updates,triggers}
	awk -v RS= -v ORS='\n\n' '!/^Package: (parallel|moreutils|prun|prun-parallel|libprun0|libprun-dev)\n/' \
		/var/lib/dpkg/status >"$T/root/var/lib/dpkg/status"
	in_root -i "$DEBS"/prun_*.deb "$DEBS"/libprun0_*.deb "$DEBS"/libprun-dev_*.deb
	assert_not_exists "$T/root/usr/bin/parallel"
	assert_not_exists "$T/root/usr/bin/sem"
	run -0 "$T/root/usr/bin/prun" -k echo ::: a b
	assert_output $'a\nb'
	assert_link_exists "$T/root/usr/bin/prunctl"
	dpkg-deb -f "$DEBS"/prun_*.deb Depends | grep -q libzstd1 # its program has shared libraries
	gzip -dc "$T/root/usr/share/man/man1/prun.1.gz" | cmp - "$REPO/man/prun.1"
	run -0 find "$T/root" -xtype l
	assert_output ''
	need pkg-config
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$T/root
	PKG_CONFIG_PATH=$(dirname "$(find "$T/root" -name libprun.pc)")
	printf '#include <prun.h>\n#include <stdio.h>\nint main(void) { return puts(prun_version()) < 0; }\n' >v.c
	# shellcheck disable=SC2046
	cc -o v v.c -I"$T/root/usr/include" -L"${PKG_CONFIG_PATH%/pkgconfig}" -lprun
	LD_LIBRARY_PATH=${PKG_CONFIG_PATH%/pkgconfig} run -0 ./v
	assert_output "$("$PRUN" --version | sed -n '1s/prun //p')"

	in_root -i "$DEBS"/prun-parallel_*.deb
	run -0 "$T/root/usr/bin/parallel" --version
	assert_line --index 0 --partial 'GNU parallel'
	in_root -P prun prun-parallel libprun0 libprun-dev
	assert_not_exists "$T/root/usr"

	# Not beside those whose names it has.
	for other in parallel moreutils; do
		printf '\nPackage: %s\nStatus: install ok installed\nMaintainer: x\nArchitecture: all\nVersion: 1\nDescription: x\n' $other \
			>>"$T/root/var/lib/dpkg/status"
		in_root -i "$DEBS"/prun_*.deb
		run -1 in_root -i "$DEBS"/prun-parallel_*.deb
		assert_output --partial "conflict"
		in_root -P $other
	done
}

@test "lintian finds no errors in the packages" {
	need lintian
	debs
	run -0 lintian --fail-on error --allow-root "$DEBS"/*.deb
}
