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
