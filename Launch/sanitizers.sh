# Sourced by Launch/test: tests and trainings in builds that watch memory and threads, and fuzzing.

# What reads files, and the kernels, with all their checks.
sanitized_tests="PACFilesTests PACImageFilesTests PACHDF5Tests PACDamagedFilesTests
PACWeightFilesTests PACConfigurationTests PACCheckpointsTests PACDataTests PACKernelsTests"

# sanitize_address: address sanitizer everywhere, undefined-behaviour sanitizer in C. Swift traps on
# its own what would be undefined; PAC_CHECKED leaves these traps in the kernels, too.
sanitize_address() {
  local flags=(
    -c release --scratch-path .build/address -Xswiftc -enable-testing --sanitize address
    -Xcc -fsanitize=undefined -Xswiftc -Xcc -Xswiftc -fsanitize=undefined
  )
  PAC_TESTS=$(xargs <<<"$sanitized_tests")
  # Damaged files are given 64 MiB of address space, of which the sanitizer alone takes terabytes.
  export PAC_CHECKED=1 PAC_TESTS SWIFT_BACKTRACE=enable=no
  export OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive
  export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  step "build with the address sanitizer" swift build --build-tests "${flags[@]}"
  step "tests" swift test --skip-build --disable-xctest "${flags[@]}"
}

# sanitize_thread: thread sanitizer over trainings of both tasks on two ranks with one thread each.
# More threads are libgomp's, which is not instrumented: it would report each of its barriers.
sanitize_thread() {
  local scratch=.build/thread
  step "build with the thread sanitizer" \
    swift build -c release --scratch-path "$scratch" --product pac --sanitize thread
  pac=$root/$scratch/release/pac
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  export SWIFT_BACKTRACE=enable=no OMP_NUM_THREADS=1 PAC_TERMINAL=0
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export TSAN_OPTIONS="suppressions=$root/Launch/thread-sanitizer.txt exitcode=66"
  train_sanitized upsampling rooms "model: PacJointUpsampleLite" "factor: 4" "border: 2"
  train_sanitized segmentation shapes "model: unet" "test-split: test"
}

# train_sanitized TASK KIND SETTING…: 18 steps with checkpoints and evaluations.
train_sanitized() {
  local task=$folder/$1
  mkdir "$task"
  step "data for $1" "$pac" prepare synthetic --kind "$2" --out "$task/data.h5" --count 8 \
    --test-count 2 --width 48 --height 32
  {
    printf '%s: %s\n' run "$task/run" data "$task/data.h5" crop 16 global-batch 2 epochs 6 \
      test-every 3 checkpoint-every-steps 2
    printf '%s\n' "${@:3}"
  } >"$task/run.yaml"
  step "$1 on two ranks" mpirun -q --oversubscribe --bind-to none -n 2 \
    --mca btl_vader_single_copy_mechanism none "$pac" train "$task/run.yaml"
}

# fuzz_all: each target of Launch/fuzz in turn; fails at the end if there were findings.
fuzz_all() {
  local target found=()
  step "build" Launch/fuzz --build
  for target in $(Launch/fuzz --list); do
    [ "$SECONDS" -lt "$limit" ] || fail "no time left of $limit s"
    Launch/fuzz "$target" "${SECONDS_EACH:-60}" || found+=("$target")
  done
  [ ${#found[@]} = 0 ] || fail "findings in: ${found[*]}"
}
