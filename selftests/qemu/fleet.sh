# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A fleet on this machine's loopback, for metrics-tests and fleet-demo: guests with the module,
# the tool and node_exporter, which QEMU's user network forwards a port to; and a Prometheus in
# the tools' root that scrapes them. Sourced after lib.sh.

# fleet_ready NAME: has what it takes, for the selected kernel; makes the directory $work in
# the tools' root, which is $inside there.
fleet_ready()
{
	root_group "$TOOLS_SUITE" build userland metrics fleet
	program_ready prometheus-node-exporter prometheus-node-exporter
	work=$(mktemp -d "$CACHE/root/$TOOLS_SUITE/tmp/$1.XXXXXX")
	inside=/tmp/${work##*/}
	trap fleet_end EXIT
	trap 'exit 130' INT TERM
}

# shellcheck disable=SC2317,SC2329 # called by the trap
fleet_end()
{
	local pids

	pids=$(jobs -pr)
	# shellcheck disable=SC2086 # process IDs
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	wait
	rm -rf "$work"
}

# free_port: sets PORT to one that nobody listens to, below those that the kernel hands out.
free_port()
{
	PORT=${PORT:-$((20000 + RANDOM % 12000))}
	while PORT=$((PORT + 1)) && (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
		:
	done
}

# guest_start NAME RUN-ARG...: boots a guest whose node_exporter serves on port PORT.
declare -A guests=()
guest_start()
{
	local name=$1 lib=$CACHE/root/$TOOLS_SUITE/usr/lib/$K_TRIPLET

	shift
	free_port
	mkdir "$work/$name"
	"$QEMU_DIR/run" --kernel "$K_NAME" --no-load --job fleet --share "$work/$name" \
		--file "$PROGRAM" --file "$lib/libc.so.6" --file "$(echo "$lib"/ld-linux-*)" \
		--qemu "-netdev user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:$PORT-:9100
			-device virtio-net-pci,netdev=n,romfile=" \
		--output "$work/$name.out" "$@" >"$work/$name.run" 2>&1 &
	guests[$name]=$!
}

# guest_do NAME: runs the commands of standard input in a guest, waits, prints what they print.
guest_do()
{
	local name=$1 n=1 step status

	while [ -e "$work/$name/step.$n" ]; do
		n=$((n + 1))
	done
	step=$work/$name/step.$n
	cat >"$step.new"
	mv "$step.new" "$step"
	while [ ! -e "$step.status" ]; do
		kill -0 "${guests[$name]}" 2>/dev/null || {
			cat "$work/$name.run" >&2
			die "the guest $name ended"
		}
		sleep 0.2
	done
	cat "$step.out"
	read -r status <"$step.status"
	return "$status"
}

# prometheus_start SECONDS: a Prometheus that scrapes so often what standard input names, a line a
# host: INSTANCE PORT. Its rules are the mixin's. Sets PROMETHEUS to its address and prometheus
# to its process ID.
# shellcheck disable=SC2034 # used by those who source this file
prometheus_start()
{
	local instance port

	mkdir -p "$work/rules"
	cp "$TOP/tools/pfclass/mixin/rules.yaml" "$TOP/tools/pfclass/mixin/alerts.yaml" \
		"$work/rules/"
	{
		cat <<YAML
global:
  scrape_interval: $1s
  evaluation_interval: $1s
rule_files: ["rules/*.yaml"]
scrape_configs:
  - job_name: node
    static_configs:
YAML
		while read -r instance port; do
			echo "      - targets: [\"127.0.0.1:$port\"]"
			echo "        labels: {instance: \"$instance\"}"
		done
	} >"$work/prometheus.yml"
	free_port
	PROMETHEUS=http://127.0.0.1:$PORT
	rm -rf "$work/tsdb"
	(PFC_EXEC=1 in_root "$TOOLS_SUITE" "$inside" prometheus \
		--config.file=prometheus.yml --storage.tsdb.path=tsdb \
		--web.listen-address="127.0.0.1:$PORT") >"$work/prometheus.log" 2>&1 </dev/null &
	prometheus=$!
	eventually "Prometheus answers" query up >/dev/null || {
		tail -n 20 "$work/prometheus.log" >&2
		die "Prometheus does not start"
	}
}

# query EXPRESSION [TIME]: what Prometheus answers, a line a sample: NAME{LABELS} VALUE, without
# the label job.
query()
{
	in_root "$TOOLS_SUITE" / promtool query instant -o json ${2:+--time="$2"} \
		"$PROMETHEUS" "$1" >"$work/answer" 2>"$work/error" &&
		in_root "$TOOLS_SUITE" "$inside" jq -r '.[] | (.metric.__name__ // "") + "{" + (
			[.metric | del(.__name__, .job) | to_entries[] |
			 "\(.key)=\(.value | @json)"] | join(",")) + "} " + .value[1]' answer
}

# eventually TEXT CMD...: until the command succeeds, for a minute.
eventually()
{
	local text=$1 end=$((SECONDS + 60))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "# after a minute not yet: $text"
			return 1
		}
		sleep 0.5
	done
}

# whole_second: waits until what was scraped by now is in the database; sets NOW to a second
# that is over.
# shellcheck disable=SC2034 # used by those who source this file
whole_second()
{
	sleep 2
	NOW=$(date +%s)
	sleep 2
}
