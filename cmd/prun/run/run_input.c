/* SPDX-License-Identifier: ISC */

/*
 * Owns what one job reads of a stream, whether it is a lane, a block, a file or a FIFO: puts
 * it into the job's spec, then into the job's record, gives it to the job's next try, and
 * frees it when the job has ended.  run_stream.c and run_lanes.c decide which job
 * gets which blocks.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"

void
run_set_input(const struct run *run, struct prun_spec *spec)
{
	const struct pipe_options *o = &run->options->pipe;
	const struct block *block = run->block;

	if (run->unfed)
		spec->out.kind = spec->err.kind = PRUN_STDIO_NULL;
	if (run->lane != NULL) {
		spec->in.kind = PRUN_STDIO_PIPE;
		spec->input_fn = lane_next;
		spec->input_arg = run->lane;
		spec->input_pipe = run->block_options.records > 0 ?
		    0 :
		    blocks_size(run->blocks);
	} else if (block != NULL && run->pipe_file_made) {
		spec->in.kind = PRUN_STDIO_NULL;
	} else if (block != NULL) {
		spec->in.kind = PRUN_STDIO_PIPE;
		/*
		 * For a retry the pool must copy the bytes; else it may write them from the
		 * block.
		 */
		if (spec->retry == NULL || block->data == NULL)
			spec->flags |= PRUN_SPEC_INPUT_LENT;
		lane_input(block, &spec->input);
		if (block->data == NULL) {
			spec->input.data = block->header.data;
			spec->input.len = block->header.len;
		}
		spec->input_pipe = spec->input.len + spec->input.length;
		if (o->cat || o->fifo)
			spec->input_path = run->pipe_file.data;
		if (o->fifo)
			spec->flags |= PRUN_SPEC_INPUT_FIFO;
	}
}

void
run_take_input(struct run *run, const struct prun_spec *spec,
    struct report_task *record)
{
	record->lane = run->lane;
	if (run->lane != NULL)
		lane_hold(run->lane);
	record->input = record->temporary = NULL;
	record->fifo = run->pipe_fifo;
	run->pipe_fifo = NULL;
	if (run->block == NULL)
		return;
	record->sent = run->block->len +
	    (run->block->data == NULL ? run->block->header.len : 0);
	if (!run->pipe_file_made && spec->flags & PRUN_SPEC_INPUT_LENT) {
		record->input = run->block->data;
		run->block->data = NULL;
	}
	if (!run->pipe_file_made)
		return;
	record->temporary = strdup(run->pipe_file.data);
	if (record->temporary == NULL)
		run_check(-ENOMEM);
	run->pipe_file_made = false;
}

void
run_free_input(struct report_task *record)
{
	/*
	 * fifo_feed_free() must come before unlink(2): it opens the FIFO, to end the thread
	 * that waits for a reader.
	 */
	record->input_lost = fifo_feed_free(record->fifo);
	if (record->temporary != NULL)
		(void)unlink(record->temporary);
	free(record->temporary);
	free(record->input);
	record->fifo = NULL;
	record->temporary = record->input = NULL;
}

static void
end_lane(struct run *run, struct report_task *job, uint64_t taken)
{
	struct lane *lane = job->lane;

	job->sent = taken;
	job->lane = NULL;
	lane_job_ended(lane, taken,
	    run->lanes != NULL ? &run->lanes->unread : NULL);
	lane_release(lane);
}

void
run_end_input(struct run *run, struct report_task *job, uint64_t taken)
{
	if (job->lane != NULL)
		end_lane(run, job, taken);
	run_free_input(job);
}

bool
run_has_one_try(struct run *run, unsigned tries)
{
	if (run->lane == NULL)
		return tries == 1;
	if (tries == 1)
		run->lane->keep = NULL;
	return run->lane->keep == NULL;
}

bool
run_feed_again(struct run *run, const struct report_task *job)
{
	struct lane *lane = job->lane;
	const int error = job->fifo != NULL ? fifo_feed_again(job->fifo) :
	    lane != NULL                    ? lane_again(lane) :
					      0;

	if (error == 0)
		return true;
	report_message(run->report, true);
	if (job->fifo != NULL)
		warnc(-error,
		    "job %" PRIu64
		    " is not tried again: its FIFO cannot be made",
		    job->seq);
	else
		warnc(-error,
		    "job %" PRIu64
		    " is not tried again: what it has read cannot be kept in %s",
		    job->seq, lane->keep->folder);
	report_message(run->report, false);
	return false;
}
