// What Go asks of a key, an event or a notice in one call rather than one call a field.
//
// A view borrows from the object that it was made of, and lives as long.

#ifndef KEYCASK_GO_SHIM_H
#define KEYCASK_GO_SHIM_H

#include <keycask.h>
#include <stdlib.h>
#include <string.h>

// Scopes that a view holds; further ones are asked for one by one.
#define KC_SCOPES 8

// The places of a key's texts in a view; its scopes follow.
enum {
    KC_ID, KC_PREFIX, KC_START, KC_OWNER, KC_NAME, KC_METADATA, KC_NOTIFY_EMAIL, KC_CREATED_BY, KC_REVOKED_BY,
    KC_REVOKED_NOTE, KC_LINEAGE, KC_REPLACES, KC_REPLACED_BY, KC_TEXTS
};

// Bytes of texts that a view copies, so that Go makes one string of them all. A key with longer ones has none copied.
#define KC_ROOM 384

typedef struct {
    const keycask_key *key;
    const char *texts[KC_TEXTS + KC_SCOPES];
    size_t scopes_len, texts_len;
    int64_t created_at, not_before, expires_at, rotate_after, revoked_at, grace_until;
    int32_t encoding, state, revoked_reason;
    bool disabled, copied;
    // Where each copied text ends and the next one begins.
    uint16_t ends[KC_TEXTS + KC_SCOPES];
    char room[KC_ROOM];
} kc_key_view;

static inline void kc_copy_texts(kc_key_view *view) {
    size_t end = 0;
    for (size_t place = 0; place < view->texts_len; place++) {
        size_t len = view->texts[place] ? strlen(view->texts[place]) : 0;
        if (len > KC_ROOM - end) {
            return;
        }
        if (len > 0) {
            memcpy(view->room + end, view->texts[place], len);
        }
        end += len;
        view->ends[place] = (uint16_t)end;
    }
    view->copied = true;
}

static inline void kc_view_key(const keycask_key *key, int64_t now, kc_key_view *view) {
    view->key = key;
    view->texts[KC_ID] = keycask_key_id(key);
    view->texts[KC_PREFIX] = keycask_key_prefix(key);
    view->texts[KC_START] = keycask_key_start(key);
    view->texts[KC_OWNER] = keycask_key_owner(key);
    view->texts[KC_NAME] = keycask_key_name(key);
    view->texts[KC_METADATA] = keycask_key_metadata(key);
    view->texts[KC_NOTIFY_EMAIL] = keycask_key_notify_email(key);
    view->texts[KC_CREATED_BY] = keycask_key_created_by(key);
    view->texts[KC_REVOKED_BY] = keycask_key_revoked_by(key);
    view->texts[KC_REVOKED_NOTE] = keycask_key_revoked_note(key);
    view->texts[KC_LINEAGE] = keycask_key_lineage(key);
    view->texts[KC_REPLACES] = keycask_key_replaces(key);
    view->texts[KC_REPLACED_BY] = keycask_key_replaced_by(key);
    view->scopes_len = keycask_key_scopes_len(key);
    view->texts_len = KC_TEXTS;
    for (size_t i = 0; i < view->scopes_len && i < KC_SCOPES; i++) {
        view->texts[view->texts_len++] = keycask_key_scope(key, i);
    }
    kc_copy_texts(view);
    view->created_at = keycask_key_created_at_ms(key);
    view->not_before = keycask_key_not_before_ms(key);
    view->expires_at = keycask_key_expires_at_ms(key);
    view->rotate_after = keycask_key_rotate_after_ms(key);
    view->revoked_at = keycask_key_revoked_at_ms(key);
    view->grace_until = keycask_key_grace_until_ms(key);
    view->encoding = keycask_key_encoding(key);
    view->state = keycask_key_state(key, now);
    view->revoked_reason = keycask_key_revoked_reason(key);
    view->disabled = keycask_key_disabled(key);
}

// What verify demands and knows, but for the texts.
typedef struct {
    size_t scopes_len;
    int64_t now;
    bool has_prefix, has_client_ip, has_request_id, no_event;
} kc_request;

// The most scopes that one verify demands.
#define KC_DEMANDED_SCOPES 64

typedef struct {
    keycask_verdict *verdict;
    keycask_error *error;
    const char *key_id, *missing_scope;
    uint64_t reading;
    int32_t reason, http_status;
    bool known;
} kc_verdict;

static inline const char *kc_next_text(const char **texts) {
    const char *text = *texts;
    for (*texts = text; **texts; (*texts)++) {
    }
    (*texts)++;
    return text;
}

