/* SPDX-License-Identifier: ISC */

/*
 * Parses the values of options: see value.h.  The locale has no influence.  Only plain
 * numbers are accepted: not nan, inf or 0x1p3.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/value.h"
#include "prun.h"

#define LEAST_LOAD 0.01 /* what --load 0 means */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits, perhaps with a point.  Returns where they end; s if there are none. */
static const char *
read_decimal(const char *s, double *value)
{
	const char *start = s;
	double scale = 1;
	bool digits = false;

	for (*value = 0; is_digit(*s); s++, digits = true)
		*value = *value * 10 + (*s - '0');
	if (*s == '.')
		for (s++; is_digit(*s); s++, digits = true)
			*value += (*s - '0') * (scale /= 10);
	return digits ? s : start;
}

/* The seconds of the unit whose name, of *len bytes, is at the start of s; 0: no unit. */
static double
seconds_in(const char *s, size_t *len)
{
	*len = strncmp(s, "ms", 2) == 0 ? 2 : 1;
	if (*len == 2)
		return 0.001;
	switch (*s) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	}
	return 0;
}

/* Takes numbers with units, as 1d3.5h16.6m4s.  The last number needs no unit. */
int
duration_parse(const char *name, const char *value, double *seconds,
    struct message *m)
{
	const char *s = value, *end;
	double number = 0, total = 0, unit;
	size_t len;

	do {
		if ((end = read_decimal(s, &number)) == s)
			goto bad;
		s = end;
		if (*s != '\0') {
			if ((unit = seconds_in(s, &len)) == 0)
				goto bad;
			number *= unit;
			s += len;
		}
		total += number;
	} while (*s != '\0');
	/* Times above a hundred years are refused, so that no clock overflows. */
	if (total > 100 * 366 * 24 * 60 * 60.0)
		goto bad;
	*seconds = total;
	return 0;
bad:
	return message_set(m, -EINVAL,
	    "%s: not a duration: '%s' (3, 1.5s, 200ms, 2m, 1h30m, 1d)", name,
	    value);
}

static double
factor_of(char unit)
{
	static const char units[] = "kmgtp";
	const char *small = strchr(units, unit | 0x20);
	double factor = 1, base = unit >= 'a' ? 1000 : 1024;

	if (unit == '\0' || small == NULL)
		return 0;
	for (; small >= units; small--)
		factor *= base;
	return factor;
}

int
size_parse(const char *name, const char *value, size_t *size, struct message *m)
{
	const char *s;
	double number = 0;

	s = read_decimal(value, &number);
	if (s != value && factor_of(*s) > 0)
		number *= factor_of(*s++);
	if (s == value || *s != '\0' || number > (double)(SIZE_MAX / 4))
		return message_set(m, -EINVAL, "%s: '%s' is no number", name,
		    value);
	*size = (size_t)number;
	return 0;
}

int
number_parse(const char *name, const char *value, long long least,
    long long most, long long *number, struct message *m)
{
	const char *problem;

	*number = strtonum(value, least, most, &problem);
	if (problem == NULL)
		return 0;
	return message_set(m, -EINVAL, "%s: '%s' is %s", name, value, problem);
}

int
count_parse(const char *name, const char *value, uint64_t *count,
    struct message *m)
{
	char *end;

	errno = 0;
	*count = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0)
		return message_set(m, -EINVAL, "%s: '%s' is no number", name,
		    value);
	return 0;
}

int
path_check(const char *name, const char *path, struct message *m)
{
	if (*path != '\0')
		return 0;
	return message_set(m, -EINVAL, "%s: the file name is empty", name);
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Reads from least to most digits.  Returns how many; 0: there are fewer than least. */
static size_t
read_digits(const char *s, int base, size_t least, size_t most, int *value)
{
	size_t n = 0;

	*value = 0;
	while (n < most && digit_of(s[n]) < base)
		*value = *value * base + digit_of(s[n++]);
	return n >= least ? n : 0;
}

/* Reads an escape; s is behind its backslash.  Returns its length; 0: it is no escape. */
static size_t
read_escape(const char *s, int *value)
{
	static const char letters[] = "abfnrtv\\0",
			  bytes[] = "\a\b\f\n\r\t\v\\";
	const char *letter;
	size_t n;

	if (*s == 'x' && (n = read_digits(s + 1, 16, 1, 2, value)) > 0)
		return n + 1;
	if ((n = read_digits(s, 8, 3, 3, value)) > 0 && *value < 256)
		return n;
	if (*s == '\0' || (letter = strchr(letters, *s)) == NULL)
		return 0;
	*value = (unsigned char)bytes[letter - letters];
	return 1;
}

int
delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m)
{
	const char *s;
	size_t n;
	int byte, r = 0;

	if (*value == '\0')
		return message_set(m, -EINVAL, "%s: the delimiter is empty",
		    name);
	for (s = value; *s != '\0' && r == 0;) {
		n = *s == '\\' ? read_escape(s + 1, &byte) : 0;
		r = bytes_add_char(out, n > 0 ? (char)byte : *s);
		s += n + 1;
	}
	return r < 0 ? message_errno(m, r, "%s", name) : 0;
}

