#pragma once
#include <hdf5.h>

// Swift imports neither casts nor calls hidden in macros; these return what HDF5 defines as one.
static inline hid_t pac_h5t_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t pac_h5t_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t pac_h5t_native_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t pac_h5t_native_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t pac_h5t_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t pac_h5t_native_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t pac_h5t_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t pac_h5t_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t pac_h5t_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t pac_h5t_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t pac_h5t_c_string(void) { return H5T_C_S1; }
static inline size_t pac_h5t_variable(void) { return H5T_VARIABLE; }

static inline hid_t pac_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t pac_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t pac_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t pac_h5p_link_create(void) { return H5P_LINK_CREATE; }

static inline hid_t pac_h5s_all(void) { return H5S_ALL; }
static inline hsize_t pac_h5s_unlimited(void) { return H5S_UNLIMITED; }

static inline unsigned pac_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned pac_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline hid_t pac_h5e_default(void) { return H5E_DEFAULT; }

