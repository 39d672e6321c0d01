#!/bin/sh
# Python by its short name, which Debian's packages do not have: the image's own `python` where there is one, else its python3.
IFS=:
for folder in $PATH; do
    if [ -x "$folder/python" ] && ! [ "$folder/python" -ef "$0" ]; then
        unset IFS
        exec "$folder/python" "$@"
    fi
done
unset IFS
if ! command -v python3 > /dev/null; then
    echo "python: command not found" >&2
    exit 127
fi
exec python3 "$@"
