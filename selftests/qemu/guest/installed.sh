# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2317,SC2329
#
# What selftests/qemu/install-tests does, as root, in a Debian that has systemd, DKMS and the
# headers of its kernel: installed.sh first|second. A second kernel is in its repository. In
# /run/pfclass: README.md's commands (steps), the packages (out/), those of a later version (next/).

cd /run/pfclass || exit
# shellcheck source=selftests/lib/tap.sh
. ./tests/tap.sh
export DEBIAN_FRONTEND=noninteractive INITRD=No
second=$PFC_SECOND
version=$(dpkg-deb -f out/pfclass-dkms_*.deb Version)
next=$(dpkg-deb -f next/pfclass-dkms_*.deb Version)

# quiet CMD...: what it says is shown only if it fails.
quiet()
{
	"$@" >/run/said 2>&1 && return
	tail -n 25 /run/said | sed 's/^/# /'
	return 1
}

# step WORDS: the command of README.md that has these words, as it is written there, but for
# what apt-get asks a person.
step()
{
	line=$(grep -F -- "$1" steps | sed 's/  *#.*//; s/^sudo //; s/^apt-get /&-q -y /')
	check "README.md: $line" quiet sh -c "$line"
}

loaded()
{
	grep -q '^pfclass ' /proc/modules
}

# counts_right TEXT: a watch counts as many faults as a program makes.
counts_right()
{
	pfclass watch add installed addr=0x5500000000-0x5600000000
	./tests/faults wp 23 0x5500000000
	is 23 "$(pfclass stat -w installed -j | sed -n 's/^ *"wp": \([0-9]*\),*$/\1/p')" "$1"
	pfclass watch remove installed
}

# built_for RELEASE VERSION: DKMS and depmod say so, and so does the file.
built_for()
{
	dkms status -m pfclass -v "$2" -k "$1" | grep ': installed' &&
		grep '^updates/dkms/pfclass\.ko' "/lib/modules/$1/modules.dep" &&
		[ "$(modinfo -k "$1" -F version pfclass)" = "$2" ] &&
		modinfo -k "$1" -F vermagic pfclass | grep "^$1 "
}

# files: the names of all files, and of all that has the project's name, and depmod's content.
# Without what belongs to the log, to apt, or to systemd's own state; DKMS keeps its key.
files()
{
	find / -xdev \( -path /var/log -o -path /var/cache -o -path /var/backups -o -path /tmp \
		-o -path /var/tmp -o -path /root -o -path /var/lib/apt -o -path /var/lib/systemd \) \
		-prune -o \( ! -type d -o -name '*pfclass*' \) ! -path '/var/lib/dkms/mok.*' \
		! -path '/var/lib/dpkg/*-old' -print | LC_ALL=C sort
	find /var/lib/systemd /var/cache /root -name '*pfclass*'
	sha256sum /lib/modules/*/modules.dep /lib/modules/*/modules.symbols
}

first()
{
	files >/root/before
	step "apt-get install linux-headers-"
	step ./out/
	check "DKMS has built $version for $(uname -r)" quiet built_for "$(uname -r)" "$version"
	check "this does not load the module" fails loaded
	step "modprobe pfclass"
	counts_right "it counts 23 faults"
	check "the books balance" quiet pfclass verify -- ./tests/faults wp 23 0x5500000000
	check "pfclass stat 1 2" quiet pfclass stat 1 2
	step "pfclass prometheus"
	step "modprobe -r pfclass"
	check "it is unloaded" fails loaded
	check "the service is not enabled" fails systemctl -q is-enabled pfclass
	check "systemctl enable --now pfclass" quiet systemctl enable --now pfclass
	check "the service has loaded it" loaded

	pfclass watch add kept
	check "upgrade to $next" quiet apt-get -q -y install ./next/*.deb
	check "DKMS has built $next for $(uname -r)" quiet built_for "$(uname -r)" "$next"
	is "" "$(dkms status -m pfclass -v "$version")" "and removed $version"
	is "$version" "$(cat /sys/module/pfclass/version)" "the module in use stays"
	check "with its watches" grep -q '^kept' /sys/kernel/debug/pfclass/watches
	counts_right "and counts"

	check "another kernel" quiet apt-get -q -y install "linux-image-$second" \
		"linux-headers-$second"
	for release in /lib/modules/*; do
		release=${release##*/}
		check "DKMS has built $next for $release" quiet built_for "$release" "$next"
	done
}

second()
{
	check "the service has loaded the module of $(uname -r)" loaded
	is "$next" "$(cat /sys/module/pfclass/version)" "which is the new one"
	counts_right "it counts 23 faults"

	timer=prometheus-node-exporter-pfclass.timer
	check "systemctl enable --now $timer" quiet systemctl enable --now $timer
	for _ in $(seq 60); do
		curl -s localhost:9100/metrics >/run/metrics
		! grep -q '^pfclass_faults_total{class="anon"} [1-9]' /run/metrics || break
		sleep 1
	done
	check "node_exporter serves the metrics" quiet \
		grep '^pfclass_faults_total{class="anon"} [1-9]' /run/metrics

	step "apt-get purge"
	check "this unloads the module" fails loaded
	is "" "$(systemctl list-unit-files --no-legend '*pfclass.*')" "systemd has no unit of it left"
	is "" "$(dkms status)" "DKMS has no module left"
	echo "linux-base linux-base/removing-running-kernel boolean false" | debconf-set-selections
	check "without the other kernel" quiet apt-get -q -y purge --autoremove \
		"linux-image-*$second" "linux-headers-*$second"
	files >/root/after
	check "nothing is left behind" quiet diff /root/before /root/after
}

echo "TAP version 13"
uname -r | sed 's/^/# /'
case $PFC_HALF in
first) first ;;
second) second ;;
esac
tap_end
