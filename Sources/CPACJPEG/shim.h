#pragma once
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>

// libjpeg reports an error by leaving its error_exit without returning, here by longjmp, which must not pass
// through Swift. Each call that can fail is therefore made behind a setjmp of its own: it returns 1, or 0 with
// the text of the error in `message`. The library only warns of data that is cut or damaged and invents the
// rest; here that is an error as well.
typedef struct {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr manager;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
} pac_jpeg_reader;

static inline void pac_jpeg_fail(j_common_ptr decoder) {
  pac_jpeg_reader *reader = (pac_jpeg_reader *)decoder;
  reader->manager.format_message(decoder, reader->message);
  longjmp(reader->jump, 1);
}

// Bytes too many leave the picture as it is before its data begin. Behind them they are what a decoder leaves over
// that lost its place at a damaged byte: what some blocks take, six bytes or more in 1565 damaged copies of
// photographs. Up to two are taken for padding.
static inline int pac_jpeg_stray_bytes(j_common_ptr decoder) {
  return ((j_decompress_ptr)decoder)->input_scan_number == 0 || decoder->err->msg_parm.i[0] <= 2;
}

static inline void pac_jpeg_warn(j_common_ptr decoder, int level) {
  int code = decoder->err->msg_code;
  // Level −1 is a warning. Odd Adobe or JFIF numbers leave the picture as it is, too.
  if (level != -1 || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR) return;
  if (code == JWRN_EXTRANEOUS_DATA && pac_jpeg_stray_bytes(decoder)) return;
  pac_jpeg_fail(decoder);
}

// A progressive file of many nearly empty scans takes time for the whole picture with each of them. Programs
// write about ten.
#define PAC_JPEG_MOST_SCANS 100

static inline void pac_jpeg_watch(j_common_ptr decoder) {
  pac_jpeg_reader *reader = (pac_jpeg_reader *)decoder;
  if (reader->decoder.input_scan_number <= PAC_JPEG_MOST_SCANS) return;
  snprintf(reader->message, sizeof reader->message, "more than %d scans", PAC_JPEG_MOST_SCANS);
  longjmp(reader->jump, 1);
}

#define PAC_JPEG_CALL(reader, call)        \
  if (setjmp((reader)->jump)) return 0; \
  call;                                 \
  return 1

static inline int pac_jpeg_create(pac_jpeg_reader *reader, FILE *file) {
  reader->decoder.err = jpeg_std_error(&reader->manager);
  reader->manager.error_exit = pac_jpeg_fail;
  reader->manager.emit_message = pac_jpeg_warn;
  reader->progress.progress_monitor = pac_jpeg_watch;
  PAC_JPEG_CALL(reader, jpeg_create_decompress(&reader->decoder);
                reader->decoder.progress = &reader->progress;
                jpeg_stdio_src(&reader->decoder, file));
}

static inline int pac_jpeg_read_header(pac_jpeg_reader *reader) {
  // Exif, which says how the camera was held, is in segments APP1.
  PAC_JPEG_CALL(reader, jpeg_save_markers(&reader->decoder, JPEG_APP0 + 1, 0xFFFF);
                jpeg_read_header(&reader->decoder, TRUE));
}

static inline int pac_jpeg_start(pac_jpeg_reader *reader) {
  PAC_JPEG_CALL(reader, jpeg_start_decompress(&reader->decoder));
}

static inline int pac_jpeg_read_row(pac_jpeg_reader *reader, JSAMPROW row) {
  PAC_JPEG_CALL(reader, jpeg_read_scanlines(&reader->decoder, &row, 1));
}

static inline int pac_jpeg_finish(pac_jpeg_reader *reader) {
  PAC_JPEG_CALL(reader, jpeg_finish_decompress(&reader->decoder));
}

static inline void pac_jpeg_destroy(pac_jpeg_reader *reader) {
  jpeg_destroy_decompress(&reader->decoder);
}

#undef PAC_JPEG_CALL
