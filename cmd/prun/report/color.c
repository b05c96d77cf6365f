/* SPDX-License-Identifier: ISC */

/* Owns the choice of colours among the 216 of a terminal's cube. */
#include <stdio.h>

#include "report/color.h"

#define CUBE 16 /* the first of 6*6*6 colours */
#define CUBE_SIZE 216
#define BLACK 0
#define WHITE 231
#define RED 196
/* Coprime to 216, so that all come up, and neighbours look different. */
#define STEP 139

static void
color_text(char text[COLOR_SIZE], unsigned background, unsigned foreground)
{
	(void)snprintf(text, COLOR_SIZE, "\033[48;5;%03u;38;5;%03um\033[K",
	    background, foreground);
}

void
color_of_job(uint64_t seq, char text[COLOR_SIZE])
{
	unsigned n = (unsigned)(seq % CUBE_SIZE) * STEP % CUBE_SIZE;
	unsigned red = n / 36, green = n / 6 % 6, blue = n % 6;
	/* The eye takes green for brighter than red, and red than blue. */
	unsigned light = 3 * red + 6 * green + blue;

	color_text(text, CUBE + n, light >= 25 ? BLACK : WHITE);
}

void
color_of_failure(char text[COLOR_SIZE])
{
	color_text(text, RED, WHITE);
}
