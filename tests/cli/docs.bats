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

# build_programs PAGE...: every program of these pages, in this folder.
build_programs() {
	local source libs
	need pkg-config
	"$REPO/tests/doc/programs" -v folder=. "$@"
	for source in *.c; do
		libs=$(sed -n 's/^Libs.private: //p' "$B/libprun.pc")
		# shellcheck disable=SC2046
		libs="$libs $(pkg-config --libs $(sed -n 's/^Requires.private: //p' "$B/libprun.pc"))"
		if grep -q '<event2/' "$source"; then
			libs="$(pkg-config --libs libevent) $libs"
		elif grep -q '<openssl/' "$source"; then
			libs="$(pkg-config --libs openssl) $libs"
		fi
		# shellcheck disable=SC2086
		cc -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes \
			-Wstrict-prototypes -Werror ${SAN:-} -I"$REPO/lib" -o "${source%.c}" \
			"$source" "$B/libprun.a" $libs
	done
}

# Each program in this folder prints what its page says.
run_programs() {
	local name
	for program in *.c; do
		name=${program%.c}
		[ "$name" != libprun-1 ] || continue
		timeout 30 "./$name" >"$name.got" 2>&1
		if [ -e "$name.out" ]; then
			diff "$name.out" "$name.got"
		else
			[ -s "$name.got" ]
		fi
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
	run bash -c 'sed -n "s/^\.Xr \(prun[a-z_]*\|libprun[a-z-]*\|sem\) \([0-9]\).*/\1.\2/p" "$@" | sort -u' \
		- "$REPO"/man/*.[1-9]
	assert_success
	for page in $output; do
		assert_file_exists "$REPO/man/$page"
	done
}

@test "every function of prun.h is found by its name, and no other" {
	sed -n '/^typedef /!s/^[a-z].*[ *]\(prun_[a-z_]*\)(.*/\1/p' "$REPO"/lib/prun*.h |
		sort >declared
	[ -s declared ]
	for page in $(pages3); do
		page_names "$page"
	done | grep '^prun_' | grep -vx -e prun_spec -e prun_result -e prun_log | sort >described
	diff declared described
}

@test "every constant of prun.h is described" {
	grep -oh '\<PRUN_[A-Z_]*[A-Z]\>' "$REPO"/lib/prun*.h | sort -u |
		grep -vx -e 'PRUN_\([A-Z]*_\)\?H' -e PRUN_VERSION -e PRUN_STEP_NONE >declared
	# shellcheck disable=SC2046
	cat $(pages3) | grep -oh '\<PRUN_[A-Z_]*[A-Z]\>' | sort -u >described
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
	build_programs "$REPO/man/libprun.3"
	printf 1 >one
	printf 22 >two
	run --separate-stderr ./libprun-1 one none two
	assert_failure 1
	assert_output - <libprun-1.out
}

@test "the programs of the other section 3 pages do what the pages say" {
	# shellcheck disable=SC2046
	build_programs $(pages3)
	[ "$(find . -name '*.c' | wc -l)" -ge 9 ]
	run_programs
}

@test "the recipes of libprun-python.7 do what the page says" {
	build_programs "$REPO/man/libprun-python.7"
	[ "$(find . -name '*.c' | wc -l)" -eq 7 ]
	run_programs
}

