# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# A host of the fleet: node_exporter serves on port 9100 what is in /tmp/textfile. The host
# that runs QEMU says what else happens, in /share/step.N; what N says goes to step.N.out, and
# its exit status, last of all, to step.N.status. The file /share/end ends it.

modprobe -q virtio_net
ifconfig eth0 10.0.2.15 up
mkdir /tmp/textfile
"$(echo /pfclass/ld-linux-*)" --library-path /pfclass /pfclass/prometheus-node-exporter \
	--collector.disable-defaults --collector.vmstat --collector.textfile \
	--collector.textfile.directory=/tmp/textfile >/share/node-exporter.log 2>&1 &
step=/share/step.1 n=1
until [ -e /share/end ]; do
	if [ ! -e $step ]; then
		sleep 0.2
		continue
	fi
	sh $step >$step.out 2>&1
	echo $? >$step.new
	mv $step.new $step.status
	n=$((n + 1))
	step=/share/step.$n
done
