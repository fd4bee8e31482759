// SPDX-License-Identifier: GPL-2.0
/* pfclass top: the screen and its keys. */
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/output.h"
#include "top.h"

#define ANSWER	256	/* the longest line that is typed */
#define HEAD	3	/* lines above the rows */

static const char *const keys[] = {
	"q             quit",
	"g             a row is a process, a command, a user, a control group",
	"< >           sort by the column to the left, to the right",
	"R             reverse the order",
	"t             counts since the start, or faults per second",
	"c             ask which classes count, separated by commas; none: all",
	"f             ask for a filter: COLUMN=PATTERN, COLUMN<N or COLUMN>N",
	"=             remove the filters",
	"d             ask for the seconds between two readings",
	"space         read now",
	"up, down, PgUp, PgDn, Home, End",
	"              scroll",
};

/**
 * struct screen - what is shown
 * @top: what is counted
 * @layout: the columns
 * @rows: the rows
 * @first: the first row on the screen
 * @message: what was wrong with the last answer, or NULL
 * @help: show the keys
 * @now: a key asks for a reading
 * @quit: a key ends it
 */
struct screen {
	struct top *top;
	struct top_layout layout;
	struct top_rows rows;
	size_t first;
	char *message;
	bool help;
	bool now;
	bool quit;
};

static size_t visible(void)
{
	int lines = LINES;

	return lines > HEAD ? lines - HEAD : 0;
}

/* A stream into memory; what was printed is in *@text once it is closed. */
static FILE *print_to(char **text)
{
	static size_t size;
	FILE *out = open_memstream(text, &size);

	if (!out)
		pfc_out_of_memory();
	return out;
}

static void draw_text(int y, attr_t attributes, const char *text)
{
	move(y, 0);
	attrset(attributes);
	printw("%-*.*s", COLS, COLS, text);
	attrset(A_NORMAL);
}

/* Draw what was printed to @out, and release it. */
static void draw(int y, attr_t attributes, FILE *out, char **text)
{
	fclose(out);
	(*text)[strcspn(*text, "\n")] = '\0';
	draw_text(y, attributes, *text);
	free(*text);
}

static void draw_head(const struct screen *screen)
{
	const struct top_input *input = screen->top->input;
	char *text;
	FILE *out;

	out = print_to(&text);
	top_print_status(screen->top, &screen->rows, out);
	draw(0, A_BOLD, out, &text);
	if (screen->message) {
		draw_text(1, A_STANDOUT, screen->message);
	} else {
		out = print_to(&text);
		fprintf(out, "h: keys; by %s, sorted by %s%s",
			input->by == TOP_PID ? "process" : top_column_name(input->by),
			top_column_name(input->sort), input->reverse ? ", reversed" : "");
		if (screen->layout.left_out)
			fprintf(out, "; no room for %zu columns", screen->layout.left_out);
		top_print_notes(screen->top, "; ", out);
		draw(1, A_NORMAL, out, &text);
	}
	out = print_to(&text);
	top_print_row(screen->top, &screen->layout, NULL, out);
	draw(2, A_REVERSE, out, &text);
}

static void draw_all(struct screen *screen)
{
	size_t last, i;
	char *text;
	FILE *out;

	free(screen->rows.rows);
	top_make_rows(screen->top, &screen->rows);
	top_lay_out(screen->top, &screen->rows, &screen->layout, COLS);
	last = screen->rows.nr > visible() ? screen->rows.nr - visible() : 0;
	if (screen->first > last)
		screen->first = last;
	erase();
	if (screen->help) {
		for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			draw_text(i, A_NORMAL, keys[i]);
		refresh();
		return;
	}
	draw_head(screen);
	for (i = 0; i < visible() && screen->first + i < screen->rows.nr; i++) {
		out = print_to(&text);
		top_print_row(screen->top, &screen->layout,
			      &screen->rows.rows[screen->first + i], out);
		draw(HEAD + i, A_NORMAL, out, &text);
	}
	refresh();
}

/* Ask for a line. Returns false if none was given. */
static bool ask(const char *question, char *answer)
{
	int ret;

	draw_text(1, A_NORMAL, question);
	move(1, strlen(question) + 1);
	echo();
	curs_set(1);
	nodelay(stdscr, false);
	ret = getnstr(answer, ANSWER - 1);
	nodelay(stdscr, true);
	curs_set(0);
	noecho();
	return ret == OK;
}

static void ask_for(struct screen *screen, const char *question,
		    char *(*set)(struct top_input *input, const char *text))
{
	char answer[ANSWER] = "";

	if (ask(question, answer))
		screen->message = set(screen->top->input, answer);
}

