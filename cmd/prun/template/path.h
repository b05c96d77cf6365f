/* SPDX-License-Identifier: ISC */

/* Parts of a path: slices of it, never copies. */
#ifndef TEMPLATE_PATH_H
#define TEMPLATE_PATH_H

#include <stddef.h>

#include "text/text.h"

struct text path_basename(struct text t); /* behind the last slash */
struct text path_dirname(struct text t); /* as dirname(1) prints it */
struct text path_directory(struct text t); /* before the last slash, or empty */

/* Without its last n extensions, each of which may be empty; t if it has fewer. */
struct text path_drop_extensions(struct text t, size_t n);

/* The last n extensions without the first dot; empty when it has fewer. */
struct text path_take_extensions(struct text t, size_t n);

#endif
