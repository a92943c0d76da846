/* Guards against a verb that C reaches wrongly: an argument that gets lost, an output that isn't set, memory that
 * isn't released. It calls every verb once at least, and looks at what each answers. */

#include "check.h"

#define DAY_MS INT64_C(86400000)

static const char *folder;
static keycask_actor alice;

static int accepted(keycask_vault *vault, const char *secret)
{
    keycask_status status;
    keycask_error *error = NULL;
    status = keycask_vault_verify(vault, secret, strlen(secret), NULL, NULL, &error);
    CHECK(status == KEYCASK_OK || status == KEYCASK_REFUSED);
    CHECK(error == NULL);
    return status == KEYCASK_OK;
}

/* Creates a key, and copies its secret and its id. */
static void create(keycask_vault *vault, const char *owner, char *secret, char *id)
{
    const char *scopes[] = { "reports:read", "users:*" };
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    const keycask_key *key;
    request.prefix = "acme_live";
    request.owner = owner;
    request.name = "nightly export";
    request.scopes = scopes;
    request.scopes_len = 2;
    request.metadata = "{\"team\":7}";
    request.notify_email = "ops@example.com";
    request.expires_in_ms = 90 * DAY_MS;
    request.rotate_after_ms = 30 * DAY_MS;
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    key = keycask_issued_key(issued);
    CHECK(!keycask_issued_replayed(issued));
    CHECK(keycask_issued_secret_size(issued) == 60);
    OK(keycask_issued_secret(issued, secret, KEYCASK_SECRET_SIZE, &error));
    CHECK(strlen(secret) == 59 && strncmp(secret, keycask_key_start(key), 18) == 0);
    strcpy(id, keycask_key_id(key));
    CHECK(same(keycask_key_prefix(key), "acme_live") && same(keycask_key_owner(key), owner));
    CHECK(same(keycask_key_name(key), "nightly export") && same(keycask_key_metadata(key), "{\"team\":7}"));
    CHECK(same(keycask_key_notify_email(key), "ops@example.com") && same(keycask_key_created_by(key), "alice"));
    CHECK(keycask_key_scopes_len(key) == 2 && same(keycask_key_scope(key, 1), "users:*"));
    CHECK(keycask_key_scope(key, 2) == NULL && keycask_key_scope(key, SIZE_MAX) == NULL);
    CHECK(keycask_key_has_scope(key, "users:write") && !keycask_key_has_scope(key, "reports:write"));
    CHECK(keycask_key_expires_at_ms(key) == keycask_key_created_at_ms(key) + 90 * DAY_MS);
    CHECK(keycask_key_rotate_after_ms(key) == 30 * DAY_MS && keycask_key_encoding(key) == KEYCASK_ENCODING_BASE62);
    CHECK(keycask_key_not_before_ms(key) == KEYCASK_TIME_NONE && !keycask_key_disabled(key));
    CHECK(keycask_key_revoked_at_ms(key) == KEYCASK_TIME_NONE && keycask_key_revoked_by(key) == NULL);
    CHECK(keycask_key_revoked_reason(key) == KEYCASK_REVOCATION_NONE && keycask_key_revoked_note(key) == NULL);
    CHECK(same(keycask_key_lineage(key), id) && keycask_key_replaces(key) == NULL);
    CHECK(keycask_key_replaced_by(key) == NULL && keycask_key_grace_until_ms(key) == KEYCASK_TIME_NONE);
    CHECK(keycask_key_state(key, keycask_vault_now_ms(vault)) == KEYCASK_STATE_ACTIVE);
    keycask_issued_free(issued);
}

static void verifying(void)
{
    keycask_vault *vault = new_vault(folder, "verify.db");
    char secret[KEYCASK_SECRET_SIZE], id[64];
    const char *wanted[] = { "users:read", "reports:write" };
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = NULL;
    keycask_key *key = NULL;
    create(vault, "acct_42", secret, id);

    request.scopes = wanted;
    request.scopes_len = 1;
    request.prefix = "acme_live";
    request.client_ip = "192.0.2.7";
    request.request_id = "req-1";
    OK(keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(keycask_verdict_reason(verdict) == KEYCASK_OUTCOME_VALID && keycask_verdict_http_status(verdict) == 200);
    CHECK(same(keycask_verdict_key_id(verdict), id));
    CHECK(same(keycask_key_owner(keycask_verdict_key(verdict)), "acct_42"));
    CHECK(keycask_verdict_grace_until_ms(verdict) == KEYCASK_TIME_NONE);
    CHECK(keycask_verdict_successor(verdict) == NULL && keycask_verdict_missing_scope(verdict) == NULL);
    keycask_verdict_free(verdict);

    request.scopes_len = 2;
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(keycask_verdict_reason(verdict) == KEYCASK_OUTCOME_MISSING_SCOPE);
    CHECK(same(keycask_verdict_missing_scope(verdict), "reports:write") && same(keycask_verdict_key_id(verdict), id));
    CHECK(keycask_verdict_key(verdict) == NULL && keycask_verdict_http_status(verdict) == 403);
    keycask_verdict_free(verdict);

    request.scopes_len = 0;
    request.prefix = "acme_test";
    request.no_event = 1;
    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, secret, strlen(secret), &request, &verdict, &error));
    CHECK(same(keycask_outcome_name(keycask_verdict_reason(verdict)), "wrong_prefix"));
    keycask_verdict_free(verdict);

    GIVES(KEYCASK_REFUSED, keycask_vault_verify(vault, "acme_live_typo", 14, NULL, &verdict, &error));
    CHECK(same(keycask_outcome_name(keycask_verdict_reason(verdict)), "malformed"));
    CHECK(keycask_verdict_key_id(verdict) == NULL && keycask_verdict_http_status(verdict) == 401);
    keycask_verdict_free(verdict);

    OK(keycask_vault_identify(vault, secret, strlen(secret), &key, &error));
    CHECK(same(keycask_key_id(key), id));
    keycask_key_free(key);
    GIVES(KEYCASK_END, keycask_vault_identify(vault, "nobody's", 8, &key, &error));
    CHECK(key == NULL);
    OK(keycask_vault_flush(vault, &error));
    keycask_vault_free(vault);
}

