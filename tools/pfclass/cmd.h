/* SPDX-License-Identifier: GPL-2.0 */
/* The subcommands, and the options that each of them takes. */
#ifndef PFC_CMD_H
#define PFC_CMD_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/exit.h"

/**
 * struct pfc_options - options before or after a subcommand
 * @debugfs: where debugfs is mounted, NULL: the files are in debugfs or in /proc
 * @json: print JSON
 */
struct pfc_options {
	const char *debugfs;
	bool json;
};

/* The options of every subcommand; the input is a struct pfc_options. */
extern const struct argp_child pfc_common_children[];

int pfc_parse_pid(const struct argp_state *state, const char *text);
void pfc_parse_path(const struct argp_state *state, const char *text, const char **path);
bool pfc_parse_command(struct argp_state *state, char ***command);
void pfc_need_command(const struct argp_state *state, char **command);
void pfc_check_scope(const struct argp_state *state, char **command, int pid,
		     const char *watch, bool counted);
uint64_t pfc_parse_interval(const struct argp_state *state, const char *text);
void pfc_parse_intervals(const struct argp_state *state, const char *text, uint64_t *interval,
			 uint64_t *count);
void pfc_usage_around_command(int argc, char **argv);
int pfc_exit_around_command(int status);

int pfc_cmd_stat(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_verify(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_list(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_latency(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_prometheus(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_probes(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_fold(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_wss(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_heatmap(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_control(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_top(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_locate(int argc, char **argv, struct pfc_options *options);

#endif /* PFC_CMD_H */
