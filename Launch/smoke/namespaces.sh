# Sourced by the scripts of this folder that need hosts: network namespaces with a name, an address, processes and
# mounts of their own, wired to one bridge; the file system is shared.
#
# Everything lies within namespaces that end with the script, whatever ends it.

# These addresses exist within the namespaces only.
network=10.77.0
# The first process of each host, and where its cable is plugged in.
declare -A host_pids host_ports

# isolate [COMMAND…]: starts this script again in namespaces of its own, `SCRIPT --inside FOLDER` with a new folder for
# its files, and ends with its status. Runs `COMMAND… FOLDER` first, where the network still is. FOLDER is kept after a
# failure.
isolate() {
  local status=0 folder unshare=(unshare --net --mount --uts --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || skip "network namespaces need root"
  "${unshare[@]}" ip link add name bridge0 type bridge 2>/dev/null ||
    skip "this kernel or container does not allow network namespaces"
  folder=$(mktemp -d)
  [ $# = 0 ] || "$@" "$folder"
  "${unshare[@]}" "$0" --inside "$folder" || status=$?
  [ "$status" = 0 ] || fail "failed; what it wrote is in $folder" "$status"
  rm -rf "$folder"
  exit 0
}

# in_host NAME COMMAND…: as a process of that host.
in_host() { nsenter --target "${host_pids[$1]}" --all --wd="$PWD" "${@:2}"; }

# make_hosts FOLDER NAME…: the hosts NAME, with addresses from $network.1 on, which know each other's names.
make_hosts() {
  local folder=$1 number=0 name pid
  shift
  echo '127.0.0.1 localhost' >"$folder/etc-hosts"
  for name; do echo "$network.$((number += 1)) $name" >>"$folder/etc-hosts"; done
  mount --bind "$folder/etc-hosts" /etc/hosts
  ip link set lo up
  ip link add name bridge0 type bridge
  ip link set bridge0 up
  ip address add "$network.254/24" dev bridge0
  number=0
  for name; do
    # The first process collects what others leave behind.
    unshare --net --uts --pid --mount --fork --kill-child --mount-proc bash -c \
      "hostname $name; touch '$folder/$name.up'; while :; do sleep 1000 & wait; done" &
    wait_for 10 "$name to start" [ -e "$folder/$name.up" ]
    pid=$(pgrep -P $!)
    host_pids[$name]=$pid
    host_ports[$name]=port$((number += 1))
    ip link add name "${host_ports[$name]}" type veth peer name eth0 netns "$pid"
    ip link set "${host_ports[$name]}" master bridge0 up
    in_host "$name" ip address add "$network.$number/24" dev eth0
    in_host "$name" ip link set eth0 up
    in_host "$name" ip link set lo up
  done
}

# plug NAME up|down: the cable of that host, in or out.
plug() { ip link set "${host_ports[$1]}" "$2"; }