// `texts` are those of the request, one behind the other, each with its NUL: the prefix, the client's address and the
// request's id where they are given, then the scopes. They stand apart from `given`, since Go lends no memory that
// points to other memory of its own.
//
// `known` is the reading of a key that the caller holds: where it is the one that is accepted, its verdict is released.
static inline keycask_status kc_verify(keycask_vault *vault, const char *presented, size_t presented_len,
                                       const kc_request *given, const char *texts, uint64_t known, kc_verdict *out) {
    keycask_request request = KEYCASK_REQUEST_INIT;
    const char *scopes[KC_DEMANDED_SCOPES];
    if (given) {
        request.now_ms = given->now;
        request.no_event = given->no_event;
        request.prefix = given->has_prefix ? kc_next_text(&texts) : NULL;
        request.client_ip = given->has_client_ip ? kc_next_text(&texts) : NULL;
        request.request_id = given->has_request_id ? kc_next_text(&texts) : NULL;
        for (size_t i = 0; i < given->scopes_len; i++) {
            scopes[i] = kc_next_text(&texts);
        }
        request.scopes = scopes;
        request.scopes_len = given->scopes_len;
    }
    keycask_status status =
        keycask_vault_verify(vault, presented, presented_len, given ? &request : NULL, &out->verdict, &out->error);
    if (status == KEYCASK_OK) {
        out->reading = keycask_key_reading(keycask_verdict_key(out->verdict));
        out->known = out->reading == known;
        if (out->known) {
            keycask_verdict_free(out->verdict);
        }
    } else if (status == KEYCASK_REFUSED) {
        out->reason = keycask_verdict_reason(out->verdict);
        out->http_status = keycask_verdict_http_status(out->verdict);
        out->key_id = keycask_verdict_key_id(out->verdict);
        out->missing_scope = keycask_verdict_missing_scope(out->verdict);
    }
    return status;
}

// An accepted key is in one of two states, whatever the time.
static inline void kc_view_accepted(const keycask_verdict *verdict, kc_key_view *view) {
    kc_view_key(keycask_verdict_key(verdict), 0, view);
    view->state = view->texts[KC_REPLACED_BY] ? KEYCASK_STATE_SUPERSEDED : KEYCASK_STATE_ACTIVE;
}

typedef struct {
    const char *key_id, *actor, *client_ip, *request_id, *detail;
    uint64_t seq;
    int64_t at;
    int32_t kind;
} kc_change_view;

static inline void kc_view_change(const keycask_change *change, kc_change_view *view) {
    view->key_id = keycask_change_key_id(change);
    view->actor = keycask_change_actor(change);
    view->client_ip = keycask_change_client_ip(change);
    view->request_id = keycask_change_request_id(change);
    view->detail = keycask_change_detail(change);
    view->seq = keycask_change_seq(change);
    view->at = keycask_change_at_ms(change);
    view->kind = keycask_change_kind(change);
}

typedef struct {
    const char *key_id, *client_ip, *request_id;
    uint64_t seq, count;
    int64_t at, last_at;
    int32_t outcome;
} kc_use_view;

static inline void kc_view_use(const keycask_use *use, kc_use_view *view) {
    view->key_id = keycask_use_key_id(use);
    view->client_ip = keycask_use_client_ip(use);
    view->request_id = keycask_use_request_id(use);
    view->seq = keycask_use_seq(use);
    view->count = keycask_use_count(use);
    view->at = keycask_use_at_ms(use);
    view->last_at = keycask_use_last_at_ms(use);
    view->outcome = keycask_use_outcome(use);
}

typedef struct {
    const char *id, *key_id, *start, *name, *owner, *notify_email, *detail;
    int64_t at, about, acked_at, next_attempt_at, dead_at;
    uint32_t attempts;
    int32_t kind;
} kc_notice_view;

static inline void kc_view_notice(const keycask_notice *notice, kc_notice_view *view) {
    view->id = keycask_notice_id(notice);
    view->key_id = keycask_notice_key_id(notice);
    view->start = keycask_notice_start(notice);
    view->name = keycask_notice_name(notice);
    view->owner = keycask_notice_owner(notice);
    view->notify_email = keycask_notice_notify_email(notice);
    view->detail = keycask_notice_detail(notice);
    view->at = keycask_notice_at_ms(notice);
    view->about = keycask_notice_about_ms(notice);
    view->acked_at = keycask_notice_acked_at_ms(notice);
    view->next_attempt_at = keycask_notice_next_attempt_at_ms(notice);
    view->dead_at = keycask_notice_dead_at_ms(notice);
    view->attempts = keycask_notice_attempts(notice);
    view->kind = keycask_notice_kind(notice);
}

#endif
