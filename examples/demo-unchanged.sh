#!/bin/sh
# demo-unchanged.sh - a program nobody changed takes its ports from a block.
#
# Usage: demo-unchanged.sh LIBPORTRES.SO
#
# Python's own HTTP server is started with the library preloaded and a block
# of ports in its environment. The requests come from a program of their own,
# without the library.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
  echo "usage: demo-unchanged.sh LIBPORTRES.SO" >&2
  exit 2
fi
library=$(realpath "$1")
work=$(mktemp -d)
server=

finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

broken() {
  echo "demo-unchanged: not as promised: $*" >&2
  exit 1
}

# What an unprepared client hears from a port.
get() {
  python3 -c '
import sys, urllib.request
with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/") as answer:
    print(answer.status, answer.read().decode().strip())' "$1"
}

mkdir "$work/site"
echo "hello from the file" >"$work/site/index.html"
mkfifo "$work/said"
cd "$work/site"

echo "7. The same for a program that nobody changed: Python's HTTP server"
echo
echo "   PORTRES_BLOCK=tcp:0:4    4 TCP ports, wherever there is room"
echo "   LD_PRELOAD=libportres    the library, loaded in front of the program"
echo
echo "   The program opens 5 servers, and asks for any port each time."
echo

cat >"$work/servers.py" <<'END'
import http.server, threading
serve = http.server.ThreadingHTTPServer
quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,),
             {"log_message": lambda *_: None})
for _ in range(5):
    try:
        server = serve(("127.0.0.1", 0), quiet)
    except OSError as error:
        print("none", error.strerror, flush=True)
        continue
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
threading.Event().wait()
END
PORTRES_BLOCK=tcp:0:4 LD_PRELOAD=$library python3 "$work/servers.py" \
  >"$work/said" &
server=$!

exec 3<"$work/said"
first=
number=1
echo "   server  port   what a client hears at http://127.0.0.1:PORT/"
while [ $number -le 5 ] && read -r port why <&3; do
  if [ "$port" = none ]; then
    printf '   %6d   none  refused: %s\n' $number "$why"
  else
    first=${first:-$port}
    answer=$(get "$port") || broken "port $port does not answer"
    printf '   %6d  %5d  %s\n' $number "$port" "$answer"
    [ "$answer" = "200 hello from the file" ] || broken "that answer"
  fi
  if [ $number -le 4 ]; then
    [ "$port" = $((first + number - 1)) ] || broken "port $port"
  else
    [ "$port" = none ] || broken "the fifth server has port $port"
    [ "$why" = "No buffer space available" ] || broken "refused with: $why"
  fi
  number=$((number + 1))
done
exec 3<&-
[ $number -eq 6 ] || broken "the program said too little"
kill "$server"
wait "$server" 2>/dev/null || true
server=

echo
echo "   And as everybody starts it, with the same block by its number:"
echo
echo "   PORTRES_BLOCK=tcp:$first:4 python3 -m http.server 0"
PORTRES_BLOCK=tcp:$first:4 LD_PRELOAD=$library \
  python3 -u -m http.server 0 --bind 127.0.0.1 >"$work/said" 2>/dev/null &
server=$!
exec 3<"$work/said"
read -r line <&3 || broken "http.server said nothing"
echo "   $line"
case $line in
  *" port $first "*) ;;
  *) broken "the port should be $first" ;;
esac
answer=$(get "$first") || broken "port $first does not answer"
echo "   a client hears: $answer"
exec 3<&-

echo
echo "All of it was as promised."
