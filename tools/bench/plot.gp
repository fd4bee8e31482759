# SPDX-License-Identifier: GPL-2.0
# gnuplot -e columns=N: plot.dat, a name and N-1 kernels, to bench.svg
set terminal svg size 1000,850 noenhanced font "sans,12" background "white"
set output "bench.svg"
set datafile separator "\t"
set datafile missing "NaN"
set title "Instructions added to one zero-page copy-on-write fault (cortex-a57)"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 noborder
set boxwidth 0.9
set ylabel "instructions"
set yrange [0:*]
set grid ytics
set xtics rotate by -55 scale 0 font ",10"
set bmargin 17
set rmargin 16
set key top right
plot for [i=2:columns] "plot.dat" using i:xtic(1) title columnheader(i)
