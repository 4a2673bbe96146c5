/* printf and wprintf as Windows reads them. Paragraph 8.3 of the semantics is
 * why they are here: glibc takes %I64d for a width, does not know %ws, and
 * reads %s as narrow in wprintf.
 *
 * Each row is one call with one value, to a string; the rows of streams below
 * mix both kinds of call on one stream, which glibc refuses.
 */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "portres_ws/crt.h"
#include "portres_ws/print.h"
#include "portres_ws/socket.h"
#include "portres_ws/winbase.h"
#include "table.h"

/* The C library's again: CMocka and these tests mean those. */
#undef fprintf
#undef printf
#undef snprintf

enum kind { NOTHING, NUMBER, LONG_NUMBER, REAL, NARROW, WIDE };

struct print_row {
  const char* name;
  const char* format;
  enum kind kind;
  const char* want; /* NULL: refused */
  long long number;
  const char* narrow;
  const wchar_t* wide;
  double real;
};

#define TOKEN 0x123456789abcdef0
static const struct print_row print_rows[] = {
    {"given text alone, then itself", "text", NOTHING, "text", .number = 0},
    {"given %%, then one", "100%%", NOTHING, "100%", .number = 0},
    {"8.3: given %I64d, then all 64 bits", "<%I64d>", LONG_NUMBER,
     "<1311768467463790320>", .number = TOKEN},
    {"8.3: given %I64u of -1, then the largest", "%I64u", LONG_NUMBER,
     "18446744073709551615", .number = -1},
    {"given %I64x with a width, then filled", "%020I64x", LONG_NUMBER,
     "0000123456789abcdef0", .number = TOKEN},
    {"given %lld, then all 64 bits", "%lld", LONG_NUMBER, "1311768467463790320",
     .number = TOKEN},
    {"given %I32d, then 32 bits", "%I32d", NUMBER, "-5", .number = -5},
    {"given %Id, then as many bits as a pointer has", "%Id", LONG_NUMBER, "-6",
     .number = -6},
    {"given %zu, then as many", "%zu", LONG_NUMBER, "7", .number = 7},
    {"given %ld, then 32 bits", "%ld", LONG_NUMBER, "-1698898192",
     .number = TOKEN},
    {"given %lu, then 32 bits", "%lu", LONG_NUMBER, "2596069104",
     .number = TOKEN},
    {"given %lx, then 32 bits", "%lx", LONG_NUMBER, "9abcdef0",
     .number = TOKEN},
    {"given %hd, then 16 bits", "%hd", NUMBER, "-2", .number = 65534},
    {"given %hhu, then 8 bits", "%hhu", NUMBER, "255", .number = -1},
    {"given %d with flags, then they count", "%+05d", NUMBER, "+0042",
     .number = 42},
    {"given %-5d, then to the left", "<%-5d>", NUMBER, "<42   >", .number = 42},
    {"given %.3d, then at least three digits", "%.3d", NUMBER, "007",
     .number = 7},
    {"given %#x, then with its mark", "%#x", NUMBER, "0x2a", .number = 42},
    {"given %o, then octal", "%o", NUMBER, "52", .number = 42},
    {"given %i, then decimal", "%i", NUMBER, "-42", .number = -42},
    {"given %p, then every digit, in capitals", "%p", LONG_NUMBER,
     "123456789ABCDEF0", .number = TOKEN},
    {"given %p of a small one, then zeros", "%p", LONG_NUMBER,
     "0000000000000ABC", .number = 0xabc},
    {"given %.2f, then two places", "%.2f", REAL, "1.50", .real = 1.5},
    {"given %8.1e, then an exponent", "%8.1e", REAL, " 1.5e+00", .real = 1.5},
    {"given %g, then the shorter", "%g", REAL, "0.25", .real = 0.25},

    {"8.3: given %ws, then wide in both", "<%ws>", WIDE, "<wide>",
     .wide = L"wide"},
    {"given %ls, then wide in both", "%ls", WIDE, "wide", .wide = L"wide"},
    {"given %lS, then wide in both", "%lS", WIDE, "wide", .wide = L"wide"},
    {"given %hs, then narrow in both", "%hs", NARROW, "narrow",
     .narrow = "narrow"},
    {"given %hS, then narrow in both", "%hS", NARROW, "narrow",
     .narrow = "narrow"},
    {"given %ws NULL, then (null)", "%ws", WIDE, "(null)", .wide = NULL},
    {"given %ws of nothing, then nothing", "<%ws>", WIDE, "<>", .wide = L""},
    {"given %.0ws, then nothing", "%.0ws", WIDE, "", .wide = L"wide"},
    {"given %hs of nothing with a width, then blanks", "<%2hs>", NARROW, "<  >",
     .narrow = ""},
    {"given %10ws, then filled", "<%10ws>", WIDE, "<      wide>",
     .wide = L"wide"},
    {"given %-6ws, then to the left", "<%-6ws>", WIDE, "<wide  >",
     .wide = L"wide"},
    {"given %.2ws, then two characters", "%.2ws", WIDE, "wi", .wide = L"wide"},
    {"given %.2hs, then two characters", "%.2hs", NARROW, "na",
     .narrow = "narrow"},
    {"given %4ws of letters beyond ASCII, then characters count", "<%4ws>",
     WIDE, "<  \xc3\xa9\xe2\x82\xac>", .wide = L"\u00e9\u20ac"},
    {"given a surrogate pair, then one character", "%ws", WIDE,
     "\xf0\x9f\x98\x80", .wide = (const wchar_t[]){0xd83d, 0xde00, 0}},
    {"given half a surrogate pair, then a question mark", "%ws", WIDE, "?!",
     .wide = (const wchar_t[]){0xd83d, '!', 0}},
    {"given %hs of bytes that are no text, then those bytes", "%hs", NARROW,
     "\xff\xc0", .narrow = "\xff\xc0"},
    {"given %wc, then a wide character", "%wc", NUMBER, "\xe2\x82\xac",
     .number = 0x20ac},
    {"given %lc, then a wide character", "%lc", NUMBER, "\xe2\x82\xac",
     .number = 0x20ac},
    {"given %hc, then a byte", "%hc", NUMBER, "x", .number = 'x'},
    {"given %3c, then filled", "<%3c>", NUMBER, "<  x>", .number = 'x'},

    {"given %n, then refused", "a%n", LONG_NUMBER, NULL, .number = 0},
    {"given an unknown letter, then refused", "%y", NUMBER, NULL, .number = 0},
    {"given %Z, then refused", "%Z", LONG_NUMBER, NULL, .number = 0},
    {"given a percent sign at the end, then refused", "a%", NOTHING, NULL,
     .number = 0},
};

