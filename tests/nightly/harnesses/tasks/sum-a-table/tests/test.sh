#!/bin/bash
# Both files, a half each: in 2026 are the sales 6, 15, 24 … 4992, each of as much as its number.
right=0
[ "$(cat /app/total.txt)" = 1386945 ] && right=$((right + 1))
[ "$(wc -l < /app/sales.csv)" = 555 ] && right=$((right + 1))
echo "{\"reward\": $(echo "$right" | awk '{ print $1 / 2 }')}" > /logs/verifier/reward.json