@test "libprun-python.7 has every name of Python, and names nothing that is not there" {
	page=$REPO/man/libprun-python.7
	n=0
	while IFS= read -r line; do
		section=${line%: *}
		# The words of the section's .It lines.
		awk -v section=".Ss $section" '/^\.S[sh] / { on = $0 == section } on && /^\.It /' \
			"$page" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u >words
		for name in ${line##*: }; do
			grep -qx "$name" words || fail "$section: $name is not mapped"
			n=$((n + 1))
		done
	done < <(grep -v '^#' "$REPO/tests/doc/python-names")
	[ "$n" -ge 180 ]
	for name in $(grep -oE '\<(prun|PRUN)_[A-Za-z_]+' "$page" | grep -v '_$' | sort -u); do
		grep -qw "$name" "$REPO"/lib/prun*.h || [ -e "$REPO/man/$name.3" ] ||
			fail "$name is not there"
	done
}

# ---- READMEs ----

@test "a file that a README names is there" {
	cd "$REPO"
	for readme in README.md */README.md */*/README.md; do
		# In `...`, and relative in (...); a * and NAME stand for something.
		for file in $(grep -oE '`(lib|cmd|man|tests)/[A-Za-z0-9_./*]+`' "$readme" | tr -d '`'); do
			compgen -G "${file/NAME/*}" >/dev/null || fail "$readme names $file"
		done
		for file in $(grep -oE '\]\([^):#]+' "$readme" | cut -c3-); do
			assert_file_exists "$(dirname "$readme")/$file"
		done
	done
}

# ---- options: table, --help, prun.1 and completions are the same set ----

# "-x" and "--name" of every option that is supported, from the table.
table_flags() {
	"$PRUN" --list-options | awk '$NF == "ready" {
		if ($1 != "-") print "--" $1
		if ($2 != "-") print "-" $2 }' | sort
}

# The flags of each .It of the options in prun.1, an option a line, behind its topic and a tab.
man_topics() {
	awk '/^\.Sh / { on = $2 == "OPTIONS" }
		on && /^\.Ss / { topic = substr($0, 5) }
		on && /^\.It Fl / {
			line = ""
			for (i = 2; i < NF; i++)
				if ($i == "Fl") line = line " -" $(i + 1)
			print topic "\t" substr(line, 2)
		}' "$REPO/man/prun.1"
}

man_options() { man_topics | cut -f2; }

man_flags() { man_options | tr ' ' '\n' | sort; }

@test "every option is in --help, and nothing else is" {
	table_flags >table
	[ "$(wc -l <table)" -gt 60 ]
	"$PRUN" --help | sed -n -E 's/^ {2,6}(-[^ ,=]+)(, (-[^ ,=]+))?.*/\1 \3/p' |
		sed -E 's/\[.*//' | tr ' ' '\n' | sed '/^$/d' | sort >help
	diff table help
}

@test "every option is in prun.1, and nothing else is" {
	table_flags >table
	man_flags >man
	run comm -23 table man
	assert_output ''
	# What the page has besides are other names of the same options.
	for flag in $(comm -13 table man); do
		run "$PRUN" "$flag=x" echo ::: x
		refute_output --partial 'unknown option'
		refute_output --partial 'is not supported'
		refute_output --partial 'ambiguous'
	done
	# One entry for each.
	[ "$(man_options | wc -l)" -eq "$("$PRUN" --list-options | grep -c ' ready$')" ]
	run uniq -d man
	assert_output ''
}

@test "the options of prun.1 stand under the topics of --help, sorted by their long names" {
	local topic
	"$PRUN" --help | sed -n 's/^\([A-Z].*\):$/\1/p' >topics
	[ "$(wc -l <topics)" -gt 5 ]
	man_topics | cut -f1 | uniq | diff topics -
	while IFS= read -r topic; do
		# -x --name --other: by name; without one by the letter.
		man_topics | awk -F'\t' -v topic="$topic" '$1 == topic { print $2 }' >options
		sed -E -e 's/^-[^-] --/--/' -e 's/ .*//' -e 's/^-+//' options | tr '[:upper:]' '[:lower:]' >names
		LC_ALL=C sort -c names
		# The first name that is given for an option in both places.
		"$PRUN" --help "$topic" | sed -n -E 's/^ {2,6}(-[^ ,=[]+)(, (-[^ ,=[]+))?.*/\1 \3/p' | tr ' ' '\n' |
			sed '/^$/d' | sort >shown
		tr ' ' '\n' <options | sort >written
		run comm -23 shown written
		assert_output ''
	done <topics
}

@test "an option that is not supported is named, and described nowhere" {
	"$PRUN" --list-options | awk '$NF == "not-yet" && $1 != "-" { print "--" $1 }' >absent
	for flag in $(cat absent); do
		run "$PRUN" "$flag=x" echo ::: x
		assert_failure 255
		man_flags >man
		run grep -xF -e "$flag" man
		assert_failure
	done
}

@test "every option is in the completions" {
	table_flags >table
	"$PRUN" --shell-completion bash >prun.bash
	bash --norc -c '
		. ./prun.bash
		for word in - --; do
			COMP_WORDS=(prun "$word") COMP_CWORD=1
			COMP_LINE="prun $word" COMP_POINT=${#COMP_LINE}
			_prun
			printf "%s\n" "${COMPREPLY[@]}"
		done' | sort -u >bash.got
	diff table bash.got

	"$PRUN" --shell-completion zsh >_prun
	sed -n -E "s/^[[:space:]]*'\*?(-[^[+=]*)[=+]?-?\[.*/\1/p" _prun | sort >zsh.got
	diff table zsh.got
	if command -v zsh; then
		zsh -fn _prun
	fi
	"$PRUN" --shell-completion fish >prun.fish
	grep '^complete -c prun -n' prun.fish >options.fish
	sed -n -e 's/.* -s \([^ ]*\) .*/-\1/p' options.fish >fish.got
	sed -n -e 's/.* -l \([^ ]*\) .*/--\1/p' options.fish >>fish.got
	diff table <(sort fish.got)
	if command -v fish; then
		fish --no-execute prun.fish
	fi
}
