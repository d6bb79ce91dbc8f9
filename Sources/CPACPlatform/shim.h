#pragma once
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The entry points of libgomp that oneDNN already runs on. Its own header belongs to gcc and is not on
// clang's path; these prototypes are libgomp's stable ABI.
void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_dynamic(void);
void omp_set_dynamic(int dynamic);
int omp_get_num_places(void);
int omp_get_place_num_procs(int place);
void omp_get_place_proc_ids(int place, int *processors);

// Standard output, which Swift does not let concurrent code name.
static inline void pac_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
// 0 if everything printed so far has reached its file.
static inline int pac_flush_output(void) { return fflush(stdout) != 0 || ferror(stdout) ? EOF : 0; }

// After a failed allocation many libraries trap or go on with a null pointer. malloc leaves ENOMEM in errno, which
// is the thread's own, so the handler can tell such an end from a defect: it prints one line and ends the process with
// status 1. Any other fault goes to whoever handled it before. Only async-signal-safe calls.
static inline struct sigaction *pac_fault_before(int signal) {
  static struct sigaction before[65];
  return &before[signal];
}

static inline void pac_handle_fault(int signal) {
  static const char line[] =
      "error: out of memory: an allocation failed, and the program cannot go on; raise the memory limit (ulimit -a, "
      "the batch system's), use smaller crops, or fewer threads\n";
  if (errno == ENOMEM) {
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    _exit(1);
  }
  // The fault happens again when this returns, and abort() raises its signal again.
  sigaction(signal, pac_fault_before(signal), NULL);
}

static inline void pac_report_failed_allocations(void) {
  int signals[] = {SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGTRAP};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = pac_handle_fault;
  action.sa_flags = SA_ONSTACK;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, pac_fault_before(signals[i]));
}

// Lets the calling thread run on these processors. The system call itself, since sched.h has its function only with
// _GNU_SOURCE, which makes this module's types differ from those of others.
static inline void pac_allow_processors(const int *processors, int count) {
  unsigned long set[128] = {0};
  const int bits = 8 * sizeof *set;
  for (int i = 0; i < count; i++)
    if (processors[i] >= 0 && processors[i] < 128 * bits)
      set[processors[i] / bits] |= 1UL << processors[i] % bits;
  syscall(SYS_sched_setaffinity, 0, sizeof set, set);
}

// This process ends when the one that started it does.
static inline void pac_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

// A process that is started with these actions inherits no descriptor from FIRST on. Swift's import
// lacks the call.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int pac_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Starts a program without input in a process group of its own, so that Ctrl-C in the terminal does not reach
// it; it gets SIGTERM when this process ends, however that happens. Returns its number, or -1 with errno.
static inline pid_t pac_start(
    char *const arguments[], char *const environment[], int output, int errors) {
  pid_t starter = getpid();
  pid_t child = fork();
  if (child != 0) return child;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != starter) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int input = open("/dev/null", O_RDONLY);
  if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) _exit(127);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

// How many sums of sixteen floats a loop can keep in registers beside its factors: with AVX-512 a register holds one of
// them, and there are 32; without, two hold one, and there are 16.
static inline int pac_most_register_sums(void) {
#ifdef __AVX512F__
  return 24;
#else
  return 6;
#endif
}

// The instruction sets the including code is compiled for, as /proc/cpuinfo spells them: those a compiler uses
// on its own in loops over floats and integers.
static inline const char *pac_compiled_instruction_sets(void) {
  return ""
#ifdef __SSE4_2__
         "sse4_2 "
#endif
#ifdef __AVX__
         "avx "
#endif
#ifdef __AVX2__
         "avx2 "
#endif
#ifdef __FMA__
         "fma "
#endif
#ifdef __F16C__
         "f16c "
#endif
#ifdef __BMI__
         "bmi1 "
#endif
#ifdef __BMI2__
         "bmi2 "
#endif
#ifdef __MOVBE__
         "movbe "
#endif
#ifdef __AVX512F__
         "avx512f "
#endif
#ifdef __AVX512CD__
         "avx512cd "
#endif
#ifdef __AVX512BW__
         "avx512bw "
#endif
#ifdef __AVX512DQ__
         "avx512dq "
#endif
#ifdef __AVX512VL__
         "avx512vl "
#endif
#ifdef __AVX512IFMA__
         "avx512ifma "
#endif
#ifdef __AVX512VBMI__
         "avx512vbmi "
#endif
#ifdef __AVX512VBMI2__
         "avx512_vbmi2 "
#endif
#ifdef __AVX512VNNI__
         "avx512_vnni "
#endif
#ifdef __AVX512BITALG__
         "avx512_bitalg "
#endif
#ifdef __AVX512VPOPCNTDQ__
         "avx512_vpopcntdq "
#endif
#ifdef __AVX512BF16__
         "avx512_bf16 "
#endif
#ifdef __AVX512FP16__
         "avx512_fp16 "
#endif
#ifdef __AVXVNNI__
         "avx_vnni "
#endif
#ifdef __GFNI__
         "gfni "
#endif
      ;
}
