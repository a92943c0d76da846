/* Guards against arguments that crash a service or let someone in: NULL where something must be, text that isn't
 * UTF-8, lengths of nothing and of everything, structs of another size, numbers that are none, buffers one byte
 * short. Each must be answered by a status, with nothing written and nothing changed. */

#include "check.h"

static const char BAD[] = "\xff\xfe";
static keycask_actor alice;

static void presenting(keycask_vault *vault, const char *secret)
{
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = (keycask_verdict *)secret;
    const char *scopes[2];
    size_t lengths[] = { 0, 1, 256, 257, 258, 4096, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX }, i;
    char *large = (char *)malloc(300);
    memset(large, 'a', 300);
    /* However long it says that it is, no more than its first 257 bytes are looked at. */
    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, large, lengths[i], NULL, &verdict, &error));
        CHECK(keycask_verdict_reason(verdict) == KEYCASK_OUTCOME_MALFORMED);
        keycask_verdict_free(verdict);
    }
    free(large);
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, NULL, 0, NULL, NULL, &error));
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, BAD, 2, NULL, NULL, &error));
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, secret, strlen(secret) + 1, NULL, NULL, &error));
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, secret, strlen(secret) - 1, NULL, NULL, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, NULL, 1, NULL, &verdict, &error));
    CHECK(verdict == NULL);
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(NULL, secret, strlen(secret), NULL, &verdict, &error));

    scopes[0] = "reports:read";
    scopes[1] = NULL;
    request.scopes_len = 1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.scopes = scopes;
    request.scopes_len = 2;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    scopes[1] = BAD;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.scopes_len = SIZE_MAX;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.scopes_len = 0;
    request.prefix = BAD;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.prefix = NULL;
    request.client_ip = "localhost";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.client_ip = NULL;
    request.now_ms = INT64_MAX;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    request.now_ms = INT64_MIN + 1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(verdict == NULL);
    request.now_ms = KEYCASK_TIME_NONE;
    OK(keycask_vault_verify(vault, secret, strlen(secret), &request, NULL, &error));
    CHECK(keycask_vault_verify(vault, secret, strlen(secret), NULL, NULL, NULL) == KEYCASK_OK);
}

/* A struct of each type, of every size but its own. */
#define WRONG_SIZES(type, init, call) \
    do { \
        type given = init; \
        size_t sizes[] = { 0, 1, 7, sizeof given - 1, sizeof given + 1, 4096, SIZE_MAX }, n; \
        for (n = 0; n < sizeof sizes / sizeof *sizes; n++) { \
            given.struct_size = sizes[n]; \
            GIVES(KEYCASK_INVALID_ARGUMENT, call); \
        } \
    } while (0)

static void sizing(keycask_vault *vault, const char *id, const char *folder)
{
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    request.prefix = "acme_live";
    WRONG_SIZES(keycask_request, KEYCASK_REQUEST_INIT, keycask_vault_verify(vault, "x", 1, &given, NULL, &error));
    WRONG_SIZES(keycask_rotation, KEYCASK_ROTATION_INIT, keycask_vault_rotate(vault, id, &given, &alice, NULL, &error));
    WRONG_SIZES(keycask_revocation, KEYCASK_REVOCATION_INIT,
                keycask_vault_revoke(vault, id, &given, &alice, NULL, &error));
    WRONG_SIZES(keycask_actor, alice, keycask_vault_disable(vault, id, &given, NULL, &error));
    WRONG_SIZES(keycask_key_update, KEYCASK_KEY_UPDATE_INIT,
                keycask_vault_update(vault, id, &given, &alice, NULL, &error));
    WRONG_SIZES(keycask_policy_update, KEYCASK_POLICY_UPDATE_INIT,
                keycask_vault_update_policy(vault, &given, &alice, NULL, &error));
    WRONG_SIZES(keycask_retries, KEYCASK_RETRIES_INIT,
                keycask_vault_notice_failed(vault, "notice_01kb8rdhz6f5sbtcbgh1rstvwx", &given, 0, NULL, &error));
    {
        keycask_issued *out = NULL;
        WRONG_SIZES(keycask_new_key, request, keycask_vault_create_key(vault, &given, &alice, &out, &error));
    }
    {
        keycask_keys *out = NULL;
        WRONG_SIZES(keycask_key_filter, KEYCASK_KEY_FILTER_INIT, keycask_vault_keys(vault, &given, &out, &error));
    }
    {
        keycask_changes *out = NULL;
        WRONG_SIZES(keycask_change_filter, KEYCASK_CHANGE_FILTER_INIT,
                    keycask_vault_changes(vault, &given, &out, &error));
    }
    {
        keycask_uses *out = NULL;
        WRONG_SIZES(keycask_use_filter, KEYCASK_USE_FILTER_INIT, keycask_vault_uses(vault, &given, &out, &error));
    }
    {
        keycask_notices *out = NULL;
        WRONG_SIZES(keycask_notice_filter, KEYCASK_NOTICE_FILTER_INIT,
                    keycask_vault_notices(vault, &given, &out, &error));
        WRONG_SIZES(keycask_notice_claim, KEYCASK_NOTICE_CLAIM_INIT,
                    keycask_vault_claim_notices(vault, &given, &out, &error));
    }
    {
        keycask_import_report *out = NULL;
        WRONG_SIZES(keycask_import_options, KEYCASK_IMPORT_OPTIONS_INIT,
                    keycask_vault_import(vault, "x", 1, &given, &alice, &out, &error));
    }
    {
        keycask_vault *out = NULL;
        WRONG_SIZES(keycask_options, KEYCASK_OPTIONS_INIT,
                    keycask_vault_open(in_folder(folder, "misuse.db"), &given, &out, &error));
    }
    WRONG_SIZES(keycask_restore, KEYCASK_RESTORE_INIT, keycask_vault_restore("/x", "/y", NULL, &given, NULL, &error));
}

