/* SPDX-License-Identifier: ISC */

/*
 * The cheapest program there is: static, without a C library, one system call.
 * What it costs to run many of them is what running costs.
 */
void _start(void);

#if defined(__x86_64__)
void
_start(void)
{
	__asm__ volatile("syscall" ::"a"(231L), "D"(0L));
	__builtin_unreachable();
}
#elif defined(__aarch64__)
void
_start(void)
{
	register long number __asm__("x8") = 94;
	register long status __asm__("x0") = 0;

	__asm__ volatile("svc #0" ::"r"(number), "r"(status));
	__builtin_unreachable();
}
#else
#error "exit_group(0) for this machine, please"
#endif
