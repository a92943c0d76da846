/* Guards against two languages that disagree on what a secret, an id, an outcome or a rotation is: a key that one lets
 * in and another turns away. Arguments: a folder for vaults, the folder of the vectors. */

#include "vector_file.h"

#define CREATED_MS INT64_C(1800000000000)
#define LABELS 64

static keycask_actor actor;

static keycask_actor at(int64_t now)
{
    keycask_actor then = actor;
    then.now_ms = now;
    return then;
}

/* Verifies text without leaving an event, and returns the outcome. */
static const char *outcome_of(keycask_vault *vault, const char *text, size_t len)
{
    keycask_verdict *verdict = NULL;
    const char *name;
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, text, len, NULL, &verdict, &error));
    name = keycask_outcome_name(keycask_verdict_reason(verdict));
    keycask_verdict_free(verdict);
    return name;
}

static void is_unknown(char **columns, void *data)
{
    keycask_vault *vault = (keycask_vault *)data;
    keycask_key *key = NULL;
    CHECK(same(outcome_of(vault, columns[0], strlen(columns[0])), "unknown"));
    GIVES(KEYCASK_END, keycask_vault_identify(vault, columns[0], strlen(columns[0]), &key, &error));
}

static void is_malformed(char **columns, void *data)
{
    static char presented[MAX_LINE];
    keycask_vault *vault = (keycask_vault *)data;
    keycask_key *key = NULL;
    size_t len = bytes(columns[0], presented, sizeof presented);
    CHECK(same(outcome_of(vault, presented, len), "malformed"));
    GIVES(KEYCASK_END, keycask_vault_identify(vault, presented, len, &key, &error));
}

/* An id is read as its bytes and written as the same text: the error for a key that isn't there names it. */
static void is_an_id(char **columns, void *data)
{
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    if (strcmp(columns[0], "key") != 0) return;
    CHECK(keycask_vault_key((keycask_vault *)data, columns[2], &key, &error) == KEYCASK_NOT_FOUND);
    CHECK(strstr(keycask_error_message(error), columns[2]) != NULL);
    keycask_error_free(error);
}

/* A digest of another system is found by what its clients present. Of a text without the part that is digested there
 * is none: it must not be found by any. */
static void is_found_as_imported(char **columns, void *data)
{
    static char presented[MAX_LINE], text[MAX_LINE];
    int found = !absent(columns[2]), digits = strstr(columns[0], "512") != NULL ? 128 : 64;
    size_t len = bytes(columns[1], presented, sizeof presented);
    keycask_import_options options = KEYCASK_IMPORT_OPTIONS_INIT;
    keycask_import_report *report = NULL;
    keycask_verdict *verdict = NULL;
    keycask_vault *vault = NULL;
    (void)data;
    if (found) snprintf(text, sizeof text, "{\"digest\": \"%s\"}", columns[2]);
    else snprintf(text, sizeof text, "{\"digest\": \"%0*d\"}", digits, 0);
    options.scheme = columns[0];
    OK(keycask_vault_create_in_memory(NULL, &vault, &error));
    OK(keycask_vault_import(vault, text, strlen(text), &options, &actor, &report, &error));
    CHECK(keycask_import_report_imported(report) == 1);
    GIVES(found ? KEYCASK_OK : KEYCASK_REFUSED,
          keycask_vault_verify(vault, presented, len, NULL, &verdict, &error));
    CHECK(same(keycask_outcome_name(keycask_verdict_reason(verdict)), found ? "valid" : "malformed"));
    keycask_verdict_free(verdict);
    keycask_import_report_free(report);
    keycask_vault_free(vault);
}

static void is_no_id(char **columns, void *data)
{
    static char text[MAX_LINE];
    keycask_key *key = NULL;
    size_t len = bytes(columns[0], text, sizeof text);
    /* A C string can't say it: what stands before the NUL is all that there is. */
    if (strlen(text) != len) return;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_key((keycask_vault *)data, text, &key, &error));
}