static void naming(keycask_vault *vault, const char *id)
{
    const char *ids[] = { NULL, "", "key_", BAD, "key_01kb8rdhz6f5sbtcbgh1rstvw", "notice_01kb8rdhz6f5sbtcbgh1rstvwx" };
    keycask_key *key = NULL;
    keycask_keys *keys = NULL;
    keycask_actor nobody = KEYCASK_ACTOR_INIT;
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    size_t i;
    for (i = 0; i < sizeof ids / sizeof *ids; i++) {
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_key(vault, ids[i], &key, &error));
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_lineage(vault, ids[i], &keys, &error));
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, ids[i], NULL, &alice, &key, &error));
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_usage(vault, ids[i], NULL, NULL, &error));
        CHECK(key == NULL && keys == NULL);
    }
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_key(vault, id, NULL, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, NULL, NULL, NULL, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, NULL, &nobody, NULL, &error));
    nobody.name = "";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, NULL, &nobody, NULL, &error));
    nobody.name = BAD;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, NULL, &nobody, NULL, &error));
    nobody.name = "alice\n";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, NULL, &nobody, NULL, &error));
    nobody.name = "alice";
    nobody.now_ms = 1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_retire_pepper(vault, &nobody, &error));
    /* A key whose secret could go nowhere isn't made. */
    request.prefix = "acme_live";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, NULL, &error));
    request.encoding = 2;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    request.encoding = 0;
    request.metadata = "[1]";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    request.metadata = NULL;
    request.expires_at_ms = 1900000000000;
    request.expires_in_ms = 1000;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    request.expires_at_ms = 0;
    request.expires_in_ms = -1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    CHECK(issued == NULL);
}

static void numbering(keycask_vault *vault, const char *id)
{
    int32_t numbers[] = { INT32_MIN, -1, 6, 99, INT32_MAX };
    keycask_revocation revocation = KEYCASK_REVOCATION_INIT;
    keycask_key_filter keys = KEYCASK_KEY_FILTER_INIT;
    keycask_change_filter changes = KEYCASK_CHANGE_FILTER_INIT;
    keycask_key_update update = KEYCASK_KEY_UPDATE_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_policy_update policy = KEYCASK_POLICY_UPDATE_INIT;
    keycask_keys *found = NULL;
    keycask_changes *told = NULL;
    keycask_issued *issued = NULL;
    size_t i;
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        revocation.reason = numbers[i];
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_revoke(vault, id, &revocation, &alice, NULL, &error));
        changes.kind = numbers[i] == 6 ? 22 : numbers[i];
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_changes(vault, &changes, &told, &error));
        GIVES(KEYCASK_INVALID_ARGUMENT, keycask_set_log(NULL, NULL, numbers[i], &error));
    }
    keys.states = 1u << 31;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_keys(vault, &keys, &found, &error));
    keys.states = 1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_keys(vault, &keys, &found, &error));
    update.fields = 1u << 8;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_update(vault, id, &update, &alice, NULL, &error));
    policy.fields = 1u << 11;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_update_policy(vault, &policy, &alice, NULL, &error));
    policy.fields = KEYCASK_POLICY_MAX_LIVING_KEYS;
    policy.max_living_keys = INT64_C(1) << 32;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_update_policy(vault, &policy, &alice, NULL, &error));
    rotation.has_grace = 1;
    rotation.grace_ms = -1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_rotate(vault, id, &rotation, &alice, &issued, &error));
    rotation.grace_ms = 0;
    rotation.emergency = 1;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_rotate(vault, id, &rotation, &alice, &issued, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_due(vault, -1, 0, NULL, &error));
    CHECK(found == NULL && told == NULL && issued == NULL);
}

