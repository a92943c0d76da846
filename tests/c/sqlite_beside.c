/* Guards against a static libkeycask whose SQLite meets another one: this program links the system's libsqlite3 too,
 * and each must be itself. Its prototypes are its own, since the header may not be installed. */

#include "check.h"

typedef struct sqlite3 sqlite3;

#ifdef __cplusplus
extern "C" {
#endif
const char *sqlite3_libversion(void);
int sqlite3_open(const char *path, sqlite3 **database);
int sqlite3_exec(sqlite3 *database, const char *sql, int (*row)(void *, int, char **, char **), void *data, char **error);
int sqlite3_close(sqlite3 *database);
#ifdef __cplusplus
}
#endif

static int version_is(void *wanted, int columns, char **values, char **names)
{
    (void)names;
    return columns == 1 && strcmp(values[0], (const char *)wanted) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    keycask_actor alice = actor_named("alice");
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    keycask_vault *vault;
    sqlite3 *other = NULL;
    char version[32], path[4096];
    if (argc != 2) return 2;
    snprintf(version, sizeof version, "%s", sqlite3_libversion());
    printf("the program's own SQLite is %s\n", version);
    vault = new_vault(argv[1], "beside.db");
    strcpy(path, in_folder(argv[1], "other.sqlite"));
    CHECK(sqlite3_open(path, &other) == 0);
    CHECK(sqlite3_exec(other, "create table t (a); insert into t values (1)", NULL, NULL, NULL) == 0);
    request.prefix = "acme_live";
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    keycask_issued_free(issued);
    CHECK(sqlite3_exec(other, "select sqlite_version()", version_is, version, NULL) == 0);
    CHECK(sqlite3_close(other) == 0);
    keycask_vault_free(vault);
    return closing_line("sqlite_beside");
}
