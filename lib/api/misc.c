/* SPDX-License-Identifier: ISC */

/* Owns the small public functions that belong to no object. */
#include "kill/terminate.h"
#include "process/cpu.h"
#include "prun.h"

const char *
prun_version(void)
{
	return PRUN_VERSION;
}

int
prun_version_number(void)
{
	return PRUN_VERSION_NUMBER;
}

int
prun_cpu_count(void)
{
	return cpu_count();
}

int
prun_termseq_check(const char *termseq)
{
	struct termseq seq;

	return termseq_parse(termseq, &seq);
}

const char *
prun_step_name(enum prun_step step)
{
	switch (step) {
	case PRUN_STEP_PIPE:
		return "pipe";
	case PRUN_STEP_FORK:
		return "fork";
	case PRUN_STEP_SETUP:
		return "setup";
	case PRUN_STEP_CHDIR:
		return "chdir";
	case PRUN_STEP_EXEC:
		return "exec";
	case PRUN_STEP_NONE:
	default:
		return "none";
	}
}