/* Verdicts before and after a change are different readings, and a key is the same reading as itself. */
static void readings(void)
{
    keycask_vault *vault = new_vault(folder, "readings.db");
    char secret[KEYCASK_SECRET_SIZE], id[64];
    keycask_verdict *before = NULL, *after = NULL;
    uint64_t found;
    create(vault, "acct_42", secret, id);
    OK(keycask_vault_verify(vault, secret, strlen(secret), NULL, &before, &error));
    found = keycask_key_reading(keycask_verdict_key(before));
    CHECK(found != 0 && keycask_key_reading(keycask_verdict_key(before)) == found);
    OK(keycask_vault_disable(vault, id, &alice, NULL, &error));
    OK(keycask_vault_enable(vault, id, &alice, NULL, &error));
    OK(keycask_vault_verify(vault, secret, strlen(secret), NULL, &after, &error));
    CHECK(keycask_key_reading(keycask_verdict_key(after)) != found && keycask_key_reading(NULL) == 0);
    keycask_verdict_free(before);
    keycask_verdict_free(after);
    keycask_vault_free(vault);
}

static void uses_of(keycask_vault *vault, const char *id)
{
    keycask_use_filter filter = KEYCASK_USE_FILTER_INIT;
    keycask_uses *uses = NULL;
    keycask_use *use = NULL;
    filter.key_id = id;
    filter.has_outcome = 1;
    filter.outcome = KEYCASK_OUTCOME_VALID;
    OK(keycask_vault_uses(vault, &filter, &uses, &error));
    OK(keycask_uses_next(uses, &use, &error));
    CHECK(keycask_use_outcome(use) == KEYCASK_OUTCOME_VALID && same(keycask_use_key_id(use), id));
    CHECK(same(keycask_use_client_ip(use), "2001:db8::1") && same(keycask_use_request_id(use), "req-2"));
    CHECK(keycask_use_count(use) == 1 && keycask_use_seq(use) == 1);
    CHECK(keycask_use_at_ms(use) == keycask_use_last_at_ms(use));
    keycask_use_free(use);
    GIVES(KEYCASK_END, keycask_uses_next(uses, &use, &error));
    CHECK(use == NULL);
    keycask_uses_free(uses);
}

