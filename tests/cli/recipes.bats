# SPDX-License-Identifier: ISC
#
# The recipes of the README, taken out of it and run.

load setup

# Those of the README: a paragraph each, which begins with its title.
all_recipes() { awk '/^## / { on = $0 == "## Recipes" } on && /^```/ { inside = !inside; next } on && inside' "$REPO/README.md"; }

# recipe TITLE: runs the one whose title begins so.
recipe() {
	local script
	script=$(mktemp "$T/recipe.XXXXXX")
	all_recipes | awk -v RS= -v title="# $1" 'index($0, title) == 1' >"$script"
	[ "$(grep -c '^#' "$script")" -eq 1 ] || return 99
	timeout 100 bash -e "$script"
}

script() { # NAME, with its text on stdin
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

@test "recipes: each has a test" {
	all_recipes | sed -n 's/^# //p' >titles
	[ "$(wc -l <titles)" -eq 6 ]
	grep -o "recipe '[^']*'" "$BATS_TEST_FILENAME" | sed "s/recipe '//; s/'$//" | sort -u >tested
	local title
	while IFS= read -r title; do
		awk -v title="$title" 'index(title, $0) == 1 { n++ } END { exit n != 1 }' tested || fail "no test: $title"
	done <titles
}

@test "recipes: compress, a matrix" {
	mkdir -p logs/sub
	touch -d '9 days ago' logs/a.log "logs/sub/it's.log"
	touch logs/new.log
	recipe 'Compress'
	run find logs -type f
	assert_equal "$(sort <<<"$output")" "$(printf '%s\n' logs/a.log.gz logs/new.log "logs/sub/it's.log.gz")"

	script test <<<'echo "$1 with $2"; [ "$1$2" != postgresrelease ]'
	run -1 --separate-stderr recipe 'A matrix'
	assert_equal "$(sort <<<"$output")" "$(for i in postgres sqlite; do
		for j in debug release; do printf '%s %s\t%s with %s\n' $i $j $i $j; done
	done)"
	[[ $stderr == *'3 ok, 1 failed'*'./test postgres release'* ]]
}

@test "recipes: downloads from a server that fails at first" {
	need curl python3
	cat >server.py <<-'END'
		import http.server
		seen = set()
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200 if self.path in seen else 503)
		        self.end_headers()
		        if self.path in seen:
		            self.wfile.write(self.path.encode())
		        seen.add(self.path)
		    def log_message(self, *args):
		        pass
		server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
		open('port.new', 'w').write(str(server.server_port))
		import os
		os.rename('port.new', 'port')
		server.serve_forever()
	END
	in_background python3 server.py
	DEADLINE=60 wait_for test -e port
	printf "http://127.0.0.1:$(cat port)/%s\n" one two >urls.txt
	export no_proxy='*'
	recipe 'Downloads'
	assert_equal "$(cat one two)" /one/two
	kill "$bg"
}

@test "recipes: servers get INT first, a mutex, going on" {
	script api <<<'trap "echo stopped >api.stopped; exit" INT; touch api.up; while :; do sleep 0.05; done'
	script worker <<<'until test -e api.up; do sleep 0.05; done; echo "no more work"'
	run recipe 'Servers'
	assert_line $'./worker\tno more work'
	assert_equal "$(cat api.stopped)" stopped

	# Each finds nobody else at work.
	script deploy <<<'mkdir deploying || touch bad; sleep 0.1; rmdir deploying; echo done >>deployed'
	export XDG_RUNTIME_DIR=$T/tmp
	for i in 1 2 3; do recipe 'A mutex' & pids+=("$!"); done
	for i in "${pids[@]}"; do wait "$i"; done
	assert_equal "$(wc -l <deployed)" 3
	assert_not_exists bad

	touch 1.raw 2.raw 3.raw
	script convert <<<'echo "$1" >>converted; [ "$1" != 2.raw ] || kill -KILL $PPID; sleep 0.2'
	run recipe 'Go on after'
	assert_failure
	sed -i 's/\[ .*KILL $PPID;/:;/' convert
	recipe 'Go on after'
	recipe 'Go on after'
	# What had ended was not done again.
	assert_equal "$(sort -u converted)" $'1.raw\n2.raw\n3.raw'
	[ "$(wc -l <converted)" -le 6 ]
	assert_equal "$(cut -f1 jobs.log | sort -n | tail -n 3)" $'1\n2\n3'
}
