#!/bin/sh
# Runs a program that is not Java, and terminates it when standard input ends: the process that started it has then
# exited or was killed. Usage: guard.sh PROGRAM ARGUMENT...
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
# The starter never writes: the loop ends with the stream. A background shell gets /dev/null as input, hence the copy.
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
