# SPDX-License-Identifier: ISC
#
# Programs that were compiled with another prun.h than the library's.  tests/abi has a
# folder for each version whose programs must go on to run.

load setup

OLD=$REPO/tests/abi/0.1

# build NAME FOLDER FLAG...: the program, with the prun.h of that folder.
build() {
	local name=$1 folder=$2
	shift 2
	# shellcheck disable=SC2086
	cc ${SAN:-} -std=gnu11 -Wall -Werror -iquote "$folder" "$@" -o "$name" \
		"$REPO/tests/abi/program.c" -L"$B" -lprun
}

today() { LD_LIBRARY_PATH=$B run "$@"; }

RIGHT=$'text\n0 0 0\n3 4 0\n3'

@test "a program compiled with the header of 0.1 runs with the library of today" {
	build program "$OLD"
	today ./program
	assert_success
	assert_output "$RIGHT"
}

# Each structure that has a size has members that nobody knows today.
@test "a program of tomorrow works as long as what it has more is zero" {
	mkdir tomorrow
	awk 'FNR == 1 { header = FILENAME; sub(".*/", "tomorrow/", header) }
		/^struct prun_[a-z_]+ {/ { sized = 0; name = $2 }
		/^\tsize_t size;/ { sized = name != "prun_output" }
		/^};/ && sized { print "\tlong tomorrow[9];" >header; sized = 0 }
		{ print >header }' "$REPO"/lib/prun*.h
	assert_equal "$(cat tomorrow/*.h | grep -c 'tomorrow\[9\]')" \
		"$(($(cat "$REPO"/lib/prun*.h | grep -c '^	size_t size;') - 1))"
	build program tomorrow -DTOMORROW
	today ./program
	assert_success
	assert_output "$RIGHT"
	today ./program result # filled in with zeros
	assert_success
	assert_output "$RIGHT"
	for which in spec sudo opts specs next; do
		today ./program $which
		assert_failure
		assert_output --partial ': Argument list too long'
	done
}

# members FOLDER: where each member of each structure of that prun.h is, and its size.
members() {
	cc -E -P -iquote "$1" -include prun.h -x c /dev/null | tr -s '\n\t ' '   ' |
		grep -oE 'struct prun_[a-z_]+ \{[^{}]*\}' |
		sed -e 's/(\*\([a-z_]*\))([^)]*)/\1/g' -e 's/[{};,]/ & /g' |
		awk -v q='"' '{
			type = $1 " " $2
			for (i = 3; i <= NF; i++) {
				if ($i !~ /^[;,]$/)
					continue
				name = $(i - 1)
				gsub(/[^a-z_]/, "", name)
				print "M(" type ", " name ")"
			}
			print "END(" type ", " name ")"
		}' >members.list
	[ "$(wc -l <members.list)" -gt 100 ]
	{
		cat <<-'END'
			#include <stdio.h>
			#include "prun.h"
			#define M(t, m) printf("%s.%s %zu %zu\n", #t, #m, \
				offsetof(t, m), sizeof(((t *)0)->m));
			#define END(t, m) _Static_assert(sizeof(t) == offsetof(t, m) + \
				sizeof(((t *)0)->m), #t " ends in padding");
			int main(void) {
		END
		cat members.list
		echo 'return 0; }'
	} >members.c
	cc -std=gnu11 -iquote "$1" -o members members.c
	./members
}

@test "what the header of 0.1 promises, the library of today keeps" {
	# Where a member is does not change, and no structure ends in padding.
	# (The result at the end of a prun_output may grow.)
	members "$OLD" | sed '/^struct prun_output.result /s/ [0-9]*$//' >old.members
	members "$REPO/lib" | sed '/^struct prun_output.result /s/ [0-9]*$//' >new.members
	run grep -vxFf new.members old.members
	assert_output ''
	# Nor do numbers: flags, and the members of enums.
	for folder in "$OLD" "$REPO/lib"; do
		cc -E -dM -iquote "$folder" -include prun.h -x c /dev/null |
			grep -E '^#define PRUN_[A-Z_]+ (0x|[0-9])' | grep -v VERSION
		cc -E -P -iquote "$folder" -include prun.h -x c /dev/null |
			tr -s '\n\t ' '   ' | grep -oE 'enum prun_[a-z_]+ \{[^}]*'
	done >numbers
	grep '^#define' numbers | sort | uniq -c >defines
	run awk '{ n[$3]++ } END { for (name in n) if (n[name] > 1) print name }' defines
	assert_output ''
	# Each flag has a bit of its own among those of its structure.
	run awk '/^#define PRUN_[A-Z]+_[A-Z_]+ 0x[0-9a-f]+u/ {
		split($2, word, "_")
		if (n[word[2] $3]++) print $2, $3 }' "$REPO"/lib/prun*.h
	assert_output ''
	# An enum may grow at its end.
	run awk '/^enum/ { if ($2 in old) { if (index($0, old[$2]) != 1) print } else old[$2] = substr($0, 1, length($0) - 1) }' numbers
	assert_output ''
	# Nor does a function go.
	grep -oE '^[a-z].*[ *]prun_[a-z_]+\(' "$OLD/prun.h" | grep -v typedef |
		grep -oE 'prun_[a-z_]+' | sort -u >old.functions
	[ "$(wc -l <old.functions)" -gt 80 ]
	nm -D --defined-only "$B/libprun.so.0" | sed 's/@.*//; s/.* //' | sort >exported
	run comm -23 old.functions exported
	assert_output ''
	# All that is exported has the version that lib/libprun.map gives it.
	run sh -c 'nm -D --defined-only "$1" | grep -v " A LIBPRUN_0$" | grep -v "@@LIBPRUN_0$"' - "$B/libprun.so.0"
	assert_output ''
}
