/* A program in the fuzzer's bytes: each step calls one function of the library on a vault of its own, with numbers,
 * texts and NULLs that the bytes choose, and on objects that earlier steps left. What the header forbids is left out:
 * freed objects, and pointers that point to nothing.
 *
 * Held at each step: a failure comes with an error and no output, and no revoked secret is accepted. At the end: the
 * vault and its logs are sound. */

#include <keycask.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(claim) ((claim) ? (void)0 : abort())
#define SLOTS 4
#define STEPS 48

typedef struct {
    const uint8_t *at, *end;
    char texts[64][80];
    size_t texts_len;
} input;

typedef struct {
    keycask_vault *vault;
    keycask_actor actor;
    char secrets[SLOTS][KEYCASK_SECRET_SIZE], ids[SLOTS][64];
    bool revoked[SLOTS];
    keycask_keys *keys;
    keycask_changes *changes;
    keycask_uses *uses;
    keycask_notices *notices;
    keycask_dues *dues;
    keycask_verdict *verdict;
    keycask_key *key;
    keycask_text *checkpoint;
} state;

static uint8_t byte(input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static int64_t number(input *in)
{
    static const int64_t known[] = { 0, 1, -1, 60000, 86400000, INT64_MAX, INT64_MIN, 1800000000000 };
    uint64_t bits = 0;
    uint8_t kind = byte(in);
    if (kind < 200) return known[kind % 8];
    for (int i = 0; i < 8; i++) bits = bits << 8 | byte(in);
    return (int64_t)bits;
}

/* NULL, a text that means something, or the fuzzer's own, which lives as long as the input. */
static const char *text(input *in, const state *now)
{
    static const char *const known[] = {
        "acme_live", "acme_test", "acct_1", "reports:read", "reports:*", "{\"team\":7}", "ops@example.com", "192.0.2.7",
        "", "2001:db8::1", "alice", "digest\nwhat\n",
    };
    uint8_t kind = byte(in);
    char *own = in->texts[in->texts_len % 64];
    size_t len = 0;
    if (kind < 60) return NULL;
    if (kind < 120) return known[kind % 12];
    if (kind < 160) return now->ids[kind % SLOTS];
    if (kind < 170) return now->secrets[kind % SLOTS];
    if (in->texts_len == 64) return "x";
    in->texts_len++;
    while (len < sizeof in->texts[0] - 1 && (own[len] = (char)byte(in)) != 0) len++;
    own[len] = 0;
    return own;
}

static const char *id(input *in, const state *now)
{
    uint8_t kind = byte(in);
    return kind < 220 ? now->ids[kind % SLOTS] : text(in, now);
}

static size_t scopes(input *in, const state *now, const char **room, size_t size)
{
    size_t len = byte(in) % (size + 1);
    for (size_t i = 0; i < len; i++) room[i] = text(in, now);
    return len;
}

/* A call is done, or failed with an error that has a message. The error is read here, after the call. */
static bool done(keycask_status status, keycask_error **error_of)
{
    keycask_error *error = *error_of;
    *error_of = NULL;
    HOLDS(status != KEYCASK_PANIC && status != KEYCASK_DAMAGED);
    HOLDS((status >= KEYCASK_INVALID_ARGUMENT) == (error != NULL));
    HOLDS(error == NULL || (keycask_error_status(error) == status && keycask_error_message(error)[0] != 0));
    keycask_error_free(error);
    return status == KEYCASK_OK;
}

/* Replaces what a slot of the state holds. */
#define TAKE(slot, found, release) (release(slot), (slot) = (found))

static void remember(input *in, state *now, keycask_issued *issued, bool made)
{
    size_t slot = byte(in) % SLOTS;
    HOLDS(made == (issued != NULL));
    if (issued && !keycask_issued_replayed(issued)) {
        keycask_error *error = NULL;
        HOLDS(done(keycask_issued_secret(issued, now->secrets[slot], KEYCASK_SECRET_SIZE, &error), &error));
        strcpy(now->ids[slot], keycask_key_id(keycask_issued_key(issued)));
        now->revoked[slot] = false;
    }
    keycask_issued_free(issued);
}

static void revoked(state *now, const char *key_id)
{
    for (size_t i = 0; key_id && i < SLOTS; i++)
        if (strcmp(now->ids[i], key_id) == 0) now->revoked[i] = true;
}

static void create(input *in, state *now)
{
    const char *wanted[6];
    keycask_new_key key = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    keycask_error *error = NULL;
    key.prefix = byte(in) < 200 ? "acme_live" : text(in, now);
    key.owner = text(in, now);
    key.name = text(in, now);
    key.scopes = wanted;
    key.scopes_len = scopes(in, now, wanted, 6);
    key.metadata = text(in, now);
    key.notify_email = text(in, now);
    key.not_before_ms = number(in);
    key.expires_at_ms = number(in);
    key.expires_in_ms = number(in);
    key.rotate_after_ms = number(in);
    key.request_id = text(in, now);
    key.encoding = byte(in) % 3;
    bool made = done(keycask_vault_create_key(now->vault, &key, &now->actor, &issued, &error), &error);
    remember(in, now, issued, made);
}

static void verify(input *in, state *now)
{
    const char *wanted[6];
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = NULL;
    keycask_error *error = NULL;
    size_t slot = byte(in) % SLOTS;
    const char *presented = byte(in) < 200 ? now->secrets[slot] : text(in, now);
    request.scopes = wanted;
    request.scopes_len = scopes(in, now, wanted, 6);
    request.prefix = text(in, now);
    request.client_ip = text(in, now);
    request.request_id = text(in, now);
    request.now_ms = byte(in) < 200 ? 0 : number(in);
    request.no_event = byte(in) & 1;
    keycask_status status = keycask_vault_verify(now->vault, presented, presented ? strlen(presented) : 0,
                                                 byte(in) < 40 ? NULL : &request, &verdict, &error);
    bool valid = done(status, &error);
    HOLDS((verdict != NULL) == (valid || status == KEYCASK_REFUSED));
    HOLDS(!(valid && presented == now->secrets[slot] && now->revoked[slot]));
    HOLDS(valid == (keycask_verdict_key(verdict) != NULL));
    (void)keycask_verdict_key_id(verdict);
    (void)keycask_verdict_missing_scope(verdict);
    TAKE(now->verdict, verdict, keycask_verdict_free);
}

static void rotate(input *in, state *now)
{
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_issued *issued = NULL;
    keycask_error *error = NULL;
    const char *key_id = id(in, now);
    rotation.emergency = byte(in) & 1;
    rotation.has_grace = byte(in) & 1;
    rotation.grace_ms = number(in);
    rotation.expires_at_ms = number(in);
    rotation.request_id = text(in, now);
    bool made = done(keycask_vault_rotate(now->vault, key_id, byte(in) < 100 ? NULL : &rotation, &now->actor, &issued,
                                          &error), &error);
    remember(in, now, issued, made);
}

static void end_one(input *in, state *now)
{
    keycask_revocation revocation = KEYCASK_REVOCATION_INIT;
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    uint8_t kind = byte(in);
    revocation.note = text(in, now);
    revocation.reason = byte(in) % 12;
    if (kind < 180) {
        const char *key_id = id(in, now);
        if (done(keycask_vault_revoke(now->vault, key_id, &revocation, &now->actor, &key, &error), &error))
            revoked(now, keycask_key_id(key));
        TAKE(now->key, key, keycask_key_free);
    } else if (kind < 220) {
        const char *secret = now->secrets[kind % SLOTS];
        if (done(keycask_vault_revoke_secret(now->vault, secret, strlen(secret), &revocation, &now->actor, &key, &error),
                 &error))
            revoked(now, keycask_key_id(key));
        TAKE(now->key, key, keycask_key_free);
    } else {
        keycask_keys *keys = NULL;
        if (done(keycask_vault_revoke_owner(now->vault, text(in, now), &revocation, &now->actor, &keys, &error), &error))
            while (done(keycask_keys_next(keys, &key, &error), &error)) {
                revoked(now, keycask_key_id(key));
                keycask_key_free(key);
            }
        keycask_keys_free(keys);
    }
}

static void update(input *in, state *now)
{
    const char *wanted[6];
    keycask_key_update change = KEYCASK_KEY_UPDATE_INIT;
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    const char *key_id = id(in, now);
    change.fields = byte(in);
    change.prefix = text(in, now);
    change.name = text(in, now);
    change.scopes = wanted;
    change.scopes_len = scopes(in, now, wanted, 6);
    change.metadata = text(in, now);
    change.notify_email = text(in, now);
    change.not_before_ms = number(in);
    change.expires_at_ms = number(in);
    change.rotate_after_ms = number(in);
    bool made = done(keycask_vault_update(now->vault, key_id, &change, &now->actor, &key, &error), &error);
    HOLDS(made == (key != NULL));
    TAKE(now->key, key, keycask_key_free);
}

static void turn(input *in, state *now)
{
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    const char *key_id = id(in, now);
    keycask_status status;
    switch (byte(in) % 6) {
    case 0: status = keycask_vault_disable(now->vault, key_id, &now->actor, &key, &error); break;
    case 1: status = keycask_vault_enable(now->vault, key_id, &now->actor, &key, &error); break;
    case 2: status = keycask_vault_finish_rotation(now->vault, key_id, &now->actor, &key, &error); break;
    case 3:
        status = keycask_vault_extend_rotation(now->vault, key_id, number(in), &now->actor, &key, &error);
        break;
    case 4:
        /* A cancelled successor is revoked; which key that is, its predecessor doesn't say. */
        status = keycask_vault_cancel_rotation(now->vault, key_id, byte(in) & 1, &now->actor, &key, &error);
        break;
    default: status = keycask_vault_key(now->vault, key_id, &key, &error); break;
    }
    HOLDS(done(status, &error) == (key != NULL));
    (void)keycask_key_state(key, number(in));
    TAKE(now->key, key, keycask_key_free);
}

static void list(input *in, state *now)
{
    keycask_error *error = NULL;
    switch (byte(in) % 6) {
    case 0: {
        keycask_key_filter filter = KEYCASK_KEY_FILTER_INIT;
        keycask_keys *found = NULL;
        filter.owner = text(in, now);
        filter.prefix = text(in, now);
        filter.name = text(in, now);
        filter.scope = text(in, now);
        filter.after = text(in, now);
        filter.limit = byte(in);
        filter.now_ms = number(in);
        filter.states = byte(in);
        done(keycask_vault_keys(now->vault, &filter, &found, &error), &error);
        TAKE(now->keys, found, keycask_keys_free);
        break;
    }
    case 1: {
        keycask_change_filter filter = KEYCASK_CHANGE_FILTER_INIT;
        keycask_changes *found = NULL;
        filter.key_id = text(in, now);
        filter.actor = text(in, now);
        filter.since_ms = number(in);
        filter.until_ms = number(in);
        filter.after = (uint64_t)number(in);
        filter.limit = byte(in);
        filter.kind = byte(in) % 30;
        filter.newest_first = byte(in) & 1;
        done(keycask_vault_changes(now->vault, &filter, &found, &error), &error);
        TAKE(now->changes, found, keycask_changes_free);
        break;
    }
    case 2: {
        keycask_use_filter filter = KEYCASK_USE_FILTER_INIT;
        keycask_uses *found = NULL;
        filter.key_id = text(in, now);
        filter.since_ms = number(in);
        filter.until_ms = number(in);
        filter.after = (uint64_t)number(in);
        filter.limit = byte(in);
        filter.has_outcome = byte(in) & 1;
        filter.outcome = byte(in) % 14;
        filter.newest_first = byte(in) & 1;
        done(keycask_vault_uses(now->vault, &filter, &found, &error), &error);
        TAKE(now->uses, found, keycask_uses_free);
        break;
    }
    case 3: {
        keycask_notice_filter filter = KEYCASK_NOTICE_FILTER_INIT;
        keycask_notices *found = NULL;
        filter.after = text(in, now);
        filter.limit = byte(in);
        filter.now_ms = number(in);
        filter.kind = byte(in) % 10;
        filter.all = byte(in) & 1;
        filter.dead = byte(in) & 1;
        done(keycask_vault_notices(now->vault, &filter, &found, &error), &error);
        TAKE(now->notices, found, keycask_notices_free);
        break;
    }
    case 4: {
        keycask_dues *found = NULL;
        done(keycask_vault_due(now->vault, number(in), number(in), &found, &error), &error);
        TAKE(now->dues, found, keycask_dues_free);
        break;
    }
    default: {
        keycask_keys *found = NULL;
        done(keycask_vault_lineage(now->vault, id(in, now), &found, &error), &error);
        TAKE(now->keys, found, keycask_keys_free);
        break;
    }
    }
}

static void next(input *in, state *now)
{
    keycask_error *error = NULL;
    switch (byte(in) % 5) {
    case 0: {
        keycask_key *key = NULL;
        if (now->keys) HOLDS(done(keycask_keys_next(now->keys, &key, &error), &error) == (key != NULL));
        TAKE(now->key, key, keycask_key_free);
        break;
    }
    case 1: {
        keycask_change *change = NULL;
        if (now->changes) HOLDS(done(keycask_changes_next(now->changes, &change, &error), &error) == (change != NULL));
        (void)keycask_change_detail(change);
        keycask_change_free(change);
        break;
    }
    case 2: {
        keycask_use *use = NULL;
        if (now->uses) HOLDS(done(keycask_uses_next(now->uses, &use, &error), &error) == (use != NULL));
        (void)keycask_use_request_id(use);
        keycask_use_free(use);
        break;
    }
    case 3: {
        keycask_notice *notice = NULL;
        if (now->notices) HOLDS(done(keycask_notices_next(now->notices, &notice, &error), &error) == (notice != NULL));
        if (notice && byte(in) & 1)
            done(keycask_vault_ack(now->vault, keycask_notice_id(notice), number(in), NULL, &error), &error);
        keycask_notice_free(notice);
        break;
    }
    default: {
        keycask_due *due = NULL;
        if (now->dues) HOLDS(done(keycask_dues_next(now->dues, &due, &error), &error) == (due != NULL));
        keycask_due_free(due);
        break;
    }
    }
}

static void rule(input *in, state *now)
{
    const char *wanted[4];
    keycask_policy_update change = KEYCASK_POLICY_UPDATE_INIT;
    keycask_policy *policy = NULL;
    keycask_error *error = NULL;
    change.fields = (uint32_t)byte(in) << 8 | byte(in);
    change.prefixes = wanted;
    change.prefixes_len = scopes(in, now, wanted, 4);
    change.default_grace_ms = number(in);
    change.min_grace_ms = number(in);
    change.max_grace_ms = number(in);
    change.max_lifetime_ms = number(in);
    change.max_living_keys = number(in);
    change.use_mode = byte(in) % 4;
    change.use_acknowledgement = byte(in) % 3;
    change.retain_uses_ms = number(in);
    change.retain_uses_bytes = (uint64_t)number(in);
    change.notice_ahead_ms = number(in);
    done(keycask_vault_update_policy(now->vault, &change, &now->actor, &policy, &error), &error);
    keycask_policy_free(policy);
}

static void import(input *in, state *now)
{
    keycask_import_options options = KEYCASK_IMPORT_OPTIONS_INIT;
    keycask_import_report *report = NULL;
    keycask_error *error = NULL;
    const char *rows = text(in, now);
    options.owner = text(in, now);
    options.prefix = text(in, now);
    options.format = byte(in) % 4;
    options.all_or_nothing = byte(in) & 1;
    options.dry_run = byte(in) & 1;
    done(keycask_vault_import(now->vault, rows, rows ? strlen(rows) : 0, &options, &now->actor, &report, &error), &error);
    keycask_import_report_free(report);
}

static void look(input *in, state *now)
{
    keycask_error *error = NULL;
    uint64_t count = 0;
    int64_t last = 0;
    switch (byte(in) % 7) {
    case 0: done(keycask_vault_flush(now->vault, &error), &error); break;
    case 1: done(keycask_vault_usage(now->vault, id(in, now), &count, &last, &error), &error); break;
    case 2: done(keycask_vault_prune(now->vault, &now->actor, &count, &error), &error); break;
    case 3: done(keycask_vault_erase_person(now->vault, text(in, now), &now->actor, &count, &error), &error); break;
    case 4: {
        keycask_text *checkpoint = NULL;
        done(keycask_vault_checkpoint(now->vault, text(in, now), &checkpoint, &error), &error);
        TAKE(now->checkpoint, checkpoint, keycask_text_free);
        break;
    }
    case 5: {
        /* Checkpoints of the vault itself are proved, whatever came since. */
        keycask_report *report = NULL;
        const char *kept = now->checkpoint ? keycask_text_get(now->checkpoint) : NULL;
        if (done(keycask_vault_verify_logs(now->vault, kept, NULL, &report, &error), &error))
            HOLDS(keycask_report_ok(report));
        keycask_report_free(report);
        break;
    }
    default: {
        keycask_text *redacted = NULL;
        const char *given = text(in, now);
        done(keycask_redact(given, given ? strlen(given) : 0, &redacted, &error), &error);
        keycask_text_free(redacted);
        break;
    }
    }
}

static void end(state *now)
{
    keycask_report *report = NULL;
    keycask_error *error = NULL;
    HOLDS(done(keycask_vault_check(now->vault, 1, &report, &error), &error));
    HOLDS(keycask_report_ok(report));
    keycask_report_free(report);
    HOLDS(done(keycask_vault_close(now->vault, &error), &error));
    HOLDS(keycask_vault_flush(now->vault, NULL) != KEYCASK_PANIC);
    keycask_vault_free(now->vault);
    keycask_keys_free(now->keys);
    keycask_changes_free(now->changes);
    keycask_uses_free(now->uses);
    keycask_notices_free(now->notices);
    keycask_dues_free(now->dues);
    keycask_verdict_free(now->verdict);
    keycask_key_free(now->key);
    keycask_text_free(now->checkpoint);
}

void fuzz_calls(const uint8_t *data, size_t len)
{
    static void (*const calls[])(input *, state *) = { create, verify, verify, rotate, end_one, update, turn, list, next,
                                                       rule, import, look };
    input *in = calloc(1, sizeof *in);
    state now = { .actor = KEYCASK_ACTOR_INIT };
    keycask_error *error = NULL;
    HOLDS(in);
    in->at = data;
    in->end = data + len;
    HOLDS(done(keycask_vault_create_in_memory(NULL, &now.vault, &error), &error));
    now.actor.name = "fuzz";
    for (int step = 0; step < STEPS && in->at < in->end; step++) {
        size_t texts = in->texts_len;
        calls[byte(in) % (sizeof calls / sizeof *calls)](in, &now);
        in->texts_len = texts;
        if (byte(in) > 250) now.actor.client_ip = "192.0.2.9";
    }
    end(&now);
    free(in);
}
