#pragma once
#include <malloc.h>
#include <sched.h>

// The entry points of libgomp that oneDNN already runs on. Its own header belongs to gcc and is not on
// clang's path; these prototypes are libgomp's stable ABI.
void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
