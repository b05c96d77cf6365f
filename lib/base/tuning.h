/* SPDX-License-Identifier: ISC */

/*
 * The heuristics of the output and of the starts: numbers that were measured and
 * not derived.  Each names the row of tests/bench that defends it.  When that row no
 * longer shows a difference, the number is deleted, with the code that needs it.
 */
#ifndef BASE_TUNING_H
#define BASE_TUNING_H

/*
 * Output.
 *
 * "4 x cat 256 MB, --group": one job is preferred, which means that it is read
 * first while the others wait.  Without that, all of it takes 2.5 times as long.  A
 * job becomes preferred when it gives MUX_BUSY_READ bytes at a time.
 */
#define MUX_BUSY_READ ((size_t)64 * 1024)

/*
 * "4 x cat 256 MB, --group" and "-k": while the first job floods, the others are
 * not read for a while, because their bytes would only be spilled.  Without that, -k
 * takes twice as long, and --group 1.5 times.  A flood is over when MUX_FLOOD_NS
 * have passed without a busy read.
 */
#define MUX_FLOOD_NS INT64_C(2000000)
#define LOOP_SNOOZE_NS INT64_C(4000000)

/*
 * "4 x cat 256 MB, --group": a job that has written so much and still floods is not
 * kept until its end; --group-limit sets another size.  If it were kept, each byte
 * would be copied into a file and back.
 */
#define MUX_GROUP_LIMIT ((size_t)16 * 1024 * 1024)

/*
 * "5,000 x sh -c 'echo {}; echo {} >&2'": small pieces of output are gathered for one
 * write.
 */
#define WRITER_GATHER ((size_t)32 * 1024)

/* How much memory captured output may take: that of one job, and that of all jobs. */
#define CAPTURE_JOB_MEMORY ((size_t)256 * 1024)
#define CAPTURE_MEMORY ((size_t)16 * 1024 * 1024)

/*
 * Input.
 *
 * "F: --round-robin cat >/dev/null" and similar rows: a pipe that holds a whole
 * block is filled at once, so pipes are made wider than the ordinary size.  All wide
 * pipes together have at most FEED_PIPES_MOST bytes: a quarter of what the system
 * gives a user before it makes further pipes smaller.
 */
#define FEED_PIPE_ORDINARY ((size_t)64 * 1024)
#define FEED_PIPES_MOST ((size_t)16 * 1024 * 1024)
/* Copied input takes at most so much memory; the rest is kept in a file. */
#define FEED_MEMORY ((size_t)64 * 1024 * 1024)
/* So many pieces of input one job gets before it is the turn of the others. */
#define FEED_TURNS 16

/* So many reads the pipes of a dead job get before it is the turn of the others. */
#define WORKER_DRAIN_READS 16

/*
 * Starts.
 *
 * "one job": the caller itself starts so many jobs before threads are made.  With
 * threads from the beginning, one job takes 1.5 times the CPU time.
 */
#define SPAWNER_ALONE 64

/*
 * "5,000 x a static program": most of its time a spawner thread waits in vfork
 * while its child has the CPU, so two threads for each CPU keep it busy.  More than
 * SPAWNER_THREADS_MOST threads would wait for each other in the kernel.
 */
#define SPAWNER_THREADS_EACH 2u
#define SPAWNER_THREADS_MOST 4u

/*
 * "5,000 x a static program" on a machine that does nothing else: children of short
 * jobs keep the CPUs busy themselves.  More threads than CPUs (the caller's thread
 * counts) would only make the kernel move them between CPUs, which costs 10 to 20
 * %.  So the other threads are started only when so many tasks wait for each thread
 * that works.
 */
#define SPAWNER_LONG_QUEUE 8u

/*
 * While the caller waits for a start that takes longer than this (a program on a
 * slow file system), the loop stands still.  After such a start the caller leaves
 * the next SPAWNER_ABSTAIN starts to the threads.
 */
#define SPAWNER_SLOW_NS INT64_C(20000000)
#define SPAWNER_ABSTAIN 64u

/*
 * Workers that stay.
 *
 * "4,000 calls of a function, --worker=shared", -j8 on two CPUs: if eight shells
 * take turns, none finds its data in the caches, and each call takes half as long
 * again.  So only one task more than there are CPUs is in flight, as long as more
 * tasks are served that way.  With exactly as many tasks as CPUs, a shell waits for
 * the loop after each task, and a call takes half as long again, too.  The rate is
 * measured each THROTTLE_LOOK_NS, and compared with that of all slots after
 * THROTTLE_LOOKS measurements (looks).  If fewer tasks are served with few slots,
 * all slots are used for THROTTLE_OPEN_NS between two trials; the trials cost one
 * part in 32.
 */
#define THROTTLE_LOOK_NS INT64_C(4000000)
#define THROTTLE_LOOKS 32
#define THROTTLE_OPEN_NS INT64_C(128000000)
/* The first look comes when a shell has started and has served a few tasks. */
#define THROTTLE_FIRST_NS INT64_C(10000000)
/*
 * "10,000 lines, --worker-line python3": each Python takes 45 ms of CPU time to
 * start, and to start more of them than are needed took as long as all lines.  So
 * the first workers get THROTTLE_START_NS to start before others are started.  All
 * slots are tried later if the start took long: THROTTLE_START_LOOKS looks later
 * for each look at which no worker had started yet.
 */
#define THROTTLE_START_NS INT64_C(100000000)
#define THROTTLE_START_LOOKS 8
#define THROTTLE_START_LOOKS_MOST \
	(THROTTLE_START_LOOKS * (int)(THROTTLE_START_NS / THROTTLE_LOOK_NS))
/* On a busy machine two measurements of the same work differ by so much. */
#define THROTTLE_WORSE 0.875
/*
 * Workers that use less than this part of the CPUs wait for something else: all
 * slots are used.
 */
#define THROTTLE_IDLE 8

#endif