static void listing(void)
{
    keycask_vault *vault = new_vault(folder, "list.db");
    char secret[KEYCASK_SECRET_SIZE], id[64];
    keycask_new_key one = KEYCASK_NEW_KEY_INIT, two = KEYCASK_NEW_KEY_INIT;
    const keycask_new_key *both[2];
    keycask_issued *issued[2] = { NULL, NULL };
    keycask_key_filter filter = KEYCASK_KEY_FILTER_INIT;
    keycask_change_filter changed = KEYCASK_CHANGE_FILTER_INIT;
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_keys *keys = NULL;
    keycask_changes *changes = NULL;
    keycask_change *change = NULL;
    keycask_key *key = NULL;
    keycask_texts *prefixes = NULL;
    keycask_stats *stats = NULL;
    uint64_t uses = 7;
    int64_t last = 7;
    int found = 0;

    create(vault, "acct_42", secret, id);
    both[0] = &one;
    both[1] = &two;
    one.prefix = two.prefix = "acme_test";
    two.encoding = KEYCASK_ENCODING_BASE64URL;
    OK(keycask_vault_create_keys(vault, both, 2, &alice, issued, &error));
    CHECK(keycask_key_encoding(keycask_issued_key(issued[1])) == KEYCASK_ENCODING_BASE64URL);
    keycask_issued_free(issued[0]);
    keycask_issued_free(issued[1]);

    filter.prefix = "acme_test";
    filter.states = 1u << KEYCASK_STATE_ACTIVE;
    filter.after = id;
    OK(keycask_vault_keys(vault, &filter, &keys, &error));
    for (;;) {
        keycask_error *error = NULL;
        keycask_status status = keycask_keys_next(keys, &key, &error);
        CHECK(error == NULL);
        if (status == KEYCASK_END) break;
        CHECK(status == KEYCASK_OK && same(keycask_key_prefix(key), "acme_test"));
        found++;
        keycask_key_free(key);
    }
    CHECK(found == 2 && key == NULL);
    keycask_keys_free(keys);

    OK(keycask_vault_key(vault, id, &key, &error));
    keycask_key_free(key);
    GIVES(KEYCASK_NOT_FOUND, keycask_vault_key(vault, "key_01kb8rdhz6f5sbtcbgh1rstvwx", &key, &error));
    CHECK(key == NULL);

    request.client_ip = "2001:db8::1";
    request.request_id = "req-2";
    OK(keycask_vault_verify(vault, secret, strlen(secret), &request, NULL, &error));
    uses_of(vault, id);
    OK(keycask_vault_usage(vault, id, &uses, &last, &error));
    CHECK(uses == 1 && last > 0);

    changed.key_id = id;
    changed.kind = KEYCASK_CHANGE_KEY_CREATED;
    changed.actor = "alice";
    changed.newest_first = 1;
    changed.limit = 1;
    OK(keycask_vault_changes(vault, &changed, &changes, &error));
    OK(keycask_changes_next(changes, &change, &error));
    CHECK(keycask_change_seq(change) == 2 && keycask_change_at_ms(change) > 0);
    CHECK(same(keycask_change_kind_name(keycask_change_kind(change)), "key.created"));
    CHECK(same(keycask_change_actor(change), "alice") && same(keycask_change_key_id(change), id));
    CHECK(same(keycask_change_client_ip(change), "192.0.2.9") && same(keycask_change_request_id(change), "change-1"));
    CHECK(strstr(keycask_change_detail(change), "acct_42") != NULL);
    keycask_change_free(change);
    /* Released before its end. */
    keycask_changes_free(changes);

    OK(keycask_vault_prefixes(vault, &prefixes, &error));
    CHECK(keycask_texts_len(prefixes) == 2 && same(keycask_texts_get(prefixes, 1), "acme_test"));
    CHECK(keycask_texts_get(prefixes, 2) == NULL);
    keycask_texts_free(prefixes);

    OK(keycask_vault_stats(vault, 0, &stats, &error));
    CHECK(keycask_stats_keys(stats, KEYCASK_STATE_ACTIVE) == 3 && keycask_stats_keys(stats, 99) == 0);
    CHECK(keycask_stats_verifies(stats, KEYCASK_OUTCOME_VALID) == 1);
    CHECK(keycask_stats_log_size(stats, KEYCASK_LOG_CHANGES) == 4 && keycask_stats_log_size(stats, KEYCASK_LOG_USES) == 1);
    CHECK(keycask_stats_pruned_uses(stats) == 0 && keycask_stats_file_bytes(stats) > 0);
    CHECK(keycask_stats_wal_bytes(stats) < 1u << 30);
    CHECK(keycask_stats_busy_changes(stats) >= 1 && keycask_stats_busy_failed(stats) == 0);
    CHECK(keycask_stats_busy_waited(stats) == 0);
    keycask_stats_free(stats);
    keycask_vault_free(vault);
}

