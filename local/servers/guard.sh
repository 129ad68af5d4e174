#!/bin/sh
# Runs a program that is not Java and ends it when standard input reaches its end, that is, when the process that
# started it is gone, however it went. Usage: guard.sh PROGRAM ARGUMENT...
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
# Nothing is ever sent: the loop ends with the stream. A background shell gets /dev/null as its input, hence the copy.
{
  while read -r _ <&3; do :; done
  kill -TERM "$child" 2>/dev/null
} &
watcher=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT HUP
wait "$child"
status=$?
# A trapped signal interrupts the first wait before the program has ended.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  status=$?
done
kill "$watcher" 2>/dev/null
exit "$status"
