#pragma once
#include <cblas.h>

// The buffers that OpenBLAS packs matrices into, one for each product that runs at a time. It keeps them for later
// products; if the system refuses one, it asks again for ever. Not in its header, but exported by every version.
void *blas_memory_alloc(int position);
void blas_memory_free(void *buffer);