static void rotating(void)
{
    keycask_vault *vault = new_vault(folder, "rotate.db");
    char old[KEYCASK_SECRET_SIZE], new_[KEYCASK_SECRET_SIZE], id[64], successor[64];
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_issued *issued = NULL;
    keycask_verdict *verdict = NULL;
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    int64_t until;
    create(vault, "acct_42", old, id);

    rotation.has_grace = 1;
    rotation.grace_ms = 3600000;
    rotation.request_id = "rotate-1";
    OK(keycask_vault_rotate(vault, id, &rotation, &alice, &issued, &error));
    OK(keycask_issued_secret(issued, new_, sizeof new_, &error));
    strcpy(successor, keycask_key_id(keycask_issued_key(issued)));
    CHECK(same(keycask_key_replaces(keycask_issued_key(issued)), id));
    keycask_issued_free(issued);
    CHECK(accepted(vault, old) && accepted(vault, new_));

    /* The answer to the same request again has no secret. */
    OK(keycask_vault_rotate(vault, id, &rotation, &alice, &issued, &error));
    CHECK(keycask_issued_replayed(issued) && same(keycask_key_id(keycask_issued_key(issued)), successor));
    CHECK(keycask_issued_secret_size(issued) == 0);
    memset(new_ + sizeof new_ - 1, 'x', 1);
    GIVES(KEYCASK_CONFLICT, keycask_issued_secret(issued, new_, sizeof new_, &error));
    keycask_issued_free(issued);
    CHECK(accepted(vault, new_));

    OK(keycask_vault_verify(vault, old, strlen(old), NULL, &verdict, &error));
    until = keycask_verdict_grace_until_ms(verdict);
    CHECK(until > 0 && same(keycask_verdict_successor(verdict), successor));
    keycask_verdict_free(verdict);

    OK(keycask_vault_extend_rotation(vault, id, 2 * 3600000, &alice, &key, &error));
    CHECK(keycask_key_grace_until_ms(key) == until + 3600000);
    keycask_key_free(key);
    GIVES(KEYCASK_CONFLICT, keycask_vault_cancel_rotation(vault, id, 0, &alice, NULL, &error));
    OK(keycask_vault_cancel_rotation(vault, id, 1, &alice, &key, &error));
    CHECK(keycask_key_replaced_by(key) == NULL);
    keycask_key_free(key);
    CHECK(accepted(vault, old) && !accepted(vault, new_));

    OK(keycask_vault_rotate(vault, id, NULL, &alice, &issued, &error));
    OK(keycask_issued_secret(issued, new_, sizeof new_, &error));
    keycask_issued_free(issued);
    OK(keycask_vault_finish_rotation(vault, id, &alice, NULL, &error));
    CHECK(!accepted(vault, old) && accepted(vault, new_));

    OK(keycask_vault_lineage(vault, id, &keys, &error));
    OK(keycask_keys_next(keys, &key, &error));
    CHECK(same(keycask_key_id(key), id));
    keycask_key_free(key);
    OK(keycask_keys_next(keys, &key, &error));
    keycask_key_free(key);
    OK(keycask_keys_next(keys, &key, &error));
    strcpy(successor, keycask_key_id(key));
    keycask_key_free(key);
    keycask_keys_free(keys);

    memset(&rotation, 0, sizeof rotation);
    rotation.struct_size = sizeof rotation;
    rotation.emergency = 1;
    OK(keycask_vault_rotate(vault, successor, &rotation, &alice, &issued, &error));
    CHECK(!accepted(vault, new_));
    keycask_issued_free(issued);
    keycask_vault_free(vault);
}

static void changing(void)
{
    keycask_vault *vault = new_vault(folder, "change.db");
    char secret[KEYCASK_SECRET_SIZE], id[64];
    const char *scopes[] = { "only:this" };
    keycask_key_update update = KEYCASK_KEY_UPDATE_INIT;
    keycask_revocation revocation = KEYCASK_REVOCATION_INIT;
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    create(vault, "acct_42", secret, id);

    update.fields = KEYCASK_UPDATE_SCOPES | KEYCASK_UPDATE_NAME | KEYCASK_UPDATE_EXPIRES_AT | KEYCASK_UPDATE_METADATA |
                    KEYCASK_UPDATE_NOTIFY_EMAIL | KEYCASK_UPDATE_ROTATE_AFTER | KEYCASK_UPDATE_NOT_BEFORE;
    update.scopes = scopes;
    update.scopes_len = 1;
    update.metadata = "{}";
    OK(keycask_vault_update(vault, id, &update, &alice, &key, &error));
    CHECK(keycask_key_scopes_len(key) == 1 && same(keycask_key_scope(key, 0), "only:this"));
    CHECK(keycask_key_name(key) == NULL && keycask_key_expires_at_ms(key) == KEYCASK_TIME_NONE);
    CHECK(same(keycask_key_metadata(key), "{}") && keycask_key_notify_email(key) == NULL);
    CHECK(keycask_key_rotate_after_ms(key) == KEYCASK_DURATION_NONE && same(keycask_key_owner(key), "acct_42"));
    keycask_key_free(key);

    OK(keycask_vault_disable(vault, id, &alice, &key, &error));
    CHECK(keycask_key_disabled(key) && !accepted(vault, secret));
    keycask_key_free(key);
    OK(keycask_vault_enable(vault, id, &alice, NULL, &error));
    CHECK(accepted(vault, secret));

    revocation.reason = KEYCASK_REVOCATION_COMPROMISED;
    revocation.note = "seen in a repository";
    OK(keycask_vault_revoke(vault, id, &revocation, &alice, &key, &error));
    CHECK(keycask_key_revoked_reason(key) == KEYCASK_REVOCATION_COMPROMISED && keycask_key_revoked_at_ms(key) > 0);
    CHECK(same(keycask_key_revoked_by(key), "alice") && same(keycask_key_revoked_note(key), "seen in a repository"));
    CHECK(same(keycask_revocation_name(keycask_key_revoked_reason(key)), "compromised"));
    CHECK(keycask_key_state(key, keycask_vault_now_ms(vault)) == KEYCASK_STATE_REVOKED);
    keycask_key_free(key);
    CHECK(!accepted(vault, secret));

    create(vault, "acct_43", secret, id);
    OK(keycask_vault_revoke_secret(vault, secret, strlen(secret), NULL, &alice, &key, &error));
    CHECK(same(keycask_key_id(key), id) && keycask_key_revoked_reason(key) == KEYCASK_REVOCATION_UNSPECIFIED);
    keycask_key_free(key);
    create(vault, "acct_43", secret, id);
    OK(keycask_vault_revoke_owner(vault, "acct_43", NULL, &alice, &keys, &error));
    OK(keycask_keys_next(keys, &key, &error));
    CHECK(same(keycask_key_id(key), id));
    keycask_key_free(key);
    GIVES(KEYCASK_END, keycask_keys_next(keys, &key, &error));
    keycask_keys_free(keys);
    GIVES(KEYCASK_NOT_FOUND, keycask_vault_revoke_owner(vault, "nobody", NULL, &alice, NULL, &error));
    keycask_vault_free(vault);
}

