/* SPDX-License-Identifier: ISC */

/*
 * prun: runs a command many times in parallel.  Owns the order in which the program is set
 * up, and nothing else.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/client.h"
#include "formats/html.h"
#include "hosts/courier.h"
#include "loop/resources.h"
#include "loop/signals.h"
#include "options/options.h"
#include "programs.h"
#include "prun.h"
#include "run/run.h"
#include "template/shell.h"

/* Scripts look for the name and the number of GNU parallel in the first line. */
static void
print_version(const struct options *o)
{
	if (o->as_parallel)
		(void)printf("GNU parallel %s (prun %s)\n", OPTIONS_GNU_VERSION,
		    PRUN_VERSION);
	else
		(void)printf("prun %s\n", PRUN_VERSION);
	built_print();
}

/*
 * --minversion: prints the version of GNU parallel whose options prun has.  The
 * status says whether it is as new as the wanted one.
 */
static int
print_min_version(const char *wanted)
{
	(void)printf("%s\n", OPTIONS_GNU_VERSION);
	return strtoull(wanted, NULL, 10) >
		strtoull(OPTIONS_GNU_VERSION, NULL, 10) ?
	    EXIT_OWN :
	    0;
}

static void
print_cpus(enum cpu_unit unit)
{
	(void)printf("%u\n", cpu_topology_count(unit, ""));
}

/* Returns the shell of that name; for "auto" it is the shell that has started prun. */
static const char *
named_shell(const char *option, const char *name)
{
	const char *shell = strcmp(name, "auto") == 0 ? shell_caller() : name;

	if (*shell == '\0')
		errx(EXIT_OWN, "%s auto: no shell has started prun", option);
	return shell;
}

/* Exits with the message if a function has failed. */
static void
need(int error, const struct message *message)
{
	if (error != 0)
		errx(EXIT_OWN, "%s", message->text);
}

/* Jobs write to the same stdout: what prun has printed must be written before they do. */
static int
print_limits(void)
{
	(void)printf("Maximal size of command: %zu\n", command_limit());
	return fflush(stdout);
}

static int
act(int argc, char *const argv[], const struct options *o)
{
	int status;
	struct message m = { "" };
	struct signals signals;
	const char *what = o->action_argument;

	switch (o->action) {
	case ACTION_HELP:
		need(help_print(stdout, what, &m), &m);
		break;
	case ACTION_USAGE:
		help_usage(stdout);
		break;
	case ACTION_VERSION:
		print_version(o);
		break;
	case ACTION_CITATION:
		(void)puts("prun asks for no citation.");
		break;
	case ACTION_MIN_VERSION:
		return print_min_version(what);
	case ACTION_LIST_OPTIONS:
		if (options_list(stdout) != 0)
			err(EXIT_OWN, "stdout");
		break;
	case ACTION_COMPLETION:
		need(shell_completion_print(stdout,
			 named_shell("--shell-completion", what), &m),
		    &m);
		break;
	case ACTION_COMBINE:
		need(combined_make(argc, argv, o, &m), &m);
		break;
	case ACTION_SHELL_FUNCTIONS:
		need(shell_functions_print(stdout,
			 named_shell("--shell-functions", what), &m),
		    &m);
		break;
	case ACTION_ENV_REQUEST:
		shell_functions_answer(stdout, &o->env);
		break;
	case ACTION_RECORD_ENV:
		need(ignored_names_record(&m), &m);
		break;
	case ACTION_REPORT:
		status = html_from_joblog(&o->report, &m);
		need(status < 0 ? status : 0, &m);
		return status > 0 ? EXIT_OWN : 0;
	case ACTION_LINE_LENGTH:
		(void)printf("%zu\n", command_limit());
		break;
	case ACTION_AGENT:
		return agent_main(what);
	case ACTION_THREADS:
		print_cpus(CPU_THREADS);
		break;
	case ACTION_CORES:
		print_cpus(CPU_CORES);
		break;
	case ACTION_SOCKETS:
		print_cpus(CPU_SOCKETS);
		break;
	case ACTION_RUN:
	default:
		if (o->ignored != NULL)
			warnx(
			    "Warning: --%s is ignored: no other host runs jobs.",
			    o->ignored);
		if (o->show_limits && print_limits() != 0)
			err(EXIT_OWN, "stdout");
		if (o->parset != NULL)
			return parset_main(o);
		if (o->semaphore.enabled)
			return semaphore_main(o);
		signals_init(&signals);
		return run(o, &signals);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct combined combined = { 0 };
	struct options options = { 0 };
	struct message message = { "" };
	int status;

	resources_hold_stdio();
	if (client_is_meant(argc, argv)) {
		status = client_main(argc, argv);
		if (fflush(stdout) == EOF)
			err(EXIT_OWN, "stdout");
		return status;
	}
	/* Prun calls itself with this option. */
	if (argc > 4 && strcmp(argv[1], COURIER_OPTION) == 0)
		return courier_main(argc - 2, argv + 2);
	need(combined_expand(&combined, &argc, &argv, &message), &message);
	if (options_parse(argc, argv, &options, &message) != 0)
		errx(EXIT_OWN, "%s", message.text);
	status = act(argc, argv, &options);
	if (fflush(stdout) == EOF)
		err(EXIT_OWN, "stdout");
	options_fini(&options);
	combined_fini(&combined);
	return status;
}
