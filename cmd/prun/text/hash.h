/* SPDX-License-Identifier: ISC */

/* A hash of a text. */
#ifndef TEXT_HASH_H
#define TEXT_HASH_H

#include <stdint.h>

#include "text/text.h"

/* Never 0; all bits of it are mixed. */
uint64_t text_hash(struct text t);

#endif
