/* Guards against a NULL that crashes, and a panic that does: it calls every export of the symbol list, all of its
 * arguments zero. With `panic` as the first argument, which needs a library with the feature test-panic, each call
 * panics first.
 *
 * Arguments: `null` or `panic`, the library, the header. An export that returns a status must answer with
 * KEYCASK_INVALID_ARGUMENT or KEYCASK_PANIC; the others must return. A few calls are right with everything zero. */

#include "check.h"

#include <dlfcn.h>

/* Functions of any type, called with more arguments than they take: the convention of this machine allows it. */
typedef uint64_t (*any_function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static any_function find(void *library, const char *name)
{
    any_function function = NULL;
    void *symbol = dlsym(library, name);
    if (symbol == NULL) fprintf(stderr, "%s: no such export\n", name);
    CHECK(symbol != NULL);
    memcpy(&function, &symbol, sizeof function);
    return function;
}

static void call(void *library, const char *name, int returns_status, int panics)
{
    any_function function = find(library, name);
    uint64_t answer;
    if (panics) find(library, "keycask_test_panic_next")(0, 0, 0, 0, 0, 0, 0, 0);
    answer = function(0, 0, 0, 0, 0, 0, 0, 0);
    if (returns_status) {
        keycask_status wanted = panics ? KEYCASK_PANIC : KEYCASK_INVALID_ARGUMENT;
        if (strcmp(name, "keycask_error_status") == 0) wanted = KEYCASK_OK;
        if ((keycask_status)answer != wanted) fprintf(stderr, "%s: %d\n", name, (int)(keycask_status)answer);
        CHECK((keycask_status)answer == wanted);
    }
    checks_held++;
}

static void every_declaration(void *library, const char *header, int panics)
{
    char line[512], name[256];
    long functions = 0;
    FILE *file = fopen(header, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        int status = strncmp(line, "keycask_status ", 15) == 0;
        char *end = strchr(line, '('), *begin;
        /* Declarations begin in the first column; comments, macros, types and later arguments don't count. */
        if (end == NULL || strchr(" *#{}/", line[0]) != NULL || strncmp(line, "typedef", 7) == 0) continue;
        *end = '\0';
        for (begin = end; begin > line && strncmp(begin, "keycask_", 8) != 0; begin--) continue;
        snprintf(name, sizeof name, "%s", begin);
        call(library, name, status, panics);
        functions++;
    }
    fclose(file);
    CHECK(functions >= 226);
}

/* An error object tells of a panic, and nothing of what the panic said. */
static void tells_of_a_panic(void *library)
{
    const char *(*message)(const keycask_error *);
    keycask_error *error = NULL;
    any_function of = find(library, "keycask_error_message");
    memcpy(&message, &of, sizeof message);
    find(library, "keycask_test_panic_next")(0, 0, 0, 0, 0, 0, 0, 0);
    CHECK(find(library, "keycask_vault_flush")(0, (uint64_t)(uintptr_t)&error, 0, 0, 0, 0, 0, 0) == KEYCASK_PANIC);
    CHECK(error != NULL && strstr(message(error), "secret") == NULL && strstr(message(error), "defect") != NULL);
    find(library, "keycask_error_free")((uint64_t)(uintptr_t)error, 0, 0, 0, 0, 0, 0, 0);
    /* The next call is none the worse. */
    CHECK(find(library, "keycask_vault_flush")(0, 0, 0, 0, 0, 0, 0, 0) == KEYCASK_INVALID_ARGUMENT);
}

int main(int argc, char **argv)
{
    int panics = argc == 4 && strcmp(argv[1], "panic") == 0;
    void *library;
    CHECK(argc == 4);
    library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    every_declaration(library, argv[3], panics);
    if (panics) tells_of_a_panic(library);
    return closing_line(panics ? "every panic" : "every null");
}
