#pragma once
#include <mpi.h>

// Swift imports no macros; these return what Open MPI defines as one.
static inline MPI_Comm pac_mpi_comm_world(void) { return MPI_COMM_WORLD; }
