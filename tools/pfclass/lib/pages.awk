# SPDX-License-Identifier: GPL-2.0
#
# Makes a C table of the first paragraphs of Documentation/classes/*.rst, for lib/pages.h.
# What is wrong with a page is an error of the compiler.

FNR == 1 {
	class = FILENAME
	gsub(/.*\/|\.rst$/, "", class)
	pages[++n] = class
	rules = 0
}
/^=+$/ { rules++; next }
rules != 2 { next }
/^$/ {
	# The paragraph is over with its second blank line, the first one is before it.
	if (class in text)
		rules = 3
	next
}
{
	gsub(/``/, "")
	gsub(/ <[^>]*>`__/, "")
	gsub(/`/, "")
	gsub(/["\\]/, "\\\\&")
	text[class] = text[class] "\n\t\t\"" $0 "\\n\""
}
END {
	print "#include \"lib/pages.h\"\n"
	print "const char *const pfc_pages[PFC_NR_CLASSES] = {"
	for (i = 1; i <= n; i++) {
		if (!(pages[i] in text))
			print "#error " pages[i] ".rst has no first paragraph"
		print "\t[PFC_" toupper(pages[i]) "] =" text[pages[i]] ","
	}
	print "};"
	print "_Static_assert(PFC_NR_CLASSES == " n ", \"each class has a page\");"
}