static void buffers(keycask_vault *vault)
{
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    const keycask_new_key *requests[2];
    keycask_issued *issued = NULL, *several[2];
    keycask_text *text = NULL;
    keycask_import_report *report = NULL;
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    char buffer[KEYCASK_SECRET_SIZE], untouched[KEYCASK_SECRET_SIZE];
    size_t size;
    request.prefix = "acme_live";
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    size = keycask_issued_secret_size(issued);
    memset(buffer, 'x', sizeof buffer);
    memset(untouched, 'x', sizeof untouched);
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_issued_secret(issued, buffer, size - 1, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_issued_secret(issued, buffer, 0, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_issued_secret(issued, NULL, size, &error));
    CHECK(memcmp(buffer, untouched, sizeof buffer) == 0);
    OK(keycask_issued_secret(issued, buffer, size, &error));
    CHECK(strlen(buffer) == size - 1 && memcmp(buffer + size, untouched, sizeof buffer - size) == 0);
    keycask_issued_free(issued);

    requests[0] = &request;
    requests[1] = NULL;
    several[0] = several[1] = (keycask_issued *)buffer;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_keys(vault, requests, 2, &alice, several, &error));
    CHECK(several[0] == NULL && several[1] == NULL);
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_keys(vault, NULL, 2, &alice, several, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_keys(vault, requests, 1, &alice, NULL, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_keys(vault, requests, SIZE_MAX, &alice, several, &error));
    OK(keycask_vault_create_keys(vault, NULL, 0, &alice, NULL, &error));

    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_redact(BAD, 2, &text, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_redact("x", SIZE_MAX, &text, &error));
    OK(keycask_redact(NULL, 0, &text, &error));
    CHECK(keycask_text_len(text) == 0 && same(keycask_text_get(text), ""));
    keycask_text_free(text);
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_import(vault, "x", SIZE_MAX, NULL, &alice, &report, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_set_pepper(vault, (const uint8_t *)"short", 5, &alice, NULL, &error));
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_set_pepper(vault, (const uint8_t *)"x", SIZE_MAX, &alice, NULL, &error));
    keycask_wipe(NULL, 5);
    keycask_wipe(buffer, SIZE_MAX);

    /* A list may outlive its vault, and a key its list. */
    OK(keycask_vault_keys(vault, NULL, &keys, &error));
    OK(keycask_keys_next(keys, &key, &error));
    keycask_key_free(key);
    keycask_vault_free(vault);
    OK(keycask_keys_next(keys, &key, &error));
    keycask_keys_free(keys);
    CHECK(strncmp(keycask_key_id(key), "key_", 4) == 0);
    keycask_key_free(key);
}

int main(int argc, char **argv)
{
    keycask_vault *vault;
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    char secret[KEYCASK_SECRET_SIZE], id[64];
    if (argc != 2) return 2;
    alice = actor_named("alice");
    vault = new_vault(argv[1], "misuse.db");
    request.prefix = "acme_live";
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    OK(keycask_issued_secret(issued, secret, sizeof secret, &error));
    strcpy(id, keycask_key_id(keycask_issued_key(issued)));
    keycask_issued_free(issued);
    presenting(vault, secret);
    sizing(vault, id, argv[1]);
    naming(vault, id);
    numbering(vault, id);
    /* None of it changed anything. */
    OK(keycask_vault_verify(vault, secret, strlen(secret), NULL, NULL, &error));
    buffers(vault);
    return closing_line("misuse");
}
