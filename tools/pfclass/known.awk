# SPDX-License-Identifier: GPL-2.0
#
# Makes a C table of known/KERNEL-ARCH, for audit.h.

BEGIN {
	print "#include \"audit.h\"\n"
	print "const struct audit_known audit_known[] = {"
}
FNR == 1 {
	kernel = arch = FILENAME
	sub(/.*\//, "", kernel)
	sub(/-[^-]*$/, "", kernel)
	sub(/.*-/, "", arch)
}
/^#/ { next }
{
	gsub(/["\\]/, "\\\\&")
	print "\t{ \"" kernel "\", \"" arch "\", \"" $0 "\" },"
}
END {
	print "};\n"
	print "const size_t audit_nr_known = sizeof(audit_known) / sizeof(*audit_known);"
}
