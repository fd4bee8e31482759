#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# prometheus.sh PFCLASS MAKE_FILES: the metrics, the rules, the dashboard and the units.
# Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"
here=$(cd "$(dirname "$0")/.." && pwd)
list=$here/tests/metrics.awk
prom=$dir/pfclass.prom

echo "TAP version 13"

# have NAME COMMAND: whether the test can run here.
have() {
	command -v "$2" >/dev/null || { skip "$1" "no $2 here"; return 1; }
}

metrics() {
	"$tool" prometheus -D "$root" "$@"
}

# same NAME FILE FILE: after run
same() {
	if [ "$status" -eq 0 ] && [ -s "$2" ] && diff "$2" "$3" >"$dir/err"; then
		pass "$1"
	else
		diff "$2" "$3" | sed 's/^/# /' | head -n 20
		fail "$1"
	fi
}

# checked NAME: the files as they are, before promtool and against stats.
checked() {
	run metrics
	awk -f "$list" "$dir/out" >"$dir/metrics"
	sed -E '/^(abi|faults|pgfault) /d; / unavailable$/d' "$files/stats" | sort >"$dir/stats"
	same "$1: equal to stats" "$dir/stats" "$dir/metrics"
	have "$1: promtool check metrics" promtool || return 0
	cp "$dir/out" "$prom"
	# shellcheck disable=SC2016 # expanded by the inner shell
	good "$1: promtool check metrics" '^$' sh -c 'promtool check metrics <"$0" && echo' "$prom"
}

fresh_from 1000
checked "an unavailable class"
good "an unavailable class is 0 there" '^pfclass_class_available\{class="error"\} 0$' metrics
good "an available one is 1" '^pfclass_class_available\{class="wp"\} 1$' metrics
run metrics
if [ "$(grep -c '"error"' "$dir/out")" -eq 1 ]; then
	pass "an unavailable class has no other sample"
else
	fail "an unavailable class has no other sample"
fi
if grep -q '[{,]type=' "$dir/out"; then
	fail "no label is named type"
else
	pass "no label is named type"
fi
good "a group" '^pfclass_cgroup_faults_total\{cgroup="/c",class="wp"\} 2002$' metrics
good "a group's path is quoted" \
	'^pfclass_cgroup_faults_total\{cgroup="/a b.slice/x[\]{2}x2d[\]".scope",class="wp"\} 1001$' \
	metrics
printf 'cgroup id anon\n(removed) - unavailable\n(other) - unavailable\n' >"$files/cgroups"
run metrics
if grep -q cgroup_faults "$dir/out"; then
	fail "without cgroups=N there is no group"
else
	pass "without cgroups=N there is no group"
fi
good "no filter" '^pfclass_filter_active 0$' metrics
echo "tgid=1" >"$files/filter"
good "a filter" '^pfclass_filter_active 1$' metrics
good "the version" "^pfclass_build_info\\{version=\"$("$tool" --version | sed 's/.* //')\",abi=\"1\"\\} 1\$" \
	metrics
good "help is the meaning of the key" '^# HELP pfclass_retries_total of which ended in VM_FAULT_RETRY' \
	metrics

# account=0: nothing but the classes.
fresh_from 1000
sed -E 's/^(faults|visits|retries|unclassified|refused|[a-z]+_(read|write|exec|user|kernel|gup|major)) .*/\1 unavailable/' \
	"$files/stats" >"$dir/edited"
cat "$dir/edited" >"$files/stats"
checked "hits only"

fresh
sed 's/^file [0-9]*/file 9000/' "$files/stats" >"$dir/edited"
cat "$dir/edited" >"$files/stats"
checked "reads of files"
good "reads of files are the rest" \
	"^pfclass_faults_by_access_total\\{class=\"file\",access=\"read\"\\} $((9000 - $(value file_write) - $(value file_exec)))\$" \
	metrics
fresh_from 18446744073709551000
checked "large numbers"

# Latency. The bucket FROM holds FROM to 2 * FROM - 1 ns.
fresh
run metrics
if [ "$status" -eq 0 ] && ! grep -q duration "$dir/out"; then
	pass "latency is off: no histogram"
else
	fail "latency is off: no histogram"
