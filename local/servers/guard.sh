#!/bin/sh
# Runs a program that is not Java, and ends it when standard input ends. The kernel closes standard input when the
# process that started this script is gone, for whatever reason. Usage: guard.sh PROGRAM ARGUMENT...
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
# No data is ever sent, so the loop ends with the stream. It reads a copy, because the standard input of a background
# shell is /dev/null.
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
