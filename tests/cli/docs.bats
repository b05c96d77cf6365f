# SPDX-License-Identifier: ISC
#
# The manual pages: they are well formed, name what there is, and the programs in
# them do what they say.

load setup

pages3() { echo "$REPO"/man/*.3; }

# The names of a page's NAME section.
page_names() { # PAGE
	sed -n -e '/^\.Nd/q' -e 's/^\.Nm \([A-Za-z_0-9]*\).*/\1/p' "$1"
}

# build_programs: every program of the section 3 pages, in this folder.
build_programs() {
	local source
	"$REPO/tests/doc/programs" -v folder=. $(pages3)
	for source in *.c; do
		# shellcheck disable=SC2086
		cc -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
			-Werror ${SAN:-} -I"$REPO/lib" -o "${source%.c}" "$source" "$B/libprun.a" \
			$(sed -n 's/^Libs.private: //p' "$B/libprun.pc")
	done
}

@test "mandoc finds nothing to say about the pages" {
	need mandoc
	run --separate-stderr mandoc -Tlint -Wstyle "$REPO"/man/*.[1-9]
	# Pages of others may not be installed here; ours are among those given.
	run grep -v 'referenced manual not found: Xr ' <<<"$output"
	assert_output ''
}

@test "a page that is referred to and is ours is there" {
	run bash -c 'sed -n "s/^\.Xr \(prun[a-z_]*\|libprun\|sem\) \([0-9]\).*/\1.\2/p" "$@" | sort -u' \
		- "$REPO"/man/*.[1-9]
	assert_success
	for page in $output; do
		assert_file_exists "$REPO/man/$page"
	done
}

@test "every function of prun.h is found by its name, and no other" {
	sed -n 's/^[a-z].*[ *]\(prun_[a-z_]*\)(.*/\1/p' "$REPO/lib/prun.h" |
		grep -v '_fn$' | sort >declared
	[ -s declared ]
	for page in $(pages3); do
		page_names "$page"
	done | grep '^prun_' | grep -vx -e prun_spec -e prun_result | sort >described
	diff declared described
}

@test "every constant of prun.h is described" {
	grep -o '\<PRUN_[A-Z_]*[A-Z]\>' "$REPO/lib/prun.h" | sort -u |
		grep -vx -e PRUN_H -e PRUN_VERSION -e PRUN_STEP_NONE >declared
	# shellcheck disable=SC2046
	cat $(pages3) | grep -o '\<PRUN_[A-Z_]*[A-Z]\>' | sort -u >described
	run comm -23 declared described
	assert_output ''
}

@test "make install lets man find each function of the library" {
	make -C "$REPO" -s B="$B" SAN="${SAN:-}" PREFIX=/usr DESTDIR="$T/root" install
	for page in $(pages3); do
		for name in $(page_names "$page"); do
			assert_file_exists "$T/root/usr/share/man/man3/$name.3"
			cmp "$page" "$T/root/usr/share/man/man3/$name.3"
		done
	done
}

@test "the program of libprun.3 builds and does what the page says" {
	build_programs
	printf 1 >one
	printf 22 >two
	run --separate-stderr ./libprun-1 one /nonexistent two
	assert_failure 1
	assert_output - <libprun-1.out
}

@test "the programs of the other section 3 pages do what the pages say" {
	local n=0 name
	build_programs
	for program in *.c; do
		name=${program%.c}
		[ "$name" != libprun-1 ] || continue
		n=$((n + 1))
		timeout 30 "./$name" >"$name.got"
		if [ -e "$name.out" ]; then
			diff "$name.out" "$name.got"
		else
			[ -s "$name.got" ]
		fi
	done
	[ "$n" -ge 8 ]
}
