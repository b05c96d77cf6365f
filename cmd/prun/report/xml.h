/* SPDX-License-Identifier: ISC */

/* Texts as they stand in XML. */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "text/text.h"

/*
 * Adds the text with &lt; and the like, as the content of an element.  U+FFFD stands for what XML forbids: control bytes, and bytes
 * that are not UTF-8.  0 or -ENOMEM.
 */
int xml_add(struct bytes *out, struct text t);

/* ' name="text"', with a blank before it. */
int xml_add_attribute(struct bytes *out, const char *name, struct text t);

#endif
