# Sourced by the scripts of this folder: a small training run, its expected result, and waiting.
# All scripts exit with 0 = passed, 1 = failed, 2 = wrong usage, 77 = skipped.

source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# skip REASON: exits, since this machine cannot run the test.
skip() {
  echo "skipped: $1" >&2
  exit 77
}

# require_commands 'HOW TO GET THEM' COMMAND…: skips the test unless all commands exist.
require_commands() {
  local advice=$1 command
  shift
  for command in "$@"; do
    command -v "$command" >/dev/null || skip "$command: not in PATH; $advice"
  done
}

say() { printf '== %4d s  %s\n' "$SECONDS" "$*"; }

# wait_for SECONDS 'WHAT' COMMAND…: waits until COMMAND succeeds.
wait_for() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || fail "timed out waiting for: $what"
    sleep 0.1
  done
}

# make_training FOLDER: writes a dataset, and FOLDER/run.yaml, a training run of 120 steps, about 10
# s on two cores. Paths are relative and the same in each folder below, so that equal runs leave
# equal files.
make_training() {
  mkdir -p "$1"
  "$pac" prepare synthetic --out "$1/data.h5" --count 14 --test-count 2 --width 96 --height 64 \
    >/dev/null
  cat >"$1/run.yaml" <<'END'
run: run
data: ../data.h5
model: PacJointUpsampleLite
factor: 4
crop: 32
border: 2
global-batch: 6
epochs: 60
lr: 0.001
test-every: 0
checkpoint-every: 0
checkpoint-every-steps: 5
END
}

# checkpoint FOLDER: prints the newest checkpoint of the run in FOLDER, or nothing.
checkpoint() { find "$1/run/checkpoints" -name 'checkpoint_*.h5' 2>/dev/null | sort | tail -n 1; }
has_checkpoint() { [ -n "$(checkpoint "$1")" ]; }

# reference FOLDER: trains in FOLDER/reference on one rank, undisturbed.
reference() {
  mkdir -p "$1/reference"
  (cd "$1/reference" && OMP_NUM_THREADS=1 "$root/Launch/run" ../run.yaml >log 2>&1) ||
    fail "the reference run failed, see $1/reference/log"
}

# require_same_bits FOLDER NAME: fails unless the run in FOLDER/NAME ended with the checkpoint and
# the log of the reference.
require_same_bits() {
  local expected found
  expected=$(checkpoint "$1/reference")
  found=$(checkpoint "$1/$2")
  [ "${expected##*/}" = "${found##*/}" ] ||
    fail "$2: ended with '${found##*/}', not '${expected##*/}'"
  cmp "$expected" "$found" || fail "$2: the checkpoint differs from the reference's"
  cmp "$1/reference/run/train.log" "$1/$2/run/train.log" || fail "$2: train.log differs"
}
