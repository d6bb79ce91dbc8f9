# Sourced by the scripts of this folder that need hosts. A host is a set of namespaces with its own
# name, address, processes and mounts, connected to a bridge; the file system is shared. Everything
# lives in namespaces that end with the script, whatever ends it.

# These addresses exist only within the namespaces.
network=10.77.0
# The first process of each host, and its port on the bridge.
declare -A host_pids host_ports

# isolate [COMMAND…]: restarts this script in new namespaces as `SCRIPT --inside FOLDER`, with a new
# folder for its files, and exits with its status. Before, it runs `COMMAND… FOLDER`, which still
# has the network. FOLDER is kept after a failure.
isolate() {
  local status=0 folder unshare=(unshare --net --mount --uts --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || skip "network namespaces need root"
  "${unshare[@]}" ip link add name bridge0 type bridge 2>/dev/null ||
    skip "this kernel or container does not allow network namespaces"
  folder=$(mktemp -d)
  [ $# = 0 ] || "$@" "$folder"
  "${unshare[@]}" "$0" --inside "$folder" || status=$?
  [ "$status" = 0 ] || fail "failed; its files are in $folder" "$status"
  rm -rf "$folder"
  exit 0
}

# in_host NAME COMMAND…: runs COMMAND as a process of that host.
in_host() { nsenter --target "${host_pids[$1]}" --all --wd="$PWD" "${@:2}"; }

# make_hosts FOLDER NAME…: creates the hosts NAME with addresses from $network.1 on; they know each
# other's names.
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
    # The first process reaps orphaned processes.
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

# plug NAME up|down: connects or disconnects that host.
plug() { ip link set "${host_ports[$1]}" "$2"; }

# make_ssh FOLDER: creates keys for hosts whose names begin with `host-`, and settings that replace
# the machine's own within this script's namespaces.
make_ssh() {
  local ssh=$1/ssh
  mkdir "$ssh"
  # sshd insists on this folder, which only an installed service creates.
  mount -t tmpfs tmpfs /run
  mkdir /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$ssh/key"
  cat >"$ssh/sshd_config" <<END
HostKey $ssh/key
AuthorizedKeysFile $ssh/key.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
END
  cat >"$ssh/ssh_config" <<END
IdentityFile $ssh/key
UserKnownHostsFile $ssh/known_hosts
END
  echo "host-?,$network.* $(cat "$ssh/key.pub")" >"$ssh/known_hosts"
  mount --bind "$ssh/ssh_config" /etc/ssh/ssh_config
}

# start_sshd FOLDER NAME [COMMAND…]: starts an sshd on that host, under COMMAND; needs make_ssh.
start_sshd() { in_host "$2" "${@:3}" /usr/sbin/sshd -f "$1/ssh/sshd_config"; }
