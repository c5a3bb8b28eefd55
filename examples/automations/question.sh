#!/bin/sh
# One question a day with the command only, for cron or a timer: sh question.sh REPORT-FOLDER [options of capstan run]
set -eu
folder=$1
shift
mkdir -p "$folder"
# region question
slot=$(date -u +%F)
# The same slot is the same run: a start after a crash continues it, a start after its end prints the recorded answer and sends nothing, and a
# start while another process works on it ends with exit code 75.
capstan run "$@" --journal "$folder/runs" --run-id "report-$slot" --quiet "How many days are there from $slot to 2030-01-01?" >"$folder/$slot.part"
# Only a complete answer gets the name that others read.
mv "$folder/$slot.part" "$folder/$slot.txt"
# endregion
