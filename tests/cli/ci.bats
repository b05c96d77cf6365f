# SPDX-License-Identifier: ISC
#
# --ci and --summary: exactly the bytes that each CI system takes for a group and for an
# error.

load setup

setup() {
	setup_prun
	unset GITHUB_ACTIONS GITLAB_CI BUILDKITE TF_BUILD TEAMCITY_VERSION GITHUB_STEP_SUMMARY
}

# One job that passes and one that fails; what differs between two runs is replaced.
sample() { # OPTION...
	"$PRUN" -k -j1 "$@" 'printf "%s\n" {}; exit $(({#} - 1))' ::: a b |
		sed -E 's/prun-[0-9a-f]{16}/TOKEN/; s/:[0-9]+:prun_[0-9]+_/:UNIX:prun_PID_/'
}

@test "github" {
	run sample --ci=github
	assert_output - <<'OUT'
::group::job 1: printf "%s\n" a; exit $((1 - 1))
a
::endgroup::
job 2: printf "%s\n" b; exit $((2 - 1)) (exit status 1)
b
::error title=job 2::exit status 1: printf "%25s\n" b; exit $((2 - 1))
OUT
}

@test "gitlab" {
	sample --ci=gitlab >got
	printf '\033[0Ksection_start:UNIX:prun_PID_1[collapsed=true]\r\033[0Kjob 1: printf "%%s\\n" a; exit $((1 - 1))\n' >want
	printf 'a\n\033[0Ksection_end:UNIX:prun_PID_1\r\033[0K\n' >>want
	printf '\033[0Ksection_start:UNIX:prun_PID_2\r\033[0Kjob 2: printf "%%s\\n" b; exit $((2 - 1)) (exit status 1)\n' >>want
	printf 'b\n\033[0Ksection_end:UNIX:prun_PID_2\r\033[0K\n' >>want
	diff want got
}

@test "buildkite" {
	run sample --ci=buildkite
	assert_output - <<'OUT'
--- job 1: printf "%s\n" a; exit $((1 - 1))
a
+++ job 2: printf "%s\n" b; exit $((2 - 1)) (exit status 1)
b
^^^ +++
OUT
}

@test "azure" {
	run sample --ci=azure
	assert_output - <<'OUT'
##[group]job 1: printf "%s\n" a; exit $((1 - 1))
a
##[endgroup]
job 2: printf "%s\n" b; exit $((2 - 1)) (exit status 1)
b
##vso[task.logissue type=error;]exit status 1: printf "%AZP25s\n" b; exit $((2 - 1))
OUT
}

@test "teamcity" {
	run "$PRUN" --ci=teamcity "echo '[{}|]'; exit 1" ::: a
	assert_output - <<'OUT'
##teamcity[blockOpened name='job 1: echo |'|[a|||]|'; exit 1 (exit status 1)']
[a|]
##teamcity[blockClosed name='job 1: echo |'|[a|||]|'; exit 1 (exit status 1)']
##teamcity[buildProblem identity='prun_1' description='exit status 1: echo |'|[a|||]|'; exit 1']
OUT
}

@test "what a job writes is no command" {
	printf '%s\n' '::error::x' '  ::set-output name=a::b' 'x ##[error]y' $'x\r::error::y' >commands
	for i in 1 2 3 4; do
		line=$(sed -n "${i}p" commands)
		run "$PRUN" --ci=github printf '%s ' ::: "$line"
		token=$(sed -n 's/^::stop-commands:://p' <<<"$output")
		[ "${#token}" -gt 16 ]
		[ "$(tail -2 <<<"$output")" = "::$token::"$'\n''::endgroup::' ]
	done
	run "$PRUN" --ci=github echo ::: 'a::b'
	refute_output --partial stop-commands
	# More than is looked at at once.
	"$PRUN" --ci=github 'head -c 300000 /dev/zero | tr "\0" x; echo; echo ::error::x {}' ::: a >got
	assert_equal "$(sed -n 2p got | cut -c1-17)" '::stop-commands::'
	assert_equal "$(tail -3 got | head -1)" '::error::x a'
	for system in gitlab azure teamcity; do
		run "$PRUN" --ci=$system 'printf "%s\n" "##[x]" "a ##vso[x]" "##teamcity[x]" "section_end:1:x"; :' ::: a
		refute_line --regexp '##(\[x|vso\[x|teamcity\[x)'
		[ "$system" != gitlab ] || assert_line "s ection_end:1:x"
	done
	run "$PRUN" --ci=buildkite 'printf "%s\n" "--- a/file" "+++ b" "a --- b"; :' ::: a
	assert_line ' --- a/file'
	assert_line ' +++ b'
	assert_line 'a --- b'
}

