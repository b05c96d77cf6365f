/* SPDX-License-Identifier: ISC */

/*
 * Owns the form of brands: a bit that no other limit has, 30 bits for the run and 32
 * for the job.  Knows files of /proc, no jobs.
 */
#include <sys/resource.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kill/proc.h"
#include "kill/proc_dir.h"
#include "kill/rlimit_mark.h"

#define BRANDED (UINT64_C(1) << 62)
#define RUN_SHIFT 32
#define RUN_MASK ((UINT64_C(1) << 30) - 1)
#define JOB_MASK UINT64_C(0xffffffff)
#define PATH_BYTES 64
/* Of /proc/PID/limits; the line stands in its first half. */
#define LIMITS_BYTES 2048

/* FNV-1a, folded. */
static uint64_t
run_number(const char *token, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)token[i]) *
		    UINT64_C(0x100000001b3);
	return (hash ^ (hash >> 30)) & RUN_MASK;
}

uint64_t
proc_brand_of(const char *token)
{
	size_t len = strcspn(token, ".");
	uint64_t job = 0;

	for (const char *s = token + len; *s != '\0'; s++) {
		if (*s >= '0' && *s <= '9')
			job = job * 10 + (uint64_t)(*s - '0');
	}
	return BRANDED | run_number(token, len) << RUN_SHIFT | (job & JOB_MASK);
}

bool
proc_brand_is_ours(uint64_t limit)
{
	return limit == RLIM_INFINITY || limit >> 62 == 1;
}

/* The soft limit of the line "Max file locks  SOFT  HARD  locks". */
static uint64_t
find_limit(const char *text)
{
	static const char name[] = "Max file locks";
	const char *line = strstr(text, name);
	uint64_t limit = 0;

	if (line == NULL)
		return 0;
	line += sizeof(name) - 1;
	line += strspn(line, " ");
	for (; *line >= '0' && *line <= '9'; line++)
		limit = limit * 10 + (uint64_t)(*line - '0');
	return limit >> 62 == 1 ? limit : 0;
}

static uint64_t
read_limit(pid_t pid)
{
	char path[PATH_BYTES], text[LIMITS_BYTES];
	ssize_t n;
	int fd;

	(void)proc_dir_put(proc_dir_put_pid(proc_dir_put(path, "/proc/"), pid),
	    "/limits");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = fd_read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return find_limit(text);
}

void
proc_brand_read(pid_t pid, struct proc_brand *brand)
{
	if (proc_token(pid, brand->token, sizeof(brand->token)) <= 0)
		brand->token[0] = '\0';
	brand->limit = read_limit(pid);
}

bool
proc_brand_match(const struct proc_brand *brand, const char *token)
{
	uint64_t wanted;

	if (*token == '\0')
		return false;
	if (proc_token_match(brand->token, token))
		return true;
	if (brand->limit == 0)
		return false;
	wanted = proc_brand_of(token);
	if (strchr(token, '.') == NULL)
		return brand->limit >> RUN_SHIFT == wanted >> RUN_SHIFT;
	return brand->limit == wanted;
}
