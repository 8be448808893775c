#!/bin/sh
# A new gateway becomes a node of the platform that `tianfu up` started here.
#
#     examples/enrolment/enrol.sh NODE FOLDER [--data DIR]
#
# On two machines: the lines with `tianfu` are the engineer's, those with `tianfu-edge` the device's,
# and the code goes from one to the other by any way that others do not read. It is good once.
set -eu
node=$1
folder=$2
shift 2

# The engineer: the node is registered with its county (GB/T 2260), and gets a code for one device.
tianfu nodes register "$node" --place 510104 --name "Jinjiang, pumping station" "$@"
code=$(tianfu nodes enrol "$node" --ttl 15m "$@")

# The device: it makes its key, hands in the code, and writes its settings. The code comes by stdin,
# where other users of the machine do not see it.
mkdir -p "$folder"
printf '%s\n' "$code" | tianfu-edge enroll - --config "$folder/edge.toml"
cat "$(dirname "$0")/sensor.toml" >>"$folder/edge.toml"

# What is wrong, if anything? Nothing but that no agent runs yet.
tianfu-edge doctor --config "$folder/edge.toml"
echo "now: tianfu-edge start --config $folder/edge.toml"