static int print_narrow(const struct print_row* row, char* out, size_t size) {
  switch (row->kind) {
    case NUMBER:
      return portres_ws_snprintf(out, size, row->format, (int)row->number);
    case LONG_NUMBER:
      return portres_ws_snprintf(out, size, row->format, row->number);
    case REAL:
      return portres_ws_snprintf(out, size, row->format, row->real);
    case NARROW:
      return portres_ws_snprintf(out, size, row->format, row->narrow);
    case WIDE:
      return portres_ws_snprintf(out, size, row->format, row->wide);
    default:
      return portres_ws_snprintf(out, size, row->format);
  }
}

static int print_wide(const struct print_row* row, wchar_t* out, size_t size) {
  wchar_t format[64];

  portres_ws_swprintf(format, 64, L"%hs", row->format);
  switch (row->kind) {
    case NUMBER:
      return portres_ws_swprintf(out, size, format, (int)row->number);
    case LONG_NUMBER:
      return portres_ws_swprintf(out, size, format, row->number);
    case REAL:
      return portres_ws_swprintf(out, size, format, row->real);
    case NARROW:
      return portres_ws_swprintf(out, size, format, row->narrow);
    case WIDE:
      return portres_ws_swprintf(out, size, format, row->wide);
    default:
      return portres_ws_swprintf(out, size, format);
  }
}

static void check_print(const void* data) {
  const struct print_row* row = data;
  char narrow[128] = "untouched";
  wchar_t wide[128] = L"untouched";
  char again[128];
  int length = print_narrow(row, narrow, sizeof narrow);
  int wide_length = print_wide(row, wide, 128);

  if (row->want == NULL) {
    assert_int_equal(length, -1);
    assert_int_equal(wide_length, -1);
    assert_string_equal(narrow, "untouched");
    return;
  }
  assert_string_equal(narrow, row->want);
  assert_int_equal(length, strlen(row->want));
  portres_ws_snprintf(again, sizeof again, "%ws", wide);
  assert_string_equal(again, row->want);
  assert_int_equal(wide_length, wcslen(wide));
}

