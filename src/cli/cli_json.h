/* cli_json.h - JSON on stdout, value by value.
 *
 * Text that is not UTF-8, as program names may be, is written with U+FFFD in
 * place of each byte that does not belong. */
#ifndef PORTRES_CLI_JSON_H
#define PORTRES_CLI_JSON_H

#include <stdbool.h>

/* `name` is NULL for an element of an array, and for the whole. */
void json_open(const char* name, char bracket);
void json_close(char bracket);
void json_text(const char* name, const char* text);
void json_number(const char* name, unsigned long long number);
void json_boolean(const char* name, bool is_true);
void json_null(const char* name);

#endif