/* Brings a key into the state of a row, and copies its id and secret. */
static void bring_about(keycask_vault *vault, char **columns, char *id, char *secret)
{
    keycask_actor then = at(CREATED_MS);
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_issued *issued = NULL;
    keycask_key *key = NULL;
    const char *scopes[64];
    request.prefix = columns[7];
    request.scopes = scopes;
    request.scopes_len = words(columns[8], scopes, 64);
    request.not_before_ms = optional_time(columns[2]);
    request.expires_at_ms = optional_time(columns[3]);
    OK(keycask_vault_create_key(vault, &request, &then, &issued, &error));
    OK(keycask_issued_secret(issued, secret, KEYCASK_SECRET_SIZE, &error));
    strcpy(id, keycask_key_id(keycask_issued_key(issued)));
    keycask_issued_free(issued);
    if (!absent(columns[4])) {
        rotation.has_grace = 1;
        rotation.grace_ms = integer(columns[4]) - CREATED_MS;
        OK(keycask_vault_rotate(vault, id, &rotation, &then, &issued, &error));
        keycask_issued_free(issued);
        OK(keycask_vault_key(vault, id, &key, &error));
        CHECK(keycask_key_grace_until_ms(key) == integer(columns[4]));
        keycask_key_free(key);
    }
    if (strcmp(columns[5], "1") == 0) OK(keycask_vault_disable(vault, id, &then, NULL, &error));
    if (strcmp(columns[6], "1") == 0) OK(keycask_vault_revoke(vault, id, NULL, &then, NULL, &error));
}