fi
cat >"$files/latency" <<EOF
abi 1
anon count 21
anon sum 4500123456789
anon 0 1
anon 64 2
anon 128 4
anon 4294967296 6
anon 8589934592 8
wp count 0
wp sum 0
error count unavailable
EOF
checked "latency"
d=pfclass_fault_duration_seconds
good "latency: a boundary is inclusive" "^${d}_bucket\\{class=\"anon\",le=\"1.27e-07\"\\} 3\$" metrics
good "latency: buckets are cumulative" "^${d}_bucket\\{class=\"anon\",le=\"2.55e-07\"\\} 7\$" metrics
good "latency: the last boundary" "^${d}_bucket\\{class=\"anon\",le=\"8.589934591\"\\} 13\$" metrics
good "latency: what is longer" "^${d}_bucket\\{class=\"anon\",le=\"\\+Inf\"\\} 21\$" metrics
good "latency: count" "^${d}_count\\{class=\"anon\"\\} 21\$" metrics
good "latency: sum" "^${d}_sum\\{class=\"anon\"\\} 4500.123456789\$" metrics
run metrics
if [ "$(grep -c "^${d}_bucket{class=\"wp\",.* 0\$" "$dir/out")" -eq \
     "$(grep -c "^${d}_bucket{class=\"anon\"," "$dir/out")" ]; then
	pass "latency: every class has every bucket"
else
	fail "latency: every class has every bucket"
fi
if grep -q "^${d}.*\"\\(error\\|numa\\)\"" "$dir/out"; then
	fail "latency: what is unavailable has no histogram"
else
	pass "latency: what is unavailable has no histogram"
fi

# A reload: three readings as Prometheus scrapes them, the counters from 0 in between.
for base in 2000 5000 0 700; do
	fresh_from "$base"
	metrics
done | awk '
	$1 == "pfclass_faults_total{class=\"wp\"}" { values = values " " $2; last = $2 }
	END {
		name = "pfclass_faults_total{class=\"wp\"}"
		print "tests:\n  - interval: 1m\n    input_series:"
		print "      - series: " name "\n        values:" values
		print "    promql_expr_test:"
		print "      - expr: resets(" name "[10m])\n        eval_time: 3m"
		print "        exp_samples:\n          - labels: \"{class=\\\"wp\\\"}\""
		print "            value: 1"
		# 3000 before the reload; after it all that the counter has.
		print "      - expr: round(increase(" name "[3m:1m]))\n        eval_time: 3m"
		print "        exp_samples:\n          - labels: \"{class=\\\"wp\\\"}\""
		print "            value: " 3000 + last
	}' >"$dir/reload.yaml"
if have "a reload is a counter reset to Prometheus" promtool; then
	good "a reload is a counter reset to Prometheus" SUCCESS promtool test rules "$dir/reload.yaml"
fi

# What the documents say of the number of series, where every class is available.
all_available() {
	fresh
	# Of file, some are reads.
	sed 's/ unavailable$/ 7/; s/^file [0-9]*/file 9000/' "$files/stats" >"$dir/edited"
	cat "$dir/edited" >"$files/stats"
	printf 'abi 1\nanon count unavailable\n' >"$files/latency"
	printf 'cgroup id anon\n(removed) - unavailable\n(other) - unavailable\n' >"$files/cgroups"
}

# series LOADED-WITH
series() {
	want=$(sed -n "s/^[^a-z]*$1[^a-z]*at most //p" "$here/../../Documentation/fleet.rst")
	run metrics
	if [ "$status" -eq 0 ] && [ "$(grep -vc '^#' "$dir/out")" = "$want" ]; then
		pass "$1: $want series"
	else
		fail "$1: ${want:-no number of} series, not $(grep -vc '^#' "$dir/out")"
	fi
}

all_available
series "the defaults"
sed -n 's/^\([a-z]*\)_read .*/\1/p' "$files/stats" | while read -r class; do
	printf '%s count 1\n%s sum 64\n%s 64 1\n' "$class" "$class" "$class"
done >"$dir/edited"
{
	echo "abi 1"
	cat "$dir/edited"
} >"$files/latency"
series latency=1
all_available
sed -E '/^(abi|missed|refused|anon|wp|swap|numa|af|dirty|spurious|file|hugetlb) /! s/ .*/ unavailable/' \
	"$files/stats" >"$dir/edited"
cat "$dir/edited" >"$files/stats"
series account=0

# -o FILE.
out=$dir/textfile
mkdir "$out"
prom=$out/pfclass.prom
fresh
run sh -c 'umask 077; exec "$0" prometheus -D "$1" -o "$2"' "$tool" "$root" "$prom"
metrics >"$dir/expected"
same "-o: what standard output would have" "$dir/expected" "$prom"
if [ "$(find "$prom" -perm 644)" = "$prom" ] && [ ! -s "$dir/out" ]; then
	pass "-o: mode 0644, whatever the umask"
else
	fail "-o: mode 0644, whatever the umask"
fi
ln "$prom" "$dir/old"
fresh_from 1000
run metrics -o "$prom"
same "-o: the old file keeps its content" "$dir/expected" "$dir/old"
metrics >"$dir/expected2"
same "-o: FILE has the new one" "$dir/expected2" "$prom"
(
	i=0
	while [ $i -lt 200 ]; do
		metrics -o "$prom" || break
		i=$((i + 1))
	done
	echo $i >"$dir/written"
) &
writer=$!
torn=0 reads=0
while [ ! -e "$dir/written" ]; do
	cmp -s "$prom" "$dir/expected2" || torn=$((torn + 1))
	reads=$((reads + 1))
done
wait "$writer"
if [ "$(cat "$dir/written")" = 200 ] && [ $torn -eq 0 ] && [ $reads -ge 10 ]; then
	pass "-o: a reader never sees a part"
else
	echo "# $torn of $reads readings"
	fail "-o: a reader never sees a part"
fi

# unchanged NAME: after an error FILE is as before, and nothing lies beside it.
unchanged() {
	if cmp "$prom" "$dir/expected2" && [ "$(ls -A "$out")" = pfclass.prom ]; then
		pass "$1: FILE is left alone"
	else
		fail "$1: FILE is left alone"
	fi
}

# shellcheck disable=SC2016 # expanded by the inner shell
error "the disk is full" 1 "cannot write .*pfclass.prom: " \
	sh -c 'trap "" XFSZ; ulimit -f 1; exec "$0" prometheus -D "$1" -o "$2"' \
	"$tool" "$root" "$prom"
unchanged "the disk is full"
echo "abi 2" >"$files/stats"
error "another ABI" 8 "ABI 2, this tool ABI 1" metrics -o "$prom"
unchanged "another ABI"
fresh
echo "wp 3" >>"$files/latency"
error "latency is garbled" 6 "latency:14: " metrics -o "$prom"
unchanged "latency is garbled"
fresh
rm "$files/filter"
error "the filter is missing" 8 "no file \"filter\"" metrics
rm -r "$files"
run metrics -o "$prom"
if { [ "$status" -eq 3 ] || [ "$status" -eq 4 ]; } && [ "$(wc -l <"$dir/err")" -eq 1 ]; then
	pass "the module is not loaded"
else
	fail "the module is not loaded"
fi
unchanged "the module is not loaded"
fresh
error "no such directory" 1 "cannot write .*: No such file" metrics -o "$dir/no/such/file.prom"
mkdir "$out/dir"
error "FILE is a directory" 1 "cannot write .*: Is a directory" metrics -o "$out/dir"
rmdir "$out/dir"
unchanged "FILE is a directory"
full_disk "standard output is full" prometheus
usage "prometheus: JSON" "format of its own" prometheus -j
usage "prometheus: an argument" "many" prometheus 1

# The mixin: each metric that it reads is one that the tool or node_exporter has.
mixin=$here/mixin
printf 'abi 1\nanon count 1\nanon sum 64\nanon 64 1\n' >"$files/latency"
if have "the rules parse" promtool; then
	good "the rules parse" 'SUCCESS' promtool check rules "$mixin/rules.yaml" "$mixin/alerts.yaml"
	good "the rules do what they say" 'SUCCESS' promtool test rules "$mixin/tests.yaml"
fi
if have "the dashboard's expressions parse" jq && have "the dashboard's expressions parse" promtool; then
	jq -r '.. | .expr? // empty' "$mixin/dashboard.json" >"$dir/exprs"
	awk 'BEGIN { print "groups:\n  - name: dashboard\n    rules:" }
		{ gsub(/\047/, "\047\047")
		  print "      - record: panel" NR "\n        expr: \047" $0 "\047" }' \
		"$dir/exprs" >"$dir/exprs.yaml"
	good "the dashboard's expressions parse" "SUCCESS: $(wc -l <"$dir/exprs") rules" \
		promtool check rules "$dir/exprs.yaml"
	{
		metrics | sed -nE 's/^([a-z_]+).*/\1/p'
		sed -n 's/.* record: //p' "$mixin/rules.yaml"
		printf '%s\n' node_vmstat_pgmajfault node_textfile_mtime_seconds
	} | sort -u >"$dir/known"
	cat "$mixin/rules.yaml" "$mixin/alerts.yaml" "$mixin/dashboard.json" |
		grep -oE '\b([a-z_]+:)?(pfclass|node)_[a-z_]+(:[a-z0-9_]+)?(\{|\[| |\)|,)' |
		sed 's/.$//' | sort -u >"$dir/used"
	if [ "$(wc -l <"$dir/used")" -ge 10 ] && ! comm -23 "$dir/used" "$dir/known" | grep .; then
		pass "rules and dashboard use metrics that exist"
	else
		fail "rules and dashboard use metrics that exist"
	fi
fi

# The units, with the tool that is tested.
if have "the systemd units" systemd-analyze; then
	cp "$here"/systemd/* "$dir/"
	sed -i "s#^ExecStart=pfclass #ExecStart=$tool #" "$dir"/*.service
	good "the systemd units" '^$' sh -c 'systemd-analyze verify --man=no "$@" 2>&1 && echo' - \
		"$dir"/*.service "$dir"/*.timer
fi
tap_end
