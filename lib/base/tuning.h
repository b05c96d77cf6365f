/* SPDX-License-Identifier: ISC */

/*
 * The heuristics of the output and of the starts: numbers that have been measured and
 * not derived.  Each names the row of tests/bench that defends it; where a row says
 * nothing any more, the number goes, with the code that needs it.
 */
#ifndef BASE_TUNING_H
#define BASE_TUNING_H

/*
 * Output.
 *
 * "4 x cat 256 MB, --group": without a preferred job, which is read first while the
 * others wait, it takes 2.5 times as long.  MUX_BUSY_READ bytes at a time make it
 * one.
 */
#define MUX_BUSY_READ ((size_t)64 * 1024)

/*
 * "4 x cat 256 MB, --group" and "-k": while the first job floods, the others are left
 * alone for a while, for they would only spill.  Without that -k takes twice as
 * long, --group 1.5 times.  A flood is over when so much time has passed without a
 * busy read.
 */
#define MUX_FLOOD_NS INT64_C(2000000)
#define LOOP_SNOOZE_NS INT64_C(4000000)

/*
 * "4 x cat 256 MB, --group": a job that has written so much and floods on is not kept
 * until its end; --group-limit sets it.  Kept, each byte is copied into a file and
 * back.
 */
#define MUX_GROUP_LIMIT ((size_t)16 * 1024 * 1024)

/*
 * "5,000 x sh -c 'echo {}; echo {} >&2'": small pieces of output are gathered for one
 * write.
 */
#define WRITER_GATHER ((size_t)32 * 1024)

/* Memory that captured output may take: of one job, and of all. */
#define CAPTURE_JOB_MEMORY ((size_t)256 * 1024)
#define CAPTURE_MEMORY ((size_t)16 * 1024 * 1024)

/*
 * Input.
 *
 * "F: --round-robin cat >/dev/null" and its kin: a pipe that holds a whole block is
 * filled at once, so pipes are made wider than the ordinary size.  All wide pipes together
 * have FEED_PIPES_MOST bytes at most: a quarter of what the system gives a user before it
 * makes other pipes smaller.
 */
#define FEED_PIPE_ORDINARY ((size_t)64 * 1024)
#define FEED_PIPES_MOST ((size_t)16 * 1024 * 1024)
/* Copied input takes so much memory; what is above that is in a file. */
#define FEED_MEMORY ((size_t)64 * 1024 * 1024)
/* Pieces that one job gets before others get their turn. */
#define FEED_TURNS 16

/* Reads of the pipes of a job that is dead, before others get their turn. */
#define WORKER_DRAIN_READS 16

/*
 * Starts.
 *
 * "one job": so many are started by the caller before there are threads; with
 * threads at once one job takes 1.5 times the CPU time.
 */
#define SPAWNER_ALONE 64

/*
 * "5,000 x a static program": most of its time a thread waits in vfork and its child
 * has the CPU: two for each CPU keep it busy.  More than SPAWNER_THREADS_MOST wait
 * for each other in the kernel.
 */
#define SPAWNER_THREADS_EACH 2u
#define SPAWNER_THREADS_MOST 4u

/*
 * "5,000 x a static program" on a machine that does nothing else: children of short
 * jobs keep the CPUs busy themselves, and more threads than CPUs, the caller's among
 * them, only move them about (10 to 20 %).  So the rest comes when for each thread
 * that is at work so many tasks wait.
 */
#define SPAWNER_LONG_QUEUE 8u

/*
 * A start that takes longer than this keeps the loop waiting (a program on a slow
 * file system): then the caller leaves so many starts to the threads.
 */
#define SPAWNER_SLOW_NS INT64_C(20000000)
#define SPAWNER_ABSTAIN 64u

/*
 * Workers that stay.
 *
 * "4,000 calls of a function, --worker=shared", -j8 on two CPUs: eight shells that take
 * turns find nothing of theirs in the caches, and each call takes half as long again.  So
 * one task more than there are CPUs is in flight, as long as that serves more: with as many
 * as CPUs, one of these waits for the loop after each task, and a call takes half as long
 * again, too.  It is looked at each THROTTLE_LOOK_NS, and compared with all slots after
 * THROTTLE_LOOKS looks.  Where it serves less, all slots are used for THROTTLE_OPEN_NS
 * between two trials, which cost one part in 32.
 */
#define THROTTLE_LOOK_NS INT64_C(4000000)
#define THROTTLE_LOOKS 32
#define THROTTLE_OPEN_NS INT64_C(128000000)
/* The first look comes when a shell has started and served a few. */
#define THROTTLE_FIRST_NS INT64_C(10000000)
/*
 * "10,000 lines, --worker-line python3": each Python takes 45 ms of CPU time to start, and
 * more of them than are needed took as long as all lines.  So long the first ones are
 * waited for before others are started, and the longer that took, the later all slots are
 * tried: by so many looks for each at which no worker had started yet.
 */
#define THROTTLE_START_NS INT64_C(100000000)
#define THROTTLE_START_LOOKS 8
#define THROTTLE_START_LOOKS_MOST \
	(THROTTLE_START_LOOKS * (int)(THROTTLE_START_NS / THROTTLE_LOOK_NS))
/* On a busy machine two looks of the same differ by so much. */
#define THROTTLE_WORSE 0.875
/* Workers that use less than such a part of the CPUs wait for something else: all slots. */
#define THROTTLE_IDLE 8

#endif
