// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate: where each class is decided in a kernel whose compiler inlined the
 * functions that classes are named after. Read from DWARF, checked against the code.
 *
 * Two kinds of probe points are exact:
 *
 * The call. A function that the inlined one calls once on its way, and that
 * nothing else in the dispatcher calls from there, is as good as the function
 * itself. DWARF names the calls of an inlined function (DW_TAG_call_site) and
 * the code must hold a call of that very function at the address: a call cannot
 * be moved, shared or speculated by the compiler as other instructions can. The
 * access-flag update accepts no other kind, because the module reads the arguments
 * of the call. Where the kernel accepts no kprobe at the call, the function's own
 * entry is named, provided that the dispatcher calls it nowhere else: at an entry
 * the module counts the dispatcher's calls only.
 *
 * The entry. DW_AT_entry_pc is where the inlined body begins according to the
 * compiler. It is a hint only: optimisation moves instructions over it, merges and
 * duplicates blocks. So the control flow of the enclosing function is followed,
 * with everything that jump labels and alternatives can make of it, and the entry
 * is taken only if
 *   - it belongs to the inlined body,
 *   - whoever executes a call, a store or a decision of the body has passed it:
 *     no execution is missed. Except what came from a helper that is inlined
 *     outside the body too, because the compiler may have merged both,
 *   - no other class can be reached from it: it is behind the decision,
 *   - it cannot be reached from itself: each execution passes it once.
 * If the kernel accepts no kprobe there, a later instruction is as good if no
 * control flow enters or leaves between the two.
 *
 * A class that passes no check is not printed: "unavailable" is better than a
 * count of something else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/json.h"
#include "lib/output.h"
#include "locate.h"

struct input {
	struct pfc_options *options;
	const char *path;
	bool force;
	bool audit;
};

static const char doc[] =
	"Print the parameters to load the module with, for the classes whose "
	"functions the compiler inlined into the fault handler."
	"\v"
	"VMLINUX is the running kernel's, with debugging symbols, from a package "
	"(linux-image-...-dbg) or a build directory. Debian's packages install it in "
	"/usr/lib/debug/boot.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass locate /usr/lib/debug/boot/vmlinux-$(uname -r)\n"
	"  insmod pfclass.ko $(pfclass locate vmlinux)\n"
	"  pfclass locate --force vmlinux    for the kernel of another machine\n"
	"  pfclass locate --audit vmlinux    for a kernel that was just built\n";

