set terminal pngcairo size 1920,1080 font "DejaVu Sans,12"
set output system("printenv PICTURE")
set samples 1000
set multiplot layout 2,2 title "Measurements"
set grid
set key top right box
set title "Damped"
plot [0:20] exp(-x/6)*sin(3*x) lw 2 title "sin", exp(-x/6)*cos(3*x) lw 2 title "cos", exp(-x/6) dashtype 2 title "hull"
set title "Scattered"
random = rand(42)
plot [0:10] "+" using 1:($1+3*(rand(0)-0.5)) every 2 pt 7 ps 0.6 title "seen", x lw 2 title "expected"
set title "Filled"
set style fill transparent solid 0.4
plot [-4:4] exp(-x*x/2) with filledcurves y1=0 title "one", 0.7*exp(-(x-1)**2) with filledcurves y1=0 title "two"
set title "Map"
set palette defined (0 "#0d0887", 0.5 "#cc4778", 1 "#f0f921")
set isosamples 120
set samples 120
set pm3d map
splot [-3:3][-3:3] sin(x*x+y*y)*exp(-(x*x+y*y)/6) notitle
unset multiplot
