# SPDX-License-Identifier: ISC
#
# What make install puts where, and that a stranger's program builds on it.

load setup

install_into() { # DESTDIR
	make -C "$REPO" -s B="$B" SAN="${SAN:-}" PREFIX=/usr DESTDIR="$1" install
}

@test "make install puts everything in its place, make uninstall takes it away" {
	install_into "$T/root"
	assert_file_executable "$T/root/usr/bin/prun"
	assert_link_exists "$T/root/usr/bin/sem"
	assert_link_exists "$T/root/usr/bin/prunctl"
	assert_not_exists "$T/root/usr/bin/parallel"
	for header in "$REPO"/lib/*.h; do
		assert_file_exists "$T/root/usr/include/${header##*/}"
	done
	assert_file_exists "$T/root/usr/lib/libprun.a"
	assert_file_exists "$T/root/usr/lib/libprun.so.0"
	assert_file_exists "$T/root/usr/lib/pkgconfig/libprun.pc"
	assert_file_exists "$T/root/usr/share/bash-completion/completions/prun"
	assert_file_exists "$T/root/usr/share/zsh/site-functions/_prun"
	assert_file_exists "$T/root/usr/share/fish/vendor_completions.d/prun.fish"
	for name in sem prunctl; do
		assert_file_exists "$T/root/usr/share/bash-completion/completions/$name"
		assert_file_exists "$T/root/usr/share/fish/vendor_completions.d/$name.fish"
	done
	for page in "$REPO"/man/*.[1-9]; do
		[ -e "$page" ] || continue
		assert_file_exists "$T/root/usr/share/man/man${page##*.}/${page##*/}"
	done
	run "$T/root/usr/bin/prun" -k echo ::: installed
	assert_success
	assert_output installed

	make -C "$REPO" -s B="$B" PREFIX=/usr DESTDIR="$T/root" uninstall
	run find "$T/root" ! -type d
	assert_output ''
}

@test "a program builds with pkg-config against the shared and the static library" {
	need pkg-config
	make -C "$REPO" -s B="$B" SAN="${SAN:-}" PREFIX="$T/root" install
	export PKG_CONFIG_PATH=$T/root/lib/pkgconfig
	cat >program.c <<-'END'
		#include <prun.h>
		#include <stdio.h>

		int
		main(void)
		{
			const char *argv[] = { "echo", "from a child", NULL };
			struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
			struct prun_result result = { .size = sizeof(result) };

			if (prun_check_call(&spec, &result) != 0)
				return 1;
			return printf("status %d\n", result.status) < 0;
		}
	END
	# shellcheck disable=SC2046,SC2086
	cc ${SAN:-} -o shared program.c $(pkg-config --cflags --libs libprun)
	LD_LIBRARY_PATH=$T/root/lib run ./shared
	assert_success
	assert_output $'from a child\nstatus 0'
	run readelf -d shared
	assert_output --partial 'libprun.so.0'

	# What the library needs for itself is no business of a program with the shared one.
	run pkg-config --libs libprun
	refute_output --partial zstd
	rm "$T"/root/lib/libprun.so*
	# shellcheck disable=SC2046,SC2086
	cc ${SAN:-} -o static program.c $(pkg-config --static --cflags --libs libprun)
	run ./static
	assert_success
	assert_output $'from a child\nstatus 0'
}

@test "prun.h is plain to strict and old compilers, and to C++" {
	echo '#include <prun.h>' >header.c
	for std in c99 c11 gnu17 c2x; do
		cc -std=$std -pedantic -Wall -Wextra -Werror -fsyntax-only \
			-I"$REPO/lib" header.c
	done
	need g++
	for std in c++98 c++20; do
		g++ -std=$std -x c++ -pedantic -Wall -Wextra -Werror \
			-fsyntax-only -Wno-long-long -I"$REPO/lib" header.c
	done
}
