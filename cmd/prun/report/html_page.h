/* SPDX-License-Identifier: ISC */

/* The page of --report around its data, which is JSON. */
#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

extern const char html_page_head[], html_page_end[];

#endif