static void asking_what_is_due(void)
{
    keycask_vault *vault = new_vault(folder, "due.db");
    char secret[KEYCASK_SECRET_SIZE], id[64], notice_id[64];
    keycask_dues *dues = NULL;
    keycask_due *due = NULL;
    keycask_unused *unused = NULL;
    keycask_unused_key *lonely = NULL;
    keycask_notice_filter filter = KEYCASK_NOTICE_FILTER_INIT;
    keycask_notice_claim claim = KEYCASK_NOTICE_CLAIM_INIT;
    keycask_retries retries = KEYCASK_RETRIES_INIT;
    keycask_notices *notices = NULL;
    keycask_notice *notice = NULL;
    int64_t now;
    create(vault, "acct_42", secret, id);
    now = keycask_vault_now_ms(vault);

    OK(keycask_vault_due(vault, 31 * DAY_MS, 0, &dues, &error));
    OK(keycask_dues_next(dues, &due, &error));
    CHECK(same(keycask_due_reason_name(keycask_due_reason(due)), "rotation") && keycask_due_at_ms(due) > now);
    CHECK(same(keycask_key_id(keycask_due_key(due)), id));
    keycask_due_free(due);
    GIVES(KEYCASK_END, keycask_dues_next(dues, &due, &error));
    keycask_dues_free(dues);

    OK(keycask_vault_unused(vault, now + DAY_MS, now + 2 * DAY_MS, &unused, &error));
    OK(keycask_unused_next(unused, &lonely, &error));
    CHECK(same(keycask_key_id(keycask_unused_key_key(lonely)), id) && keycask_unused_key_uses(lonely) == 0);
    CHECK(keycask_unused_key_last_used_at_ms(lonely) == KEYCASK_TIME_NONE);
    keycask_unused_key_free(lonely);
    keycask_unused_free(unused);

    OK(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error));
    filter.kind = KEYCASK_NOTICE_REVOKED;
    OK(keycask_vault_notices(vault, &filter, &notices, &error));
    OK(keycask_notices_next(notices, &notice, &error));
    CHECK(same(keycask_notice_kind_name(keycask_notice_kind(notice)), "revoked"));
    CHECK(same(keycask_notice_key_id(notice), id) && same(keycask_notice_owner(notice), "acct_42"));
    CHECK(same(keycask_notice_name(notice), "nightly export") && strncmp(keycask_notice_start(notice), secret, 18) == 0);
    CHECK(same(keycask_notice_notify_email(notice), "ops@example.com") && keycask_notice_attempts(notice) == 0);
    CHECK(same(keycask_notice_detail(notice), "{\"reason\":\"unspecified\"}"));
    CHECK(keycask_notice_acked_at_ms(notice) == KEYCASK_TIME_NONE && keycask_notice_dead_at_ms(notice) == KEYCASK_TIME_NONE);
    CHECK(keycask_notice_at_ms(notice) >= now && keycask_notice_about_ms(notice) >= now);
    strcpy(notice_id, keycask_notice_id(notice));
    keycask_notice_free(notice);
    keycask_notices_free(notices);

    claim.lease_ms = 60000;
    claim.limit = 10;
    claim.addressed = 1;
    OK(keycask_vault_claim_notices(vault, &claim, &notices, &error));
    OK(keycask_notices_next(notices, &notice, &error));
    CHECK(same(keycask_notice_id(notice), notice_id) && keycask_notice_next_attempt_at_ms(notice) > now);
    keycask_notice_free(notice);
    keycask_notices_free(notices);
    retries.attempts = 1;
    OK(keycask_vault_notice_failed(vault, notice_id, &retries, 0, &notice, &error));
    CHECK(keycask_notice_attempts(notice) == 1 && keycask_notice_dead_at_ms(notice) >= now);
    keycask_notice_free(notice);
    OK(keycask_vault_retry_notice(vault, notice_id, NULL, &error));
    OK(keycask_vault_ack(vault, notice_id, 0, &notice, &error));
    CHECK(keycask_notice_acked_at_ms(notice) >= now);
    keycask_notice_free(notice);
    GIVES(KEYCASK_CONFLICT, keycask_vault_retry_notice(vault, notice_id, NULL, &error));
    keycask_vault_free(vault);
}

