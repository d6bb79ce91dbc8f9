#pragma once
#include <mpi.h>

// Swift imports no macros; these return what Open MPI defines as one.
static inline MPI_Comm pac_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Errhandler pac_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Info pac_mpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Datatype pac_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype pac_mpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype pac_mpi_float(void) { return MPI_FLOAT; }
static inline MPI_Op pac_mpi_min(void) { return MPI_MIN; }
static inline MPI_Op pac_mpi_sum(void) { return MPI_SUM; }
static inline const void *pac_mpi_in_place(void) { return MPI_IN_PLACE; }
static inline MPI_Request pac_mpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Status *pac_mpi_statuses_ignore(void) { return MPI_STATUSES_IGNORE; }
static inline int pac_mpi_thread_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int pac_mpi_comm_type_shared(void) { return MPI_COMM_TYPE_SHARED; }
static inline int pac_mpi_success(void) { return MPI_SUCCESS; }
static inline int pac_mpi_undefined(void) { return MPI_UNDEFINED; }
static inline int pac_mpi_max_error_string(void) { return MPI_MAX_ERROR_STRING; }
