/* table.h - tests as tables: one row is one CMocka test.
 *
 * A row is any structure whose first member is its name, a sentence such as
 * "given a dead token, when a socket binds port 0, then ENOBUFS". A program
 * adds its tables, each with the function that checks one row, and runs them
 * as one group:
 *
 *   int main(void) {
 *     TABLE_ADD(bind_rows, check_bind);
 *     TABLE_ADD(close_rows, check_close);
 *     return table_run("bind");
 *   }
 *
 * Around each row the open descriptors are counted: a row that leaves more or
 * fewer of them than it found fails. table_watch() adds further counts.
 */
#ifndef PORTRES_TESTS_TABLE_H
#define PORTRES_TESTS_TABLE_H

/* CMocka 1.1 wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef void (*table_check)(const void* row);

#define TABLE_ADD(rows, check) \
  table_add(rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]), check)

/* The rows are not copied: keep them until table_run() returns. */
void table_add(const void* rows,
               size_t count,
               size_t row_size,
               table_check check);

/* A row that needs no data but its name. */
void table_add_one(const char* name, void (*check)(void));

/* Also hold `count()` of `what` to be the same before and after each row. */
void table_watch(const char* what, int (*count)(void));

/* Run everything that was added; what main() returns. */
int table_run(const char* group);

/* End this row as skipped; under PORTRES_TEST_STRICT=1, as failed. */
void table_skip(const char* reason);

/* The descriptors this process has open. */
int table_open_descriptors(void);

#endif