static void ruling(void)
{
    keycask_vault *vault = new_vault(folder, "policy.db");
    const char *prefixes[] = { "acme_live", "acme_test" };
    keycask_policy_update update = KEYCASK_POLICY_UPDATE_INIT;
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_policy *policy = NULL;
    keycask_issued *issued = NULL;
    OK(keycask_vault_policy(vault, &policy, &error));
    CHECK(keycask_policy_prefixes_len(policy) == 0 && keycask_policy_default_grace_ms(policy) == DAY_MS);
    CHECK(keycask_policy_min_grace_ms(policy) == 0 && keycask_policy_max_grace_ms(policy) == 7 * DAY_MS);
    CHECK(keycask_policy_max_lifetime_ms(policy) == KEYCASK_DURATION_NONE && keycask_policy_max_living_keys(policy) == -1);
    CHECK(same(keycask_use_mode_name(keycask_policy_use_mode(policy)), "each"));
    CHECK(same(keycask_acknowledgement_name(keycask_policy_use_acknowledgement(policy)), "batched"));
    CHECK(keycask_policy_retain_uses_ms(policy) == 90 * DAY_MS && keycask_policy_retain_uses_bytes(policy) == 1u << 30);
    CHECK(keycask_policy_notice_ahead_ms(policy) > 0);
    keycask_policy_free(policy);

    update.fields = KEYCASK_POLICY_PREFIXES | KEYCASK_POLICY_MAX_LIFETIME | KEYCASK_POLICY_MAX_LIVING_KEYS |
                    KEYCASK_POLICY_USE_MODE | KEYCASK_POLICY_MAX_GRACE;
    update.prefixes = prefixes;
    update.prefixes_len = 2;
    update.max_lifetime_ms = 30 * DAY_MS;
    update.max_living_keys = 1;
    update.use_mode = KEYCASK_USE_MODE_OFF;
    update.max_grace_ms = 2 * DAY_MS;
    OK(keycask_vault_update_policy(vault, &update, &alice, &policy, &error));
    CHECK(keycask_policy_prefixes_len(policy) == 2 && same(keycask_policy_prefix(policy, 0), "acme_live"));
    CHECK(keycask_policy_max_lifetime_ms(policy) == 30 * DAY_MS && keycask_policy_max_living_keys(policy) == 1);
    CHECK(keycask_policy_use_mode(policy) == KEYCASK_USE_MODE_OFF && keycask_policy_default_grace_ms(policy) == DAY_MS);
    keycask_policy_free(policy);

    request.prefix = "acme_dev";
    request.owner = "acct_42";
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    request.prefix = "acme_test";
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    keycask_issued_free(issued);
    GIVES(KEYCASK_CONFLICT, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    CHECK(issued == NULL);
    update.fields = KEYCASK_POLICY_MIN_GRACE;
    update.min_grace_ms = 3 * DAY_MS;
    GIVES(KEYCASK_INVALID_ARGUMENT, keycask_vault_update_policy(vault, &update, &alice, NULL, &error));
    keycask_vault_free(vault);
}

static void peppering(void)
{
    const uint8_t first[33] = "0123456789abcdef0123456789abcdef", second[33] = "fedcba9876543210fedcba9876543210";
    keycask_bytes peppers[2];
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_vault *vault = NULL;
    keycask_keys *keys = NULL;
    char secret[KEYCASK_SECRET_SIZE], id[64], path[4096];
    bool changed = false;
    peppers[0].data = first;
    peppers[0].len = 32;
    peppers[1].data = second;
    peppers[1].len = 32;
    options.peppers = peppers;
    options.peppers_len = 1;
    options.busy_timeout_ms = 1000;
    options.mode = 0600;
    options.actor = &alice;
    strcpy(path, in_folder(folder, "pepper.db"));
    OK(keycask_vault_create(path, &options, &vault, &error));
    create(vault, "acct_42", secret, id);
    OK(keycask_vault_set_pepper(vault, second, 32, &alice, &changed, &error));
    CHECK(changed);
    OK(keycask_vault_set_pepper(vault, second, 32, &alice, &changed, &error));
    CHECK(!changed);
    GIVES(KEYCASK_CONFLICT, keycask_vault_retire_pepper(vault, &alice, &error));
    OK(keycask_vault_keys_on_retired_pepper(vault, &keys, &error));
    keycask_keys_free(keys);
    CHECK(accepted(vault, secret));
    OK(keycask_vault_retire_pepper(vault, &alice, &error));
    keycask_vault_free(vault);
    GIVES(KEYCASK_PEPPER, keycask_vault_open(path, NULL, &vault, &error));
    CHECK(vault == NULL);
    options.peppers = &peppers[1];
    OK(keycask_vault_open(path, &options, &vault, &error));
    CHECK(accepted(vault, secret));
    keycask_vault_free(vault);
}

static void auditing(void)
{
    keycask_vault *vault = new_vault(folder, "audit.db");
    char secret[KEYCASK_SECRET_SIZE], id[64];
    keycask_text *checkpoint = NULL;
    keycask_report *report = NULL;
    uint64_t count = 7;
    create(vault, "acct_42", secret, id);
    CHECK(accepted(vault, secret));
    OK(keycask_vault_checkpoint(vault, NULL, &checkpoint, &error));
    CHECK(strlen(keycask_text_get(checkpoint)) == keycask_text_len(checkpoint));
    OK(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error));
    OK(keycask_vault_verify_logs(vault, keycask_text_get(checkpoint), NULL, &report, &error));
    CHECK(keycask_report_ok(report) && keycask_report_findings_len(report) == 0);
    CHECK(keycask_report_log_size(report, KEYCASK_LOG_CHANGES) == 3 && keycask_report_log_size(report, 9) == 0);
    CHECK(strlen(keycask_report_log_root(report, KEYCASK_LOG_USES)) == 64);
    keycask_report_free(report);
    keycask_text_free(checkpoint);
    OK(keycask_vault_verify_logs(vault,
                                 "keycask/vault_x/changes\n7\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n", NULL,
                                 &report, &error));
    CHECK(!keycask_report_ok(report) && keycask_report_findings_len(report) == 1);
    CHECK(same(keycask_report_code(report, 0), "origin") && keycask_report_message(report, 0) != NULL);
    CHECK(keycask_report_code(report, 1) == NULL && keycask_report_message(report, SIZE_MAX) == NULL);
    keycask_report_free(report);
    OK(keycask_vault_check(vault, 1, &report, &error));
    CHECK(keycask_report_ok(report));
    keycask_report_free(report);
    OK(keycask_vault_prune(vault, &alice, &count, &error));
    CHECK(count == 0);
    OK(keycask_vault_erase_person(vault, "acct_42", &alice, &count, &error));
    CHECK(count > 0);
    keycask_vault_free(vault);
}

