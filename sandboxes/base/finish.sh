# Last touch on the base image's root folder, $1: no caches, nothing of the machine that built it, the folders that are mounted on.
set -e
rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/usr/lib/python3*/test
mkdir -p "$1/workspace" "$1/run/sandbox" "$1/opt/runner/sandboxes" "$1/mnt/session" "$1/mnt/memory"
printf '127.0.0.1 localhost sandbox\n' > "$1/etc/hosts"
: > "$1/etc/resolv.conf"
echo sandbox > "$1/etc/hostname"
