/* SPDX-License-Identifier: ISC */

/* Owns the translation of wait results, exec errors and signal names. */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

int
status_of(const siginfo_t *info, int *sig)
{
	if (info->si_code == CLD_EXITED) {
		*sig = 0;
		return info->si_status;
	}
	*sig = info->si_status;
	return 128 + info->si_status;
}

int
status_of_exec_error(int error)
{
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

static int
status_signal_number(const char *name, size_t len)
{
	int n = 0;

	if (len == 0 || len > 2)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		n = n * 10 + (name[i] - '0');
	}
	return n < NSIG ? n : 0;
}

int
status_signal(const char *name, size_t len)
{
	const char *abbrev;

	if (len > 3 && strncasecmp(name, "SIG", 3) == 0) {
		name += 3;
		len -= 3;
	}
	for (int sig = 1; sig < NSIG; sig++) {
		abbrev = sigabbrev_np(sig);
		if (abbrev != NULL && strlen(abbrev) == len &&
		    strncasecmp(abbrev, name, len) == 0)
			return sig;
	}
	return status_signal_number(name, len);
}
