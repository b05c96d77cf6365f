/* SPDX-License-Identifier: ISC */

/* How hosts are named, and the lists of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/login.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "report/report_task.h"
#include "t.h"
#include "test_util.h"

static struct message m;

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK_INT(fclose(f), 0);
}

static struct login
parsed(const char *text)
{
	struct login login;

	CHECK_INT(login_parse(&login, "-S", text_of(text), false, &m), 0);
	return login;
}

#define CHECK_LOGIN(given, wanted_name, wanted_host, wanted_target, \
    wanted_groups, wanted_cpus, wanted_port) \
	do { \
		struct login login = parsed(given); \
		CHECK_STR(login.name, wanted_name); \
		CHECK_STR(login.host, wanted_host); \
		CHECK_STR(login.target, wanted_target); \
		CHECK_STR(login.groups, wanted_groups); \
		CHECK_INT(login.cpus, wanted_cpus); \
		CHECK_INT(login.port, wanted_port); \
		login_fini(&login); \
	} while (0)

TEST(parts_of_a_login)
{
	CHECK_LOGIN("web", "web", "web", "web", "web", 0, 0);
	CHECK_LOGIN(" 8/me@web ", "me@web", "web", "me@web", "me@web", 8, 0);
	CHECK_LOGIN("@a+b/4/ssh -p 22 me@web", "ssh -p 22 me@web", "web",
	    "ssh -p 22 me@web", "a+b+ssh -p 22 me@web", 4, 0);
	CHECK_LOGIN("@a/web", "web", "web", "web", "a+web", 0, 0);
	CHECK_LOGIN("//usr/bin/myssh web", "/usr/bin/myssh web", "web",
	    "/usr/bin/myssh web", "/usr/bin/myssh web", 0, 0);
	CHECK_LOGIN("6//usr/bin/myssh web", "/usr/bin/myssh web", "web",
	    "/usr/bin/myssh web", "/usr/bin/myssh web", 6, 0);
	CHECK_LOGIN("/usr/bin/myssh -4 me@web", "/usr/bin/myssh -4 me@web",
	    "web", "/usr/bin/myssh -4 me@web", "/usr/bin/myssh -4 me@web", 0,
	    0);
	CHECK_LOGIN("@a/2//usr/bin/myssh web", "/usr/bin/myssh web", "web",
	    "/usr/bin/myssh web", "a+/usr/bin/myssh web", 2, 0);
	CHECK_LOGIN("/web", "web", "web", "web", "web", 0, 0);
	CHECK_LOGIN("16/:", ":", ":", ":", ":", 16, 0);
}

TEST(ports_of_ipv6)
{
	CHECK_LOGIN("[::1]:2222", "[::1]:2222", "::1", "::1", "[::1]:2222", 0,
	    2222);
	CHECK_LOGIN("me@::1p2222", "me@::1p2222", "::1", "me@::1",
	    "me@::1p2222", 0, 2222);
	CHECK_LOGIN("fe80::1#22", "fe80::1#22", "fe80::1", "fe80::1",
	    "fe80::1#22", 0, 22);
	CHECK_LOGIN("[fe80::1]", "[fe80::1]", "fe80::1", "fe80::1", "[fe80::1]",
	    0, 0);
	CHECK_LOGIN("::1", "::1", "::1", "::1", "::1", 0, 0);
}

#define CHECK_BAD(given, error, wanted) \
	do { \
		struct login login; \
		CHECK_INT(login_parse(&login, "-S", text_of(given), false, \
			      &m), \
		    error); \
		CHECK_STR(m.text, wanted); \
	} while (0)

TEST(bad_logins)
{
	CHECK_BAD("-oProxyCommand=x", -EINVAL,
	    "-S: '-oProxyCommand=x' names no host");
	CHECK_BAD("3/", -EINVAL, "-S: '3/' names no host");
	CHECK_BAD("@a/", -EINVAL, "-S: '@a/' names no host");
	CHECK_BAD("::1p0", -EINVAL, "-S: '::1p0' has no valid port");
	CHECK_BAD("[::1]:65536", -EINVAL,
	    "-S: '[::1]:65536' has no valid port");
	CHECK_BAD("[::1]:2x", -EINVAL, "-S: '[::1]:2x' has no valid port");
	CHECK_BAD("me:secret@web", -ENOTSUP,
	    "-S me:...@web: passwords are not taken, which everybody on the machine could read: let ssh use a key (see ssh-copy-id(1))");
}

TEST(plain_names_mean_nothing)
{
	struct login login;

	CHECK_INT(login_parse(&login, "-S", text_of("me:x@[::1]:22"), true, &m),
	    0);
	CHECK_STR(login.target, "me:x@[::1]:22");
	CHECK_INT(login.port, 0);
	login_fini(&login);
}

TEST(groups_meet)
{
	CHECK(login_groups_meet(text_of("a+b"), text_of("c+b")));
	CHECK(!login_groups_meet(text_of("a+b"), text_of("c+ab")));
	CHECK(!login_groups_meet(text_of(""), text_of("")));
	CHECK(!login_groups_meet(text_of("+"), text_of("+")));
	CHECK_INT(login_wanted(text_of("@a+b")).len, 3);
	CHECK(login_wanted(text_of("@a/b")).data == NULL);
	CHECK(login_wanted(text_of("@")).data == NULL);
}

/* The names of a list, with the number of CPUs. */
static const char *
names(const struct login_list *list)
{
	static char text[512];
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < list->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%u/%s ", list->logins[i].cpus, list->logins[i].name);
	return text;
}

