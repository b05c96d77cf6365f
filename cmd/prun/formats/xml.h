/* SPDX-License-Identifier: ISC */

/* Texts in XML. */
#ifndef FORMATS_XML_H
#define FORMATS_XML_H

#include "text/text.h"

/*
 * Adds the text as the content of an element, with "<" as &lt; and so on.  Control bytes
 * and bytes that are not UTF-8, which XML forbids, become U+FFFD.  0 or -ENOMEM.
 */
int xml_add(struct bytes *out, struct text t);

/* Adds ' name="text"', with the blank before it.  0 or -ENOMEM. */
int xml_add_attribute(struct bytes *out, const char *name, struct text t);

#endif
