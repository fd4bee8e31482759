// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses that end in a signal.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "signals.h"

static sigjmp_buf pfc_jump;
static volatile sig_atomic_t pfc_signals, pfc_last_signal;

static void pfc_caught(int signal)
{
	pfc_last_signal = signal;
	pfc_signals++;
	siglongjmp(pfc_jump, 1);
}

/**
 * pfc_forbidden() - access every page, and survive the signals that this makes
 * @base: the first page
 * @len: bytes
 * @page: size of a page
 * @access: how
 * @signal: gets the last signal, or 0; may be NULL
 *
 * Call it once before faults are counted: delivering a signal takes pages of its own.
 *
 * Return: how many accesses were answered with SIGSEGV or SIGBUS.
 */
unsigned int pfc_forbidden(volatile char *base, size_t len, size_t page, enum pfc_access access,
			   int *signal)
{
	struct sigaction action = { .sa_handler = pfc_caught }, old[2];
	volatile size_t at = 0;

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &old[0]);
	sigaction(SIGSEGV, &action, &old[1]);
	pfc_signals = 0;
	pfc_last_signal = 0;
	for (; at < len; at += page) {
		if (sigsetjmp(pfc_jump, 1))
			continue;
		if (access == PFC_READ)
			(void)base[at];
		else if (access == PFC_WRITE)
			base[at] = 1;
		else
			((void (*)(void))(uintptr_t)(base + at))();
	}
	sigaction(SIGBUS, &old[0], NULL);
	sigaction(SIGSEGV, &old[1], NULL);
	if (signal)
		*signal = pfc_last_signal;
	return pfc_signals;
}