static void backing_up(void)
{
    keycask_vault *vault = new_vault(folder, "whole.db");
    char path[4096], backup[4096], secret[KEYCASK_SECRET_SIZE], id[64];
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_restore restore = KEYCASK_RESTORE_INIT;
    keycask_restore_report *report = NULL;
    keycask_migration *migration = NULL;
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    strcpy(path, keycask_vault_path(vault));
    strcpy(backup, in_folder(folder, "copy.db"));
    options.actor = &alice;
    create(vault, "acct_42", secret, id);
    OK(keycask_vault_backup(vault, backup, &alice, &error));
    GIVES(KEYCASK_CONFLICT, keycask_vault_backup(vault, backup, &alice, &error));
    OK(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error));
    GIVES(KEYCASK_CONFLICT, keycask_vault_restore(backup, path, &options, NULL, &report, &error));
    CHECK(strncmp(keycask_vault_id(vault), "vault_", 6) == 0 && keycask_vault_created_at_ms(vault) > 0);
    keycask_vault_free(vault);

    restore.reapply_revocations = 1;
    OK(keycask_vault_restore(backup, path, &options, &restore, &report, &error));
    CHECK(keycask_restore_report_compared(report) && keycask_restore_report_fault(report) == NULL);
    CHECK(keycask_restore_report_aside(report) != NULL && keycask_restore_report_old_logs_len(report) == 0);
    CHECK(keycask_restore_report_old_log(report, 0) == NULL && keycask_restore_report_lost_keys(report) == 0);
    CHECK(keycask_restore_report_reapplied(report) == 1 && keycask_restore_report_lost_changes(report) == 2);
    OK(keycask_restore_report_missing_revocations(report, &keys, &error));
    OK(keycask_keys_next(keys, &key, &error));
    CHECK(same(keycask_key_id(key), id));
    keycask_key_free(key);
    keycask_keys_free(keys);
    OK(keycask_restore_report_accepted_again(report, &keys, &error));
    GIVES(KEYCASK_END, keycask_keys_next(keys, &key, &error));
    keycask_keys_free(keys);
    keycask_restore_report_free(report);

    OK(keycask_vault_migrate(path, &options, 1, &migration, &error));
    CHECK(keycask_migration_from(migration) == keycask_migration_to(migration) && keycask_migration_from(migration) > 0);
    CHECK(keycask_migration_backup(migration) == NULL);
    keycask_migration_free(migration);
    OK(keycask_vault_open(path, NULL, &vault, &error));
    CHECK(!accepted(vault, secret));
    keycask_vault_free(vault);
}

static void importing(void)
{
    static const char rows[] = "digest,owner\n"
                               "ba588ec482211c5aa7c634fb7f9e330d70f4841c37f1d631698e2f81b2a6e227,acct_42\n"
                               "nonsense,acct_42\n";
    keycask_vault *vault = new_vault(folder, "import.db");
    keycask_import_options options = KEYCASK_IMPORT_OPTIONS_INIT;
    keycask_import_report *report = NULL;
    options.format = KEYCASK_IMPORT_FORMAT_CSV;
    options.scheme = "sha256";
    options.dry_run = 1;
    OK(keycask_vault_import(vault, rows, sizeof rows - 1, &options, &alice, &report, &error));
    CHECK(keycask_import_report_imported(report) == 1);
    keycask_import_report_free(report);
    CHECK(!accepted(vault, "sk_8nQVw2Lk5TzGf7XbYc3D"));
    OK(keycask_vault_import(vault, rows, sizeof rows - 1, NULL, &alice, &report, &error));
    CHECK(keycask_import_report_imported(report) == 1 && keycask_import_report_refused(report) == 1);
    CHECK(keycask_import_report_existing(report) == 0 && keycask_import_report_warned(report) == 0);
    CHECK(keycask_import_report_notes_len(report) == 1 && keycask_import_report_note_line(report, 0) == 3);
    CHECK(same(keycask_import_outcome_name(keycask_import_report_note_outcome(report, 0)), "refused"));
    CHECK(keycask_import_report_note_message(report, 0) != NULL && keycask_import_report_note_message(report, 1) == NULL);
    CHECK(keycask_import_report_longest_lock_ms(report) >= 0);
    keycask_import_report_free(report);
    CHECK(accepted(vault, "sk_8nQVw2Lk5TzGf7XbYc3D"));
    keycask_vault_free(vault);
}

