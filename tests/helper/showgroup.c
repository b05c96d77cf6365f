/* SPDX-License-Identifier: ISC */

/* showgroup: "pid PID ppid PPID pgid PGID sid SID" of itself. */
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
	printf("pid %d ppid %d pgid %d sid %d\n", (int)getpid(), (int)getppid(),
	    (int)getpgrp(), (int)getsid(0));
	return ferror(stdout) || fclose(stdout) != 0;
}
