#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

// libpng reports an error by longjmp, which must not pass through Swift. Each call that can fail is therefore
// made behind a setjmp of its own: it returns 1, or 0 with the text of the error in `message`.
typedef struct {
  char message[256];
} pac_png_error;

static inline void pac_png_fail(png_structp png, png_const_charp text) {
  pac_png_error *error = (pac_png_error *)png_get_error_ptr(png);
  strncpy(error->message, text, sizeof error->message - 1);
  png_longjmp(png, 1);
}

static inline void pac_png_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

// The library keeps up to 1000 chunks of text and unpacks each up to 8 MB; none of them is needed here.
static inline png_structp pac_png_create_read(pac_png_error *error) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, pac_png_fail, pac_png_ignore);
  if (png) png_set_chunk_cache_max(png, 8);
  // By default a damaged chunk that is not critical, such as the one with the orientation, is left out.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  return png;
}

static inline png_structp pac_png_create_write(pac_png_error *error) {
  return png_create_write_struct(PNG_LIBPNG_VER_STRING, error, pac_png_fail, pac_png_ignore);
}

#define PAC_PNG_CALL(png, call)        \
  if (setjmp(png_jmpbuf(png))) return 0; \
  call;                                \
  return 1

static inline int pac_png_read_info(png_structp png, png_infop info, FILE *file) {
  PAC_PNG_CALL(png, png_init_io(png, file); png_read_info(png, info));
}

static inline int pac_png_read_update_info(png_structp png, png_infop info) {
  PAC_PNG_CALL(png, png_read_update_info(png, info));
}

static inline int pac_png_palette_to_rgb(png_structp png) {
  PAC_PNG_CALL(png, png_set_palette_to_rgb(png));
}

static inline int pac_png_gray_to_8(png_structp png) {
  PAC_PNG_CALL(png, png_set_expand_gray_1_2_4_to_8(png));
}

static inline int pac_png_read_image(png_structp png, png_bytepp rows) {
  PAC_PNG_CALL(png, png_read_image(png, rows); png_read_end(png, NULL));
}

static inline int pac_png_write_header(
    png_structp png, png_infop info, FILE *file, png_uint_32 width, png_uint_32 height, int depth,
    int color, const png_color *palette, int colors) {
  PAC_PNG_CALL(png, png_init_io(png, file);
               png_set_IHDR(png, info, width, height, depth, color, PNG_INTERLACE_NONE,
                            PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
               if (colors > 0) png_set_PLTE(png, info, palette, colors);
               png_write_info(png, info));
}

static inline int pac_png_write_image(png_structp png, png_bytepp rows) {
  PAC_PNG_CALL(png, png_write_image(png, rows); png_write_end(png, NULL));
}

#undef PAC_PNG_CALL