TEST(a_list_of_several_sources)
{
	struct login_source s[2];
	struct login_list list;

	CHECK_INT(login_source_list(&s[0], "-S", text_of("2/a,b\\,c\n@g/d,3/a"),
		      &m),
	    0);
	CHECK_INT(login_source_list(&s[1], "-S", text_of("@g,@a"), &m), 0);
	CHECK_INT(login_list_make(&list, s, 1, false, &m), 0);
	CHECK_STR(names(&list), "3/a 0/b,c 0/d ");
	login_list_fini(&list);
	CHECK_INT(login_list_make(&list, s, 2, false, &m), 0);
	CHECK_STR(names(&list), "3/a 0/d ");
	login_list_fini(&list);
	CHECK_INT(login_list_make(&list, s + 1, 1, false, &m), -EINVAL);
	CHECK_STR(m.text, "-S: no host is in the group g+a");
	login_source_fini(&s[0]);
	login_source_fini(&s[1]);
}

TEST(files_are_read_again)
{
	struct login_source s;
	struct login_list list;

	(void)util_folder();
	write_file("list", "# hosts\n\n  a  \n2/b # two\n\tc,d\n#e");
	CHECK_INT(login_source_file(&s, "--slf", "list", &m), 0);
	CHECK_INT(login_list_make(&list, &s, 1, false, &m), 0);
	CHECK_STR(names(&list), "0/a 2/b 0/c 0/d ");
	login_list_fini(&list);
	CHECK_INT(login_source_again(&s, &m), 0);
	write_file("new", "f");
	CHECK_INT(rename("new", "list"), 0);
	CHECK_INT(login_source_again(&s, &m), 1);
	CHECK_INT(login_list_make(&list, &s, 1, false, &m), 0);
	CHECK_STR(names(&list), "0/f ");
	login_list_fini(&list);
	CHECK_INT(unlink("list"), 0);
	CHECK_INT(login_source_again(&s, &m), 0);
	login_source_fini(&s);
	CHECK_INT(login_source_file(&s, "--slf", "list", &m), -ENOENT);
	CHECK_STR(m.text, "--slf list: No such file or directory");
	write_file("list", "\n# nobody\n");
	CHECK_INT(login_source_file(&s, "--slf", "list", &m), 0);
	CHECK_INT(login_list_make(&list, &s, 1, false, &m), -EINVAL);
	CHECK_STR(m.text, "--slf: no host is named");
	login_source_fini(&s);
}

