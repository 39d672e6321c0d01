#!/usr/bin/env bash
# OpenSSH 9.2p1 (Debian 12, `openssh-server`): the process that sshd has as its child for a connection is not the one that serves it.
#
# An sshd that an ordinary user runs for himself separates rights too: its child is called `sshd: USER [priv]`, and that one's
# child `sshd: USER@notty` holds the connection. Who kills the child of the listener to drop a connection drops nothing: the
# connection, commands and forwarded sockets go on. The grandchild has to end.
#
# Seen on 2026-11-29:
#   the child of the listener is killed: the command goes on
#   its child is killed: the connection has ended
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/pid" 2>/dev/null)" 2>/dev/null || true; rm -rf "$folder"' EXIT
for name in host key; do ssh-keygen -q -t ed25519 -N '' -f "$folder/$name"; done
cp "$folder/key.pub" "$folder/authorized"
port=$(python3 -c 'import socket; one = socket.create_server(("127.0.0.1", 0)); print(one.getsockname()[1])')
cat > "$folder/config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/authorized
PidFile $folder/pid
StrictModes no
UsePAM no
END
"$(command -v sshd || echo /usr/sbin/sshd)" -f "$folder/config" -E "$folder/log"
until [ -s "$folder/pid" ]; do sleep 0.1; done
ssh -p "$port" -i "$folder/key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
  127.0.0.1 'while true; do date +%s%N; sleep 0.2; done' > "$folder/said" &
client=$!
until [ -s "$folder/said" ]; do sleep 0.1; done
child=$(pgrep -P "$(cat "$folder/pid")" | head -1)
grandchild=$(pgrep -P "$child" | head -1)
kill -9 "$child"
sleep 1
before=$(wc -l < "$folder/said")
sleep 1
[ "$(wc -l < "$folder/said")" -gt "$before" ]
kill -0 "$client"
echo "the child of the listener is killed: the command goes on"
kill -9 "$grandchild"
wait "$client" && exit 1
echo "its child is killed: the connection has ended"
