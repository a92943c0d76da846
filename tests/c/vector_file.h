/* Reads the vector files that all languages share. Their form is told in tests/vectors/README.md. */

#ifndef VECTOR_FILE_H
#define VECTOR_FILE_H

#include "check.h"

#include <inttypes.h>

#define MAX_COLUMNS 16
#define MAX_LINE 32768

struct row {
    char text[MAX_LINE];
    char *columns[MAX_COLUMNS];
    int len;
    const char *file;
    int line;
};

/* The row that is being looked at, to be named where a check fails. */
static struct row current;

static void name_the_row(void)
{
    if (current.file != NULL) fprintf(stderr, "the row is %s:%d: %s\n", current.file, current.line, current.columns[0]);
}

static void split(struct row *row)
{
    char *place = row->text;
    place[strcspn(place, "\n")] = '\0';
    row->len = 0;
    while (place != NULL && row->len < MAX_COLUMNS) {
        char *tab = strchr(place, '\t');
        row->columns[row->len++] = place;
        if (tab != NULL) *tab++ = '\0';
        place = tab;
    }
}

/* Runs `check` on each row of `columns` columns, and fails where there are fewer than `minimum`: a file that was cut
 * short must not pass for one that holds. */
static void run_rows(const char *folder, const char *file, int columns, int minimum,
                     void (*check)(char **columns, void *data), void *data)
{
    char path[4096];
    int ran = 0;
    FILE *stream;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    stream = fopen(path, "r");
    CHECK(stream != NULL);
    current.file = file;
    for (current.line = 1; fgets(current.text, MAX_LINE, stream) != NULL; current.line++) {
        if (current.text[0] == '#' || current.text[0] == '\n') continue;
        CHECK(strchr(current.text, '\n') != NULL);
        split(&current);
        CHECK(current.len == columns);
        check(current.columns, data);
        ran++;
    }
    current.file = NULL;
    fclose(stream);
    if (ran < minimum) fprintf(stderr, "%s: %d rows ran, at least %d should\n", file, ran, minimum);
    CHECK(ran >= minimum);
}

static int absent(const char *column)
{
    return strcmp(column, "-") == 0;
}

static int64_t integer(const char *column)
{
    char *end = NULL;
    int64_t value = strtoll(column, &end, 10);
    CHECK(*column != '\0' && *end == '\0');
    return value;
}

/* A time, or none. */
static int64_t optional_time(const char *column)
{
    return absent(column) ? KEYCASK_TIME_NONE : integer(column);
}

/* Bytes in hex, with a NUL behind them. */
static size_t bytes(const char *column, char *out, size_t size)
{
    size_t len = strcmp(column, "empty") == 0 ? 0 : strlen(column) / 2, i;
    CHECK(len < size && (len == 0 || strlen(column) % 2 == 0));
    for (i = 0; i < len; i++) {
        unsigned value;
        CHECK(sscanf(column + 2 * i, "%2x", &value) == 1);
        out[i] = (char)value;
    }
    out[len] = '\0';
    return len;
}

/* Splits a column at its spaces; how many words there are. */
static size_t words(char *column, const char **out, size_t size)
{
    size_t len = 0;
    char *word;
    if (absent(column)) return 0;
    for (word = strtok(column, " "); word != NULL; word = strtok(NULL, " ")) {
        CHECK(len < size);
        out[len++] = word;
    }
    return len;
}

#endif
