/* SPDX-License-Identifier: ISC */

/* The transport of commands that sudo(8) runs as somebody else. */
#ifndef TRANSPORT_SUDO_H
#define TRANSPORT_SUDO_H

#include "transport/transport.h"

extern const struct transport_ops transport_sudo;

#endif
