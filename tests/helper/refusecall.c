/* SPDX-License-Identifier: ISC */

/* refusecall pidfd_open|prlimit COMMAND...: the kernel refuses it that call, as in a sandbox. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	unsigned call;

	if (argc < 3)
		errx(2, "usage: refusecall pidfd_open|prlimit command ...");
	call = strcmp(argv[1], "prlimit") == 0 ? SYS_prlimit64 : SYS_pidfd_open;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter),
		filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		err(3, "seccomp");
	execvp(argv[2], argv + 2);
	err(2, "%s", argv[2]);
}
