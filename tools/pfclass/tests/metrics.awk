# SPDX-License-Identifier: GPL-2.0
#
# awk -f metrics.awk FILE: the metrics as the lines of stats that they come from, sorted. The
# reads of files are no key of stats.
function label(name,    at)
{
	at = index($1, name "=\"")
	if (!at)
		return ""
	at = substr($1, at + length(name) + 2)
	return substr(at, 1, index(at, "\"") - 1)
}
/^#/ || /^pfclass_(build_info|filter_active|class_available|fault_duration|cgroup_faults)/ { next }
{
	name = $1
	sub(/[{].*/, "", name)
	class = label("class")
	key = "?" $1
	if (name == "pfclass_faults_total")
		key = class
	else if (name == "pfclass_fault_refinements_total")
		key = label("refinement")
	else if (name == "pfclass_faults_by_access_total")
		key = class "_" label("access")
	else if (name == "pfclass_faults_by_origin_total")
		key = class "_" label("origin")
	else if (name == "pfclass_major_faults_total")
		key = class "_major"
	else if (name ~ /^pfclass_(visits|retries|refused|missed)_total$/)
		key = substr(name, 9, length(name) - 14)
	if (name == "pfclass_faults_by_access_total" && key == "file_read")
		next
	print key, $2 | "sort"
}