static const struct argp_option locate_options[] = {
	{ "force", 'f', NULL, 0, "Do not compare VMLINUX with the running kernel", 0 },
	{ "audit", 'a', NULL, 0, "Of any kernel: how each class would be found, and what differs "
	  "from the kernels that are known. The exit status is 0 if nothing does, 1 if "
	  "something does, 2 if VMLINUX cannot be read", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'f':
		input->force = true;
		return 0;
	case 'a':
		input->audit = true;
		return 0;
	case ARGP_KEY_ARG:
		pfc_parse_path(state, arg, &input->path);
		return 0;
	case ARGP_KEY_END:
		if (!input->path)
			argp_error(state, "VMLINUX is missing, for example: "
				   "pfclass locate /usr/lib/debug/boot/vmlinux-$(uname -r)");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = locate_options,
	.parser = parse_option,
	.args_doc = "VMLINUX",
	.doc = doc,
	.children = pfc_common_children,
};

static const char *key_of(const struct row *row)
{
	return pfc_key(pfc_key_class(row->class))->name;
}

static int print_lines(const struct search *search)
{
	bool any = false, missing = false;
	size_t i;

	for (i = 0; i < LOCATE_NR_ROWS; i++) {
		if (!search->results[i].points)
			continue;
		any = true;
		printf("probe_%s=%s\n", key_of(&locate_rows[i]), search->results[i].points);
	}
	for (i = 0; i < LOCATE_NR_ROWS; i++) {
		if (!*search->results[i].why)
			continue;
		missing = true;
		pfc_error("%s: %s() is not located: %s", key_of(&locate_rows[i]),
			  locate_rows[i].function, search->results[i].why);
	}
	if (!any && !missing)
		pfc_error("no class's function is inlined in %s: load the module without "
			  "probe_ parameters",
			  search->image.path);
	return missing ? PFC_EXIT_NOT_LOCATED : PFC_EXIT_OK;
}

static int print_json(const struct search *search)
{
	json_t *root = pfc_json_object(), *points = pfc_json_array();
	json_t *parameters = pfc_json_object();
	bool missing = false;
	char name[80];
	size_t i;

	for (i = 0; i < LOCATE_NR_ROWS; i++) {
		const struct result *result = &search->results[i];
		json_t *row;

		if (!result->points && !*result->why)
			continue;
		row = pfc_json_object();
		pfc_json_set(row, "class", pfc_json_string(key_of(&locate_rows[i])));
		pfc_json_set(row, "function", pfc_json_string(locate_rows[i].function));
		if (result->points) {
			snprintf(name, sizeof(name), "probe_%s", key_of(&locate_rows[i]));
			pfc_json_set(parameters, name, pfc_json_string(result->points));
			pfc_json_set(row, "by", pfc_json_string(result->method));
			pfc_json_set(row, "probe_point", pfc_json_string(result->points));
			pfc_json_set(row, "reason", json_null());
		} else {
			missing = true;
			pfc_json_set(row, "by", json_null());
			pfc_json_set(row, "probe_point", json_null());
			pfc_json_set(row, "reason", pfc_json_string(result->why));
		}
		pfc_json_append(points, row);
	}
	pfc_json_set(root, "build_id", *search->image.build_id ?
		     pfc_json_string(search->image.build_id) : json_null());
	pfc_json_set(root, "machine", pfc_json_string(search->image.machine == EM_AARCH64 ?
						      "arm64" : "x86_64"));
	pfc_json_set(root, "parameters", parameters);
	pfc_json_set(root, "probe_points", points);
	pfc_json_print(root, false);
	return missing ? PFC_EXIT_NOT_LOCATED : PFC_EXIT_OK;
}

static int search_image(struct search *search)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	size_t i;

	if (!pfc_image_symbol(&search->image, LOCATE_ROOT, NULL)) {
		pfc_error("%s has no symbol %s: it is not a kernel, or stripped; name the "
			  "vmlinux with debugging symbols",
			  search->image.path, LOCATE_ROOT);
		return PFC_EXIT_NOT_ELF;
	}
	search->dwarf = dwarf_begin_elf(search->image.elf, DWARF_C_READ, NULL);
	if (!search->dwarf ||
	    dwarf_get_units(search->dwarf, NULL, &unit, NULL, NULL, &die, NULL)) {
		pfc_error("%s has no DWARF debugging information; name the vmlinux of the -dbg "
			  "package, or build with CONFIG_DEBUG_INFO_DWARF5=y",
			  search->image.path);
		return PFC_EXIT_NO_DWARF;
	}
	if (!locate_walk(search)) {
		pfc_error("%s has no debugging information of %s(); name another vmlinux",
			  search->image.path, LOCATE_ROOT);
		return PFC_EXIT_NO_DWARF;
	}
	for (i = 0; i < LOCATE_NR_ROWS; i++)
		locate_decide(search, i);
	return PFC_EXIT_OK;
}

/**
 * pfc_cmd_locate() - the subcommand "locate"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_locate(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct search search = { .nr_calls = 0 };
	size_t i;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	if (input.audit)
		return pfc_audit(input.path, options->json);
	ret = pfc_image_open(&search.image, input.path);
	if (ret)
		return ret;
	if (!input.force)
		ret = pfc_image_check_running(&search.image);
	if (!ret)
		ret = search_image(&search);
	if (!ret)
		ret = options->json ? print_json(&search) : print_lines(&search);
	for (i = 0; i < LOCATE_NR_ROWS; i++)
		free(search.results[i].points);
	for (i = 0; i < search.nr_bodies; i++)
		free(search.bodies[i].ranges);
	free(search.bodies);
	free(search.calls);
	if (search.dwarf)
		dwarf_end(search.dwarf);
	pfc_image_close(&search.image);
	return pfc_flush() ? PFC_EXIT_FAILURE : ret;
}