TEST(lists_of_the_user_and_of_batch_systems)
{
	struct login_source s;
	char home[] = ".";

	(void)util_folder();
	setenv("PARALLEL_HOME", home, 1);
	write_file("sshloginfile", "mine\n");
	CHECK_INT(login_source_file(&s, "--slf", "..", &m), 0);
	CHECK_STR(s.text.data, "mine\n");
	login_source_fini(&s);
	write_file("nodes", "n1\nn2\nn1\nn3\nn1\n");
	setenv("PBS_NODEFILE", "nodes", 1);
	CHECK_INT(login_source_file(&s, "--slf", "pbs", &m), 0);
	CHECK_STR(s.text.data, "3/n1\n1/n2\n1/n3\n");
	login_source_fini(&s);
	setenv("LSB_MCPU_HOSTS", "n1 8 n2 16", 1);
	CHECK_INT(login_source_file(&s, "--slf", "lsf", &m), 0);
	CHECK_STR(s.text.data, "8/n1\n16/n2\n");
	login_source_fini(&s);
	setenv("LSB_MCPU_HOSTS", "n1 8 n2", 1);
	CHECK_INT(login_source_file(&s, "--slf", "lsf", &m), -EINVAL);
	CHECK_STR(m.text,
	    "--slf lsf: $LSB_MCPU_HOSTS: 'n2' has no number of slots");
	unsetenv("LSB_MCPU_HOSTS");
	CHECK_INT(login_source_file(&s, "--slf", "lsf", &m), -EINVAL);
	CHECK_STR(m.text,
	    "--slf lsf: $LSB_MCPU_HOSTS is not set: this is no job of LSF");
	setenv("PBS_NODEFILE", "none", 1);
	CHECK_INT(login_source_file(&s, "--slf", "pbs", &m), -ENOENT);
	CHECK_STR(m.text, "--slf pbs: none: No such file or directory");
	unsetenv("PBS_NODEFILE");
	unsetenv("PARALLEL_HOME");
}

/* More than the bits of any integer. */
#define MANY 150

TEST(a_job_is_tried_on_every_host_before_it_is_tried_again_on_one)
{
	struct options *options = calloc(1, sizeof(*options));
	struct hosts_context context = { .options = options };
	struct hosts hosts = { .context = &context };
	struct host *list[MANY];
	struct report_task *task = calloc(1, sizeof(*task));
	unsigned tries[MANY] = { 0 };
	char name[16];

	CHECK(options != NULL && task != NULL);
	hosts.list = list;
	for (; hosts.n < MANY; hosts.n++) {
		/* The last two hosts are connections of the same machine. */
		const size_t number = hosts.n < MANY - 1 ? hosts.n : MANY - 2;

		list[hosts.n] = calloc(1, sizeof(*list[0]));
		CHECK(list[hosts.n] != NULL);
		list[hosts.n]->hosts = &hosts;
		list[hosts.n]->state = HOST_UP;
		list[hosts.n]->slots = 1;
		(void)snprintf(name, sizeof(name), "h%zu", number);
		list[hosts.n]->own = parsed(name);
		list[hosts.n]->login = &list[hosts.n]->own;
	}
	task->host = list[0];
	task->host_weight = 1;
	host_take(list[0], 1);
	for (size_t i = 0; i < MANY - 1; i++) {
		const struct host *before = task->host;

		for (size_t k = 0; k < MANY; k++)
			tries[k] += before == list[k];
		CHECK(hosts_let_in(&hosts, task));
		hosts_try_again(&hosts, task);
		CHECK(strcmp(host_name(task->host), host_name(before)) != 0);
	}
	for (size_t k = 0; k < MANY - 2; k++)
		CHECK_INT(tries[k], 1);
	CHECK_INT(tries[MANY - 2] + tries[MANY - 1], 1);
	bytes_fini(&task->failed_on);
	for (size_t k = 0; k < MANY; k++) {
		login_fini(&list[k]->own);
		free(list[k]);
	}
	free(task);
	free(options);
}