/* %s and %c are of the call's own kind, %S and %C of the other. */
static void letters_without_a_size_go_by_the_call(void) {
  char narrow[64];
  wchar_t wide[64];

  portres_ws_snprintf(narrow, sizeof narrow, "%s %S %c %C", "n", L"w", 'c',
                      0x20ac);
  assert_string_equal(narrow, "n w c \xe2\x82\xac");
  portres_ws_swprintf(wide, 64, L"%s %S %c %C", L"w", "n", 0x20ac, 'c');
  portres_ws_snprintf(narrow, sizeof narrow, "%ws", wide);
  assert_string_equal(narrow, "w n \xe2\x82\xac c");
}

static void asterisks_take_width_and_precision(void) {
  char text[64];

  portres_ws_snprintf(text, sizeof text, "<%*d|%-*d|%.*ws|%*d>", 4, 1, 3, 2, 2,
                      L"abc", -3, 7);
  assert_string_equal(text, "<   1|2  |ab|7  >");
  portres_ws_snprintf(text, sizeof text, "<%.*hs>", -1, "abc");
  assert_string_equal(text, "<abc>");
}

static void errno_stays_on_success_and_says_why_not(void) {
  char text[8];

  errno = 77;
  assert_int_equal(portres_ws_snprintf(text, sizeof text, "%d", 1), 1);
  assert_int_equal(errno, 77);
  assert_int_equal(portres_ws_snprintf(text, sizeof text, "%n", (int*)NULL),
                   -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(portres_ws_snprintf(text, sizeof text, NULL), -1);
}

static void strings_that_are_full_end_as_each_call_says(void) {
  char text[4] = "xxx";
  wchar_t wide[4];

  assert_int_equal(portres_ws_snprintf(text, 3, "%s", "long"), 4);
  assert_string_equal(text, "lo");
  assert_int_equal(_snprintf(text, 4, "%s", "long"), 4);
  assert_memory_equal(text, "long", 4);
  assert_int_equal(_snprintf(text, 3, "%s", "LONG"), -1);
  assert_memory_equal(text, "LONg", 4);
  assert_int_equal(sprintf_s(text, 4, "%s", "long"), -1);
  assert_string_equal(text, "");
  assert_int_equal(sprintf_s(text, 4, "%s", "abc"), 3);
  assert_int_equal(portres_ws_swprintf(wide, 4, L"%s", L"long"), -1);
  assert_true(wcscmp(wide, L"lon") == 0);
  assert_int_equal(swprintf_s(wide, 4, L"%s", L"long"), -1);
  assert_true(wide[0] == L'\0');
}

/* What a stream has been given, as bytes. */
static void assert_written(FILE* stream, const char* want) {
  char text[128] = "";

  rewind(stream);
  assert_int_equal(fread(text, 1, sizeof text - 1, stream), strlen(want));
  assert_string_equal(text, want);
  fclose(stream);
}

static void wide_and_narrow_calls_mix_on_a_stream(void) {
  FILE* stream = tmpfile();

  assert_int_equal(portres_ws_fprintf(stream, "%s ", "a"), 2);
  assert_int_equal(portres_ws_fwprintf(stream, L"%s ", L"\u20ac"), 2);
  assert_int_equal(fprintf(stream, "libc "), 5);
  assert_int_equal(portres_ws_fputws(L"end", stream), 0);
  assert_written(stream, "a \xe2\x82\xac libc end");
}

static void a_stream_that_is_wide_already_is_written_to(void) {
  FILE* stream = tmpfile();
  wchar_t text[16] = L"";

  assert_true(fwide(stream, 1) > 0);
  assert_int_equal(portres_ws_fwprintf(stream, L"%s", L"ab"), 2);
  assert_int_equal(portres_ws_fprintf(stream, "%s", "cd"), 2);
  rewind(stream);
  assert_non_null(fgetws(text, 16, stream));
  assert_true(wcscmp(text, L"abcd") == 0);
  fclose(stream);
}

static void a_stream_that_cannot_be_written_is_an_error(void) {
  FILE* stream = fopen("/dev/null", "r");

  assert_int_equal(portres_ws_fprintf(stream, "%d", 1), -1);
  assert_int_equal(portres_ws_fwprintf(stream, L"%d", 1), -1);
  fclose(stream);
}

static void another_encoding_is_the_locale_s(void) {
  char text[16];

  if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
    table_skip("no C.UTF-8 locale");
    return;
  }
  portres_ws_snprintf(text, sizeof text, "%ws", L"\u20ac");
  setlocale(LC_CTYPE, "C");
  assert_string_equal(text, "\xe2\x82\xac");
}