/* The columns that can be seen, and around. */
static void move_sort(struct screen *screen, int step)
{
	const struct top_layout *layout = &screen->layout;
	size_t at;

	for (at = 0; at < layout->nr && layout->column[at] != screen->top->input->sort; at++)
		;
	if (at == layout->nr)
		at = 0;
	else
		at = (at + layout->nr + step) % layout->nr;
	screen->top->input->sort = layout->column[at];
}

static void next_group(struct top_input *input)
{
	static const enum top_column next[TOP_FAULTS] = {
		[TOP_PID] = TOP_COMMAND,
		[TOP_COMMAND] = TOP_USER,
		[TOP_USER] = TOP_CGROUP,
		[TOP_CGROUP] = TOP_PID,
	};

	input->by = next[input->by];
	if (input->sort < TOP_FAULTS)
		input->sort = input->by;
}

static void scroll_by(struct screen *screen, long lines)
{
	long first = (long)screen->first + lines;

	screen->first = first < 0 ? 0 : first;
}

static void take_key(struct screen *screen, int key)
{
	struct top_input *input = screen->top->input;

	free(screen->message);
	screen->message = NULL;
	if (screen->help && key != 'q') {
		screen->help = key == KEY_RESIZE;
		return;
	}
	switch (key) {
	case 'q':
		screen->quit = true;
		break;
	case 'h':
	case '?':
		screen->help = true;
		break;
	case 'g':
		next_group(input);
		break;
	case '<':
		move_sort(screen, -1);
		break;
	case '>':
		move_sort(screen, 1);
		break;
	case 'R':
		input->reverse = !input->reverse;
		break;
	case 't':
		input->total = !input->total;
		break;
	case 'c':
		ask_for(screen, "classes:", top_set_classes);
		break;
	case 'f':
		ask_for(screen, "filter:", top_add_filter);
		break;
	case '=':
		top_clear_filters(input);
		break;
	case 'd':
		ask_for(screen, "seconds:", top_set_interval);
		break;
	case ' ':
		screen->now = true;
		break;
	case KEY_UP:
		scroll_by(screen, -1);
		break;
	case KEY_DOWN:
		scroll_by(screen, 1);
		break;
	case KEY_PPAGE:
		scroll_by(screen, -(long)visible());
		break;
	case KEY_NPAGE:
		scroll_by(screen, visible());
		break;
	case KEY_HOME:
		screen->first = 0;
		break;
	case KEY_END:
		screen->first = screen->rows.nr;
		break;
	}
}

/* Take keys until the next reading is due. Returns false at the end. */
static bool wait_for_reading(struct screen *screen)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t signals, old;
	int key, ready = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGWINCH);
	screen->now = false;
	draw_all(screen);
	for (;;) {
		uint64_t due = screen->top->when + screen->top->input->interval;
		uint64_t now = pfc_now(), left = due > now ? due - now : 0;
		struct timespec timeout = { left / PFC_NSEC, left % PFC_NSEC };

		/* A signal that comes before ppoll() ends it. */
		sigprocmask(SIG_BLOCK, &signals, &old);
		if (!pfc_interrupted())
			ready = ppoll(&in, 1, &timeout, &old);
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (pfc_interrupted() || (ready > 0 && !(in.revents & POLLIN)))
			return false;
		while (!screen->quit && (key = getch()) != ERR) {
			take_key(screen, key);
			draw_all(screen);
		}
		if (pfc_interrupted() || screen->quit)
			return false;
		if (screen->now || pfc_now() >= screen->top->when + screen->top->input->interval)
			return true;
	}
}

/**
 * top_screen() - show the readings on the terminal until a key or a signal ends it
 * @top: from top_open()
 *
 * Return: an exit status of enum pfc_exit.
 */
int top_screen(struct top *top)
{
	struct screen screen = { .top = top };
	FILE *errors = stderr;
	int ret = PFC_EXIT_OK;
	uint64_t done = 0;
	SCREEN *terminal;
	char *said;

	terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		pfc_error("the terminal type \"%s\" is not known; set TERM, or print lines: -b",
			  getenv("TERM") ? getenv("TERM") : "");
		return PFC_EXIT_FAILURE;
	}
	cbreak();
	noecho();
	keypad(stdscr, true);
	nodelay(stdscr, true);
	set_escdelay(25);
	curs_set(0);
	/* Messages appear when the screen is what it was before. */
	stderr = print_to(&said);
	while ((!top->input->count || done++ < top->input->count) && wait_for_reading(&screen)) {
		ret = top_read(top);
		if (ret)
			break;
	}
	endwin();
	fclose(stderr);
	stderr = errors;
	fputs(said, stderr);
	free(said);
	free(screen.message);
	free(screen.rows.rows);
	delscreen(terminal);
	return ret;
}