@test "the system is found by its variable; without one nothing changes" {
	for variable in GITHUB_ACTIONS GITLAB_CI BUILDKITE TF_BUILD TEAMCITY_VERSION; do
		run env "$variable=1" "$PRUN" --ci --no-digest echo ::: a
		[ "${#lines[@]}" -gt 1 ]
		run env "$variable=1" "$PRUN" --no-digest echo ::: a
		assert_output a
	done
	run "$PRUN" --ci echo ::: a
	assert_output a
	run "$PRUN" --ci=travis echo ::: a
	assert_failure 255
	assert_output "prun: --ci: 'travis' is none of auto, github, gitlab, buildkite, azure, teamcity"
}

@test "with --tag, --retries, -u and the like, and no more than ten errors" {
	run "$PRUN" -j1 --ci=github --tag --retries 2 'echo {}; exit 1' ::: a
	assert_output - <<'OUT'
job 1: echo a; exit 1 (exit status 1)
a	a
::error title=job 1::exit status 1: echo a; exit 1
OUT
	for options in -u --line-buffer; do
		run "$PRUN" $options --ci=github 'echo {}; exit 1' ::: a
		assert_output $'a\n::error title=job 1::exit status 1: echo a; exit 1'
	done
	run bash -c '"$1" --ci=github false ::: {1..15} | grep -c ^::error' - "$PRUN"
	assert_output 10
	run "$PRUN" --ci=github --errors-only 'echo {}; exit {}' ::: 0
	assert_output ''
	run bash -c 'yes | timeout 20 "$1" --ci=github echo | head -n 3 >/dev/null; echo "${PIPESTATUS[1]}"' - "$PRUN"
	assert_output 141
}

@test "--summary: a table, sections of what failed, no Markdown or HTML of jobs" {
	echo before >s.md
	"$PRUN" -k -j1 --retries 2 --summary s.md 'echo "\`\`\`<b>{}"; case {#} in 2) exit 3;; 3) [ -e 3 ] || { touch 3; exit 1; };; esac' ::: a '|*</code>' f || true
	run sed -E 's/[0-9]+\.[0-9]{3} s/T s/' s.md
	assert_output - <<'OUT'
before
## &#10060; <code>echo "&#92;&#96;&#92;&#96;&#92;&#96;&#60;b&#62;&#123;&#125;"; case &#123;&#35;&#125; in 2&#41; exit 3;; 3&#41; &#91; -e 3 &#93; &#124;&#124; &#123; touch 3; exit 1; &#125;;; esac</code>

| jobs | |
|---|---|
| passed | 2 |
| of these flaky | 1 |
| failed | 1 |

### Job 2: exit status 3

Try 2, after T s: <code>echo "&#92;&#96;&#92;&#96;&#92;&#96;&#60;b&#62;'&#124;&#42;&#60;/code&#62;'"; case 2 in 2&#41; exit 3;; 3&#41; &#91; -e 3 &#93; &#124;&#124; &#123; touch 3; exit 1; &#125;;; esac</code>

````
```<b>'|*</code>'
````

### Flaky job 3: exit status 1

Passed in try 2 after T s: <code>echo "&#92;&#96;&#92;&#96;&#92;&#96;&#60;b&#62;f"; case 3 in 2&#41; exit 3;; 3&#41; &#91; -e 3 &#93; &#124;&#124; &#123; touch 3; exit 1; &#125;;; esac</code>
OUT
	GITHUB_STEP_SUMMARY=$PWD/step.md "$PRUN" --ci=github true ::: a
	assert_equal "$(sed -n 3,5p step.md)" $'| jobs | |\n|---|---|\n| passed | 1 |'
	run --separate-stderr "$PRUN" --summary /dev/full true ::: a
	assert_failure 255
	assert_equal "$stderr" 'prun: --summary: /dev/full: No space left on device'
}

@test "--summary appends up to 1 MiB, and says what is missing" {
	head -c 1040000 /dev/zero | tr '\0' x >s.md
	"$PRUN" --summary s.md 'head -c 4000 /dev/zero | tr "\0" y; exit 1' ::: {1..10} >/dev/null || true
	[ "$(wc -c <s.md)" -le 1048576 ]
	run tail -2 s.md
	assert_output --regexp '^and [0-9]+ more'
}