static void telling(int32_t level, const char *target, const char *message, void *user_data)
{
    if (level <= KEYCASK_LOG_INFO && strncmp(target, "keycask", 7) == 0 && *message != '\0') ++*(int *)user_data;
}

static void logging(void)
{
    static int told = 0;
    int before;
    keycask_vault *vault = NULL;
    OK(keycask_set_log(telling, &told, KEYCASK_LOG_INFO, &error));
    vault = new_vault(folder, "log.db");
    CHECK(told > 0);
    before = told;
    OK(keycask_set_log(NULL, NULL, KEYCASK_LOG_INFO, &error));
    keycask_vault_free(vault);
    OK(keycask_vault_open(in_folder(folder, "log.db"), NULL, &vault, &error));
    CHECK(told == before);
    keycask_vault_free(vault);
}

static void in_memory(void)
{
    keycask_vault *vault = NULL;
    char secret[KEYCASK_SECRET_SIZE], id[64];
    OK(keycask_vault_create_in_memory(NULL, &vault, &error));
    create(vault, "acct_42", secret, id);
    CHECK(accepted(vault, secret));
    OK(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error));
    CHECK(!accepted(vault, secret));
    keycask_vault_free(vault);
}

/* A list may outlive its vault: it tells what it had read, and fails at its next page. */
static void outliving(void)
{
    keycask_vault *vault = new_vault(folder, "outlive.db");
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    const keycask_new_key *requests[600];
    keycask_issued *issued[600];
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    keycask_status status;
    int i, told = 0;
    request.prefix = "acme_live";
    for (i = 0; i < 600; i++) requests[i] = &request;
    OK(keycask_vault_create_keys(vault, requests, 600, &alice, issued, &error));
    for (i = 0; i < 600; i++) keycask_issued_free(issued[i]);
    OK(keycask_vault_keys(vault, NULL, &keys, &error));
    OK(keycask_keys_next(keys, &key, &error));
    keycask_key_free(key);
    keycask_vault_free(vault);
    while ((status = keycask_keys_next(keys, &key, &error)) == KEYCASK_OK && told++ < 600) keycask_key_free(key);
    CHECK(status == KEYCASK_CLOSED && keycask_error_status(error) == KEYCASK_CLOSED && told > 0 && told < 599);
    keycask_error_free(error);
    keycask_keys_free(keys);
}

static void the_rest(void)
{
    char secret[] = "GET / acme_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1UK3ll";
    keycask_text *text = NULL;
    keycask_vault *vault = NULL;
    size_t i;
    CHECK(same(keycask_version(), KEYCASK_VERSION));
    OK(keycask_redact(secret, strlen(secret), &text, &error));
    CHECK(same(keycask_text_get(text), "GET / acme_test_01234567\xe2\x80\xa6"));
    keycask_text_free(text);
    keycask_wipe(secret, sizeof secret);
    for (i = 0; i < sizeof secret; i++) CHECK(secret[i] == 0);
    OK(keycask_prefix_vendor("sk_live", &text, &error));
    CHECK(same(keycask_text_get(text), "Stripe"));
    keycask_text_free(text);
    GIVES(KEYCASK_END, keycask_prefix_vendor("acme_live", &text, &error));
    CHECK(text == NULL && same(keycask_status_name(KEYCASK_BUSY), "busy") && same(keycask_status_name(77), "?"));
    CHECK(same(keycask_state_name(KEYCASK_STATE_ACTIVE), "active") && same(keycask_encoding_name(1), "base64url"));
    GIVES(KEYCASK_VAULT_MISSING, keycask_vault_open(in_folder(folder, "missing.db"), NULL, &vault, &error));
    GIVES(KEYCASK_NOT_A_VAULT, keycask_vault_open(folder, NULL, &vault, &error));
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    folder = argv[1];
    alice = actor_named("alice");
    alice.client_ip = "192.0.2.9";
    alice.request_id = "change-1";
    verifying();
    readings();
    listing();
    rotating();
    changing();
    asking_what_is_due();
    ruling();
    peppering();
    auditing();
    backing_up();
    importing();
    logging();
    in_memory();
    outliving();
    the_rest();
    return closing_line("life");
}