static void has_its_outcome(char **columns, void *data)
{
    keycask_vault *vault = (keycask_vault *)data;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = NULL;
    const char *scopes[64];
    char id[64], secret[KEYCASK_SECRET_SIZE];
    int valid = strcmp(columns[11], "valid") == 0;
    bring_about(vault, columns, id, secret);
    request.prefix = absent(columns[9]) ? NULL : columns[9];
    request.scopes = scopes;
    request.scopes_len = words(columns[10], scopes, 64);
    request.no_event = 1;
    request.now_ms = integer(columns[1]);
    GIVES(valid ? KEYCASK_OK : KEYCASK_REFUSED,
          keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(same(keycask_outcome_name(keycask_verdict_reason(verdict)), columns[11]));
    CHECK(same(keycask_verdict_key_id(verdict), id) && (keycask_verdict_key(verdict) != NULL) == valid);
    if (absent(columns[12])) CHECK(keycask_verdict_missing_scope(verdict) == NULL);
    else CHECK(same(keycask_verdict_missing_scope(verdict), columns[12]));
    keycask_verdict_free(verdict);
}

/* A timeline of rotation.txt: a vault of its own, and its keys by their labels. */
struct timeline {
    const char *folder;
    char name[256];
    int number;
    keycask_vault *vault;
    int keys_len;
    struct {
        char label[64], id[64], secret[KEYCASK_SECRET_SIZE];
    } keys[LABELS];
};

static int labelled(struct timeline *timeline, const char *label)
{
    int i;
    for (i = timeline->keys_len - 1; i >= 0; i--)
        if (strcmp(timeline->keys[i].label, label) == 0) return i;
    fprintf(stderr, "%s: no such label\n", label);
    CHECK(0);
    return 0;
}

static void keep(struct timeline *timeline, const char *label, keycask_issued *issued)
{
    int i = timeline->keys_len++;
    CHECK(i < LABELS);
    snprintf(timeline->keys[i].label, sizeof timeline->keys[i].label, "%s", label);
    strcpy(timeline->keys[i].id, keycask_key_id(keycask_issued_key(issued)));
    OK(keycask_issued_secret(issued, timeline->keys[i].secret, KEYCASK_SECRET_SIZE, &error));
    keycask_issued_free(issued);
}

static keycask_status status_named(const char *name)
{
    keycask_status status;
    for (status = 0; status < 100; status++)
        if (strcmp(keycask_status_name(status), name) == 0) return status;
    fprintf(stderr, "%s: no such status\n", name);
    CHECK(0);
    return 0;
}

static void step_create(struct timeline *timeline, char **columns)
{
    const char *scope = "reports:read";
    keycask_actor then = at(integer(columns[1]));
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    request.prefix = "acme_live";
    request.owner = "acct_42";
    request.scopes = &scope;
    request.scopes_len = 1;
    if (strcmp(columns[2], "create_from") == 0) request.not_before_ms = optional_time(columns[5]);
    else request.expires_at_ms = optional_time(columns[5]);
    OK(keycask_vault_create_key(timeline->vault, &request, &then, &issued, &error));
    CHECK(strcmp(columns[6], "ok") == 0);
    keep(timeline, columns[3], issued);
}

static void step_rotate(struct timeline *timeline, char **columns)
{
    const char *id = timeline->keys[labelled(timeline, columns[3])].id;
    keycask_actor then = at(integer(columns[1]));
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_issued *issued = NULL;
    keycask_key *old = NULL;
    keycask_status wanted = status_named(columns[6]);
    rotation.emergency = strcmp(columns[2], "emergency") == 0;
    rotation.has_grace = !rotation.emergency && !absent(columns[5]);
    if (rotation.has_grace) rotation.grace_ms = integer(columns[5]);
    GIVES(wanted, keycask_vault_rotate(timeline->vault, id, &rotation, &then, &issued, &error));
    if (wanted != KEYCASK_OK) return;
    OK(keycask_vault_key(timeline->vault, id, &old, &error));
    if (!rotation.emergency) CHECK(keycask_key_grace_until_ms(old) == optional_time(columns[7]));
    CHECK(keycask_key_expires_at_ms(keycask_issued_key(issued)) == keycask_key_expires_at_ms(old));
    CHECK(same(keycask_key_owner(keycask_issued_key(issued)), "acct_42"));
    keycask_key_free(old);
    keep(timeline, columns[4], issued);
}

static void step_verify(struct timeline *timeline, char **columns)
{
    int i = labelled(timeline, columns[3]), valid = strcmp(columns[6], "valid") == 0;
    const char *secret = timeline->keys[i].secret;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = NULL;
    request.now_ms = integer(columns[1]);
    GIVES(valid ? KEYCASK_OK : KEYCASK_REFUSED,
          keycask_vault_verify(timeline->vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(same(keycask_outcome_name(keycask_verdict_reason(verdict)), columns[6]));
    CHECK(same(keycask_verdict_key_id(verdict), timeline->keys[i].id));
    if (valid) {
        CHECK(keycask_verdict_grace_until_ms(verdict) == optional_time(columns[7]));
        if (absent(columns[4])) CHECK(keycask_verdict_successor(verdict) == NULL);
        else CHECK(same(keycask_verdict_successor(verdict), timeline->keys[labelled(timeline, columns[4])].id));
    }
    keycask_verdict_free(verdict);
}

static void keeps_to_its_timeline(char **columns, void *data)
{
    struct timeline *timeline = (struct timeline *)data;
    if (strcmp(timeline->name, columns[0]) != 0) {
        char file[64];
        keycask_vault_free(timeline->vault);
        snprintf(timeline->name, sizeof timeline->name, "%s", columns[0]);
        snprintf(file, sizeof file, "timeline-%d.db", ++timeline->number);
        timeline->vault = new_vault(timeline->folder, file);
        timeline->keys_len = 0;
    }
    if (strncmp(columns[2], "create", 6) == 0) {
        step_create(timeline, columns);
    } else if (strcmp(columns[2], "rotate") == 0 || strcmp(columns[2], "emergency") == 0) {
        step_rotate(timeline, columns);
    } else if (strcmp(columns[2], "verify") == 0) {
        step_verify(timeline, columns);
    } else {
        keycask_actor then = at(integer(columns[1]));
        CHECK(strcmp(columns[2], "revoke") == 0 && strcmp(columns[6], "ok") == 0);
        OK(keycask_vault_revoke(timeline->vault, timeline->keys[labelled(timeline, columns[3])].id, NULL, &then, NULL,
                                &error));
    }
}

int main(int argc, char **argv)
{
    static struct timeline timeline;
    keycask_vault *vault;
    if (argc != 3) return 2;
    atexit(name_the_row);
    actor = actor_named("vectors");
    timeline.folder = argv[1];
    vault = new_vault(argv[1], "vectors.db");
    run_rows(argv[2], "secrets_valid.txt", 5, 44, is_unknown, vault);
    run_rows(argv[2], "secrets_invalid.txt", 2, 348, is_malformed, vault);
    run_rows(argv[2], "type_ids.txt", 3, 30, is_an_id, vault);
    run_rows(argv[2], "type_ids_invalid.txt", 2, 59, is_no_id, vault);
    run_rows(argv[2], "schemes.txt", 4, 108, is_found_as_imported, NULL);
    run_rows(argv[2], "outcomes.txt", 13, 149, has_its_outcome, vault);
    run_rows(argv[2], "rotation.txt", 8, 219, keeps_to_its_timeline, &timeline);
    keycask_vault_free(timeline.vault);
    keycask_vault_free(vault);
    return closing_line("vectors");
}
