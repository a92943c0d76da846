/* What the C programs share: checks that name their place, and a folder for vaults. */

#ifndef CHECK_H
#define CHECK_H

#include <keycask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many checks held, for the closing line. */
static long checks_held = 0;

static inline void check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(1);
}

#define CHECK(condition) \
    do { \
        if (!(condition)) check_failed(__FILE__, __LINE__, #condition); \
        checks_held++; \
    } while (0)

static inline void check_status(const char *file, int line, const char *call, keycask_status is, keycask_status wanted,
                                keycask_error **error)
{
    if (is != wanted) {
        fprintf(stderr, "%s:%d: %s: %s, not %s: %s\n", file, line, call, keycask_status_name(is),
                keycask_status_name(wanted), *error ? keycask_error_message(*error) : "no error object");
        exit(1);
    }
    /* An error object there is exactly where the call failed, and it says the same. */
    if ((is >= KEYCASK_INVALID_ARGUMENT) != (*error != NULL)) check_failed(file, line, "error object");
    if (*error != NULL && keycask_error_status(*error) != is) check_failed(file, line, "status of the error");
    if (*error != NULL && *keycask_error_message(*error) == '\0') check_failed(file, line, "empty message");
    keycask_error_free(*error);
    *error = NULL;
    checks_held++;
}

/* A call that takes `&error` last, and the status that it must have. */
#define GIVES(wanted, call) \
    do { \
        keycask_error *error = NULL; \
        keycask_status status_ = (call); \
        check_status(__FILE__, __LINE__, #call, status_, (wanted), &error); \
    } while (0)

#define OK(call) GIVES(KEYCASK_OK, call)

static inline int same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* A path in the folder that the program was given, in a buffer that the next call uses again. */
static inline const char *in_folder(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline keycask_actor actor_named(const char *name)
{
    keycask_actor actor = KEYCASK_ACTOR_INIT;
    actor.name = name;
    return actor;
}

static inline keycask_vault *new_vault(const char *folder, const char *name)
{
    keycask_vault *vault = NULL;
    OK(keycask_vault_create(in_folder(folder, name), NULL, &vault, &error));
    CHECK(vault != NULL);
    return vault;
}

static inline int closing_line(const char *program)
{
    printf("%s: %ld checks held\n", program, checks_held);
    return 0;
}

#endif