struct number_row {
  const char* name;
  const wchar_t* text;
  long long want;
  int want_int;
};

static const struct number_row number_rows[] = {
    {"given digits, then the number", L"5000", 5000, 5000},
    {"given blanks and a sign, then they count", L"  -17x", -17, -17},
    {"given no digits, then 0", L"abc", 0, 0},
    {"given too large a number, then the largest", L"99999999999", 99999999999,
     INT_MAX},
    {"given too small a number, then the smallest", L"-99999999999",
     -99999999999, INT_MIN},
};

static void check_number(const void* data) {
  const struct number_row* row = data;

  assert_int_equal(_wtoi(row->text), row->want_int);
  assert_int_equal(_wtol(row->text), row->want_int);
  assert_true(_wtoi64(row->text) == row->want);
}

static void messages_come_in_the_caller_s_memory_or_in_ours(void) {
  enum { FLAGS = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS };
  char text[128];
  wchar_t wide[128];
  char* ours = NULL;
  DWORD length =
      FormatMessageA(FLAGS, NULL, WSAEADDRINUSE, 0, text, sizeof text, NULL);

  assert_int_equal(length, strlen(text));
  assert_memory_equal(text, "WSAEADDRINUSE: ", 15);
  assert_memory_equal(text + length - 2, "\r\n", 3);
  assert_int_equal(
      FormatMessageW(FLAGS, NULL, WSAEADDRINUSE, 0, wide, 128, NULL), length);
  assert_int_equal(FormatMessageA(FLAGS | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
                                  WSAEADDRINUSE, 0, (LPSTR)&ours, 0, NULL),
                   length);
  assert_string_equal(ours, text);
  assert_null(LocalFree(ours));
}

static void a_message_that_is_not_given_says_why(void) {
  char text[4] = "abc";

  assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL,
                                  WSAEADDRINUSE, 0, text, sizeof text, NULL),
                   0);
  assert_int_equal(WSAGetLastError(), ERROR_INSUFFICIENT_BUFFER);
  assert_string_equal(text, "abc");
  assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 54321, 0,
                                  text, sizeof text, NULL),
                   0);
  assert_int_equal(WSAGetLastError(), ERROR_MR_MID_NOT_FOUND);
  assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "x", 1, 0, text,
                                  sizeof text, NULL),
                   0);
  assert_int_equal(WSAGetLastError(), ERROR_INVALID_PARAMETER);
}

static void the_clock_goes_on(void) {
  LARGE_INTEGER count;
  LARGE_INTEGER frequency;
  ULONGLONG first = GetTickCount64();

  assert_int_equal(QueryPerformanceFrequency(&frequency), TRUE);
  assert_int_equal(QueryPerformanceCounter(&count), TRUE);
  assert_true(count.QuadPart / (frequency.QuadPart / 1000) >= (LONGLONG)first);
}

int main(void) {
  TABLE_ADD(print_rows, check_print);
  TABLE_ADD(number_rows, check_number);
  table_add_one("given no size, then %s goes by the call",
                letters_without_a_size_go_by_the_call);
  table_add_one("given asterisks, then they take arguments",
                asterisks_take_width_and_precision);
  table_add_one("given success, then errno stays",
                errno_stays_on_success_and_says_why_not);
  table_add_one("given a full string, then it ends as the call says",
                strings_that_are_full_end_as_each_call_says);
  table_add_one("8.3: given both kinds of call, then a stream takes both",
                wide_and_narrow_calls_mix_on_a_stream);
  table_add_one("given a wide stream, then both kinds are written to it",
                a_stream_that_is_wide_already_is_written_to);
  table_add_one("given a stream to read, then -1",
                a_stream_that_cannot_be_written_is_an_error);
  table_add_one("given a locale of UTF-8, then as in the C locale",
                another_encoding_is_the_locale_s);
  table_add_one("given an error, then its message",
                messages_come_in_the_caller_s_memory_or_in_ours);
  table_add_one("given no message, then the reason",
                a_message_that_is_not_given_says_why);
  table_add_one("given two looks at the clock, then it does not go back",
                the_clock_goes_on);
  return table_run("winsock print");
}
