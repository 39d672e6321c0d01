#!/bin/bash
set -e
grep "^$YEAR-" /srv/shop/sales.csv > sales.csv
awk -F, '{ sum += $2 } END { print sum }' sales.csv > total.txt
