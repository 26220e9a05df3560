# Runs a program for exactly as long as whoever started this holds the other end of standard input.
#
#   sh supervise.sh <folder> <program> [argument...]
#
# A line on standard input is a signal to send. When standard input ends (also because the test process was killed), the
# program is killed and the folder removed; if it holds a file `keep`, only etcd's data in it. An empty folder name removes
# nothing.
trap : HUP INT TERM
folder=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
    while read -r signal <&3; do kill -s "$signal" "$program" 2>/dev/null; done
    kill -s KILL "$program" 2>/dev/null
} &
listener=$!
exec 3<&- </dev/null
# A signal to this shell ends `wait`, not the program.
while wait "$program"; status=$?; [ "$status" -gt 128 ] && kill -0 "$program" 2>/dev/null; do :; done
kill -s KILL "$listener" 2>/dev/null
if [ -z "$folder" ]; then
    :
elif [ -e "$folder/keep" ]; then
    rm -rf "$folder/etcd" 2>/dev/null
else
    # Others who write there are ending in the same moment.
    tries=0
    until rm -rf "$folder" 2>/dev/null || [ "$tries" -ge 100 ]; do tries=$((tries + 1)); done
fi
exit "$status"
