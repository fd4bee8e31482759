# SPDX-License-Identifier: GPL-2.0
#
# Reads what guest/check.sh wrote and prints a line for each test, for each
# case that failed or was skipped, and "@sum PASSED FAILED SKIPPED".
#
# A test that runs under the kselftest runner has its own TAP behind "# " and
# the runner's verdict on it in plain TAP; a scenario has plain TAP only.
# Each case counts; where the verdict is worse than the cases (a crash, a time-out),
# it counts as one more failure.
#
# Variable: status, the exit status of selftests/qemu/run.

function reset()
{
	ok = bad = skip = 0
	verdict = ""
	details = notes = logged = ""
}

# case_line(text): text is "ok N NAME..." or "not ok N NAME...".
function case_line(text,    name, reason)
{
	name = text
	sub(/^(not )?ok [0-9]+ ?(- )?/, "", name)
	if (text ~ /^not ok/) {
		bad++
		details = details "    FAIL  " name "\n" notes
	} else if (text ~ /# SKIP/) {
		skip++
		details = details "    skip  " name "\n"
	} else {
		ok++
	}
	notes = ""
}

function summary(    line)
{
	if (ok + bad + skip == 0) {
		if (verdict ~ /^ok.*# SKIP/)
			skip++
		else if (verdict ~ /^ok/)
			ok++
		else if (verdict == "") {
			bad++
			details = details "    FAIL  no result at all\n" notes
		}
	}
	if (verdict ~ /^not ok/ && bad == 0) {
		bad++
		details = details "    FAIL  " verdict "\n" notes
	}
	if (logged != "") {
		bad++
		details = details "    FAIL  the kernel's log should not hold:\n" logged
	}
	line = ok " passed"
	if (bad)
		line = line ", " bad " failed"
	if (skip)
		line = line ", " skip " skipped"
	if (seconds >= 5)
		line = line " (" seconds " s)"
	seconds = 0
	printf "  %-4s %-18s %s\n", bad ? "FAIL" : ok ? "ok" : "skip", test, line
	printf "%s", details
	passed += ok
	failed += bad
	skipped += skip
}

/^@begin / {
	test = $2
	open = 1
	reset()
	next
}

/^@end / {
	seconds = $3 + 0
	summary()
	open = 0
	next
}

/^@log / {
	logged = logged "          " substr($0, 6) "\n"
	next
}

/^@done/ {
	done = 1
	next
}

/^(not )?ok [0-9]+ selftests: / {
	verdict = $0
	next
}

/^(not )?ok [0-9]+/ {
	case_line($0)
	next
}

/^# (not )?ok [0-9]+/ {
	case_line(substr($0, 3))
	next
}

# Diagnostics come before the result that they explain.
/^#/ && !/^# (TAP version|1\.\.|selftests: |timeout set to)/ &&
!/^# #  *(RUN|OK|FAIL|SKIP) / && !/^# # (Totals|Starting|PASSED|FAILED)/ {
	text = $0
	sub(/^#[ #]*/, "", text)
	if (text != "")
		notes = notes "          " text "\n"
}

END {
	if (open) {
		bad++
		details = details "    FAIL  the guest died in this test\n" notes
		verdict = "died"
		summary()
	} else if (status != 0 || !done) {
		failed++
		print "  FAIL boot               the guest did not finish"
	}
	print "@sum", passed + 0, failed + 0, skipped + 0
}
