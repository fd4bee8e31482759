// SPDX-License-Identifier: GPL-2.0
#include "interval.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/**
 * pfc_now() - the time
 *
 * Return: nanoseconds of CLOCK_MONOTONIC.
 */
uint64_t pfc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * PFC_NSEC + ts.tv_nsec;
}

/**
 * pfc_catch_interrupts() - signals that end a program end pfc_sleep_until() instead
 *
 * SIGHUP and SIGQUIT stay ignored where they are (nohup).
 */
void pfc_catch_interrupts(void)
{
	/* No SA_RESTART: the sleep ends, and no line is cut off. */
	static const int ignorable[] = { SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = interrupt }, before;
	size_t i;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (i = 0; i < sizeof(ignorable) / sizeof(*ignorable); i++) {
		sigaction(ignorable[i], &action, &before);
		if (before.sa_handler == SIG_IGN)
			sigaction(ignorable[i], &before, NULL);
	}
}

/**
 * pfc_interrupted() - whether a signal came
 *
 * Return: true if so.
 */
bool pfc_interrupted(void)
{
	return interrupted;
}

/**
 * pfc_sleep_until() - sleep
 * @when: nanoseconds of CLOCK_MONOTONIC
 *
 * Return: false if interrupted.
 */
bool pfc_sleep_until(uint64_t when)
{
	struct timespec ts = { .tv_sec = when / PFC_NSEC, .tv_nsec = when % PFC_NSEC };

	while (!interrupted)
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != EINTR)
			return true;
	return false;
}