static bool
is_whole(double number)
{
	return number >= 1e15 || number == (double)(unsigned long long)number;
}

/* A number that is too large is returned as it is: jobs_from_spec() limits it to max. */
static double
round_up(double number)
{
	double whole = number < UINT_MAX ? (unsigned)number : number;

	return whole < number ? whole + 1 : whole;
}

/* prun_cpu_count() reads files, so it is called only if its result is needed. */
static unsigned
or_count(unsigned cpus)
{
	return cpus != 0 ? cpus : (unsigned)prun_cpu_count();
}

/* Reads "8", "50%", "+2" or "-1"; false: spec is none of these. */
static bool
read_jobs(const char *spec, unsigned cpus, double *jobs)
{
	const char *s = spec + (*spec == '+' || *spec == '-'), *end;
	double number = 0;

	if ((end = read_decimal(s, &number)) == s)
		return false;
	if (*spec == '+' || *spec == '-') {
		cpus = or_count(cpus);
		*jobs = *spec == '+' ? cpus + number : cpus - number;
		return *end == '\0' && is_whole(number);
	}
	if (*end == '%' && end[1] == '\0') {
		*jobs = round_up(or_count(cpus) * number / 100);
		return true;
	}
	*jobs = number;
	return *end == '\0' && is_whole(number);
}

static int
read_file(const char *path, char *text, size_t size, struct message *m)
{
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return message_set(m, -EINVAL,
		    "-j %s: neither a number of jobs nor a file that holds one",
		    path);
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return message_errno(m, -errno, "-j %s", path);
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	return 0;
}

/* "0" means as many as possible, but a sum such as "+0" or "-8" does not. */
static bool
is_zero(const char *spec)
{
	return *spec != '\0' && spec[strspn(spec, "0")] == '\0';
}

int
jobs_from_spec(const char *spec, unsigned cpus, unsigned max, unsigned *slots,
    struct message *m)
{
	char text[64] = "", trimmed[64];
	double jobs;
	int r;

	if (spec == NULL)
		spec = "100%";
	/* A newline at the end is ignored: a script may pass what a program has printed. */
	if (strchr(spec, '\n') == spec + strlen(spec) - 1 && *spec != '\0' &&
	    strlcpy(trimmed, spec, sizeof(trimmed)) < sizeof(trimmed)) {
		trimmed[strlen(trimmed) - 1] = '\0';
		spec = trimmed;
	}
	if (!read_jobs(spec, cpus, &jobs)) {
		if ((r = read_file(spec, text, sizeof text, m)) < 0)
			return r;
		if (!read_jobs(text, cpus, &jobs))
			return message_set(m, -EINVAL,
			    "-j %s: '%s' in it is no number of jobs", spec,
			    text);
	}
	if (is_zero(*text != '\0' ? text : spec))
		jobs = max;
	if (jobs < 1)
		return message_set(m, -EINVAL,
		    "-j %s: that leaves no job to run", spec);
	*slots = jobs > max ? max : (unsigned)jobs;
	if (jobs > max)
		message_set(m, 0, "-j %s: no more than %u at a time here", spec,
		    max);
	return 0;
}

int
load_from_spec(const char *spec, unsigned cpus, double *load, struct message *m)
{
	struct message ignored;
	unsigned processes = 0;
	double number;
	const char *end = read_decimal(spec, &number);

	if (end != spec && *end == '\0') {
		*load = number > 0 ? number : LEAST_LOAD;
		return 0;
	}
	if (jobs_from_spec(spec, cpus, UINT_MAX, &processes, &ignored) != 0)
		return message_set(m, -EINVAL,
		    "--load %s: that is no number of processes", spec);
	*load = processes;
	return 0;
}
