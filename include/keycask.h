/*
 * keycask: API keys for your API, in one file. The interface of libkeycask.
 *
 * Made by cbindgen from bindings/capi; edit that.
 *
 * Results. A call that can fail returns a keycask_status: KEYCASK_OK (0) where it was done, KEYCASK_REFUSED
 * and KEYCASK_END as answers, and 10 or more where it failed. Nothing was changed then, every output is
 * NULL or zero, and where `error_out` isn't NULL it is set to an error object, which the caller releases.
 * No defect of keycask reaches the caller as a crash of its own: it is answered by KEYCASK_PANIC.
 *
 * Inputs are borrowed for the length of the call. A pointer is NULL or points to what its type says; where
 * NULL isn't allowed it is answered by KEYCASK_INVALID_ARGUMENT. Text is NUL-terminated UTF-8; what clients
 * present is pointer and length. Numbers that stand for words are plain integers, and one that is none is
 * KEYCASK_INVALID_ARGUMENT.
 *
 * Structs of the caller's begin with `struct_size`. Begin with the struct's _INIT macro, or zero it and set
 * the size: 0 and NULL are the default of every other field. A size that this library doesn't know is
 * KEYCASK_INVALID_ARGUMENT.
 *
 * Outputs. `T **x_out` gives an object to the caller, who releases it by keycask_T_free, which takes NULL.
 * A `const char *` or `const T *` that an accessor returns is borrowed from its object, and lives as long.
 * Accessors take NULL, and answer NULL, 0, false, or the value for none.
 *
 * Times are milliseconds since 1970-01-01 UTC, and KEYCASK_TIME_NONE where there is none; as an input, 0 is
 * none too. Durations are milliseconds.
 *
 * Threads. A vault may be used from any number of threads at once, but for keycask_vault_free. Every other
 * object may move between threads, and is used by one at a time.
 *
 * Forks. A vault that was opened may cross a fork; other objects that were being used during the fork may
 * not.
 */

#ifndef KEYCASK_H
#define KEYCASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. keycask_version has that of the library that runs. */
#define KEYCASK_VERSION "0.1.0"
#define KEYCASK_VERSION_MAJOR 0
#define KEYCASK_VERSION_MINOR 1
#define KEYCASK_VERSION_PATCH 0

/* What structs of the caller's begin with: their size, and the default of every other field. */

#define KEYCASK_ACTOR_INIT { sizeof(keycask_actor), NULL, NULL, NULL, 0 }
#define KEYCASK_OPTIONS_INIT { sizeof(keycask_options), 0, 0, 0, 0, NULL, NULL, 0 }
#define KEYCASK_REQUEST_INIT { sizeof(keycask_request), NULL, 0, NULL, NULL, NULL, 0, 0 }
#define KEYCASK_NEW_KEY_INIT \
    { sizeof(keycask_new_key), NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, NULL, 0 }
#define KEYCASK_ROTATION_INIT { sizeof(keycask_rotation), 0, 0, 0, 0, NULL }
#define KEYCASK_REVOCATION_INIT { sizeof(keycask_revocation), NULL, 0 }
#define KEYCASK_KEY_UPDATE_INIT \
    { sizeof(keycask_key_update), 0, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0 }
#define KEYCASK_KEY_FILTER_INIT \
    { sizeof(keycask_key_filter), NULL, NULL, NULL, NULL, NULL, 0, 0, 0 }
#define KEYCASK_CHANGE_FILTER_INIT { sizeof(keycask_change_filter), NULL, NULL, 0, 0, 0, 0, 0, 0 }
#define KEYCASK_USE_FILTER_INIT { sizeof(keycask_use_filter), NULL, 0, 0, 0, 0, 0, 0, 0 }
#define KEYCASK_NOTICE_FILTER_INIT { sizeof(keycask_notice_filter), NULL, 0, 0, 0, 0, 0 }
#define KEYCASK_NOTICE_CLAIM_INIT { sizeof(keycask_notice_claim), 0, NULL, 0, 0, 0 }
#define KEYCASK_RETRIES_INIT { sizeof(keycask_retries), 0, 0, 0 }
#define KEYCASK_POLICY_UPDATE_INIT \
    { sizeof(keycask_policy_update), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
#define KEYCASK_RESTORE_INIT { sizeof(keycask_restore), NULL, 0, 0 }
#define KEYCASK_IMPORT_OPTIONS_INIT { sizeof(keycask_import_options), NULL, NULL, NULL, NULL, 0, 0, 0 }

/**
 * No time: what an accessor returns where there is none, and what may stand where none is given, as 0 may.
 */
#define KEYCASK_TIME_NONE INT64_MIN

/**
 * No duration, or no limit: what an accessor returns where there is none.
 */
#define KEYCASK_DURATION_NONE -1

/**
 * The key may be served.
 */
#define KEYCASK_OUTCOME_VALID 0

/**
 * Not the form of a secret, or a wrong checksum: a typo, or not one of yours. HTTP 401.
 */
#define KEYCASK_OUTCOME_MALFORMED 1

/**
 * Well formed, but no key of this vault. HTTP 401.
 */
#define KEYCASK_OUTCOME_UNKNOWN 2

/**
 * Revoked, for ever. HTTP 401.
 */
#define KEYCASK_OUTCOME_REVOKED 3

/**
 * Superseded by a rotation whose grace window is over. HTTP 401.
 */
#define KEYCASK_OUTCOME_ROTATED_OUT 4

/**
 * Past its `expires_at`. HTTP 401.
 */
#define KEYCASK_OUTCOME_EXPIRED 5

/**
 * Disabled until somebody enables it. HTTP 401.
 */
#define KEYCASK_OUTCOME_DISABLED 6

/**
 * Before its `not_before`. HTTP 401.
 */
#define KEYCASK_OUTCOME_NOT_YET_VALID 7

/**
 * Good, but of another prefix than the one that was demanded. HTTP 403.
 */
#define KEYCASK_OUTCOME_WRONG_PREFIX 8

/**
 * Good, but without a scope that was demanded. HTTP 403.
 */
#define KEYCASK_OUTCOME_MISSING_SCOPE 9

/**
 * Reserved: the client's address isn't allowed. HTTP 403.
 */
#define KEYCASK_OUTCOME_SOURCE_DENIED 10

/**
 * Reserved: too many requests. HTTP 429.
 */
#define KEYCASK_OUTCOME_RATE_LIMITED 11

/**
 * Reserved: the key's quota is used up. HTTP 429.
 */
#define KEYCASK_OUTCOME_QUOTA_EXHAUSTED 12

/**
 * Revoked, for ever.
 */
#define KEYCASK_STATE_REVOKED 1

/**
 * Superseded, its grace window over.
 */
#define KEYCASK_STATE_ROTATED_OUT 2

/**
 * Past its `expires_at`.
 */
#define KEYCASK_STATE_EXPIRED 3

/**
 * Disabled until somebody enables it.
 */
#define KEYCASK_STATE_DISABLED 4

/**
 * Before its `not_before`.
 */
#define KEYCASK_STATE_NOT_YET_VALID 5

/**
 * Superseded by a successor, and still accepted until `grace_until`.
 */
#define KEYCASK_STATE_SUPERSEDED 6

/**
 * Accepted.
 */
#define KEYCASK_STATE_ACTIVE 7

/**
 * The key isn't revoked.
 */
#define KEYCASK_REVOCATION_NONE -1

/**
 * No reason was said.
 */
#define KEYCASK_REVOCATION_UNSPECIFIED 0

/**
 * The secret leaked, or may have.
 */
#define KEYCASK_REVOCATION_COMPROMISED 1

/**
 * The rotation that issued the key was cancelled.
 */
#define KEYCASK_REVOCATION_ROTATION_CANCELLED 2

/**
 * Its owner left.
 */
#define KEYCASK_REVOCATION_OWNER_LEFT 3

/**
 * Nobody needs it any more.
 */
#define KEYCASK_REVOCATION_NO_LONGER_USED 4

/**
 * A rule demands it.
 */
#define KEYCASK_REVOCATION_POLICY 5

/**
 * 43 characters of `0-9A-Za-z`: a double click selects it.
 */
#define KEYCASK_ENCODING_BASE62 0

/**
 * 32 bytes as URL-safe base64.
 */
#define KEYCASK_ENCODING_BASE64URL 1

/**
 * The log of changes of keys, the policy and the vault itself; kept for ever.
 */
#define KEYCASK_LOG_CHANGES 1

/**
 * The log of verifies of known keys; pruned by the policy.
 */
#define KEYCASK_LOG_USES 2

/**
 * One event for each verify of a known key.
 */
#define KEYCASK_USE_MODE_EACH 1

/**
 * One event for each key, outcome and five minutes, with an exact count.
 */
#define KEYCASK_USE_MODE_BUCKETS 2

/**
 * No events.
 */
#define KEYCASK_USE_MODE_OFF 3

/**
 * Verify answers at once; its event is committed soon after.
 */
#define KEYCASK_ACKNOWLEDGEMENT_BATCHED 1

/**
 * Verify accepts a key only after its event is committed.
 */
#define KEYCASK_ACKNOWLEDGEMENT_STRICT 2

/**
 * The vault was created.
 */
#define KEYCASK_CHANGE_VAULT_CREATED 1

/**
 * A backup took the vault's place.
 */
#define KEYCASK_CHANGE_VAULT_RESTORED 2

/**
 * The schema was upgraded.
 */
#define KEYCASK_CHANGE_VAULT_MIGRATED 3

/**
 * The policy was set.
 */
#define KEYCASK_CHANGE_POLICY_CHANGED 4

/**
 * The pepper was introduced, rotated or retired.
 */
#define KEYCASK_CHANGE_PEPPER_CHANGED 5

/**
 * A key was issued.
 */
#define KEYCASK_CHANGE_KEY_CREATED 6

/**
 * A digest of another system became a key.
 */
#define KEYCASK_CHANGE_KEY_IMPORTED 7

/**
 * A key's fields were changed.
 */
#define KEYCASK_CHANGE_KEY_UPDATED 8

/**
 * A key was disabled.
 */
#define KEYCASK_CHANGE_KEY_DISABLED 9

/**
 * A key was enabled.
 */
#define KEYCASK_CHANGE_KEY_ENABLED 10

/**
 * A key was superseded by a successor, which has its own event.
 */
#define KEYCASK_CHANGE_KEY_ROTATED 11

/**
 * A grace window was extended.
 */
#define KEYCASK_CHANGE_ROTATION_EXTENDED 12

/**
 * A grace window was ended early.
 */
#define KEYCASK_CHANGE_ROTATION_FINISHED 13

/**
 * A rotation was undone.
 */
#define KEYCASK_CHANGE_ROTATION_CANCELLED 14

/**
 * A key was revoked.
 */
#define KEYCASK_CHANGE_KEY_REVOKED 15

/**
 * Old uses were deleted by the policy.
 */
#define KEYCASK_CHANGE_USES_PRUNED 16

/**
 * Uses were lost; the detail says how many, or that nobody knows.
 */
#define KEYCASK_CHANGE_USES_GAP 17

/**
 * The wall clock stepped back by more than an hour.
 */
#define KEYCASK_CHANGE_CLOCK_REGRESSED 18

/**
 * A backup was made.
 */
#define KEYCASK_CHANGE_BACKUP_MADE 19

/**
 * A leak of a secret was reported.
 */
#define KEYCASK_CHANGE_LEAK_REPORTED 20

/**
 * What named a person was blanked.
 */
#define KEYCASK_CHANGE_PERSON_ERASED 21

/**
 * A successor was issued, and the key's grace window runs.
 */
#define KEYCASK_NOTICE_ROTATED 1

/**
 * The key and its living relatives were revoked as compromised, and one new key was issued.
 */
#define KEYCASK_NOTICE_EMERGENCY_ROTATED 2

/**
 * The key was revoked.
 */
#define KEYCASK_NOTICE_REVOKED 3

/**
 * The key's grace window ends within 24 hours.
 */
#define KEYCASK_NOTICE_WINDOW_ENDING 4

/**
 * The key expires within the policy's `notice_ahead`.
 */
#define KEYCASK_NOTICE_EXPIRING 5

/**
 * The key should be rotated: `rotate_after` is over, or will be within the policy's `notice_ahead`.
 */
#define KEYCASK_NOTICE_ROTATION_DUE 6

/**
 * Somebody reported that the key's secret leaked.
 */
#define KEYCASK_NOTICE_LEAK_REPORTED 7

/**
 * The key should be rotated: `rotate_after` is over, or soon will be.
 */
#define KEYCASK_DUE_ROTATION 1

/**
 * The key expires soon.
 */
#define KEYCASK_DUE_EXPIRY 2

/**
 * The key's grace window ends soon.
 */
#define KEYCASK_DUE_WINDOW_END 3

/**
 * The key's grace window runs, and no successor lives that could take over.
 */
#define KEYCASK_DUE_WITHOUT_SUCCESSOR 4

/**
 * The digest is in the vault already, or stands on an earlier line; nothing was changed.
 */
#define KEYCASK_IMPORT_EXISTING 1

/**
 * The line was not imported.
 */
#define KEYCASK_IMPORT_REFUSED 2

/**
 * The line was imported, and something about it is doubtful.
 */
#define KEYCASK_IMPORT_WARNED 3

/**
 * Recognised by its first line.
 */
#define KEYCASK_IMPORT_FORMAT_ANY 0

/**
 * Comma-separated values with a header that names the fields.
 */
#define KEYCASK_IMPORT_FORMAT_CSV 1

/**
 * A JSON object on each line.
 */
#define KEYCASK_IMPORT_FORMAT_JSONL 2

/**
 * Bytes that the longest secret takes with its NUL: the size of a buffer that fits every one.
 */
#define KEYCASK_SECRET_SIZE 75

/**
 * Sets `prefix`.
 */
#define KEYCASK_UPDATE_PREFIX 1

/**
 * Sets or clears `name`.
 */
#define KEYCASK_UPDATE_NAME 2

/**
 * Sets `scopes`, the whole list.
 */
#define KEYCASK_UPDATE_SCOPES 4

/**
 * Sets or clears `metadata`.
 */
#define KEYCASK_UPDATE_METADATA 8

/**
 * Sets or clears `notify_email`.
 */
#define KEYCASK_UPDATE_NOTIFY_EMAIL 16

/**
 * Sets or clears `not_before_ms`.
 */
#define KEYCASK_UPDATE_NOT_BEFORE 32

/**
 * Sets or clears `expires_at_ms`.
 */
#define KEYCASK_UPDATE_EXPIRES_AT 64

/**
 * Sets or clears `rotate_after_ms`.
 */
#define KEYCASK_UPDATE_ROTATE_AFTER 128

/**
 * Sets `prefixes`.
 */
#define KEYCASK_POLICY_PREFIXES 1

/**
 * Sets `default_grace_ms`.
 */
#define KEYCASK_POLICY_DEFAULT_GRACE 2

/**
 * Sets `min_grace_ms`.
 */
#define KEYCASK_POLICY_MIN_GRACE 4

/**
 * Sets `max_grace_ms`.
 */
#define KEYCASK_POLICY_MAX_GRACE 8

/**
 * Sets `max_lifetime_ms`.
 */
#define KEYCASK_POLICY_MAX_LIFETIME 16

/**
 * Sets `max_living_keys`.
 */
#define KEYCASK_POLICY_MAX_LIVING_KEYS 32

/**
 * Sets `use_mode`.
 */
#define KEYCASK_POLICY_USE_MODE 64

/**
 * Sets `use_acknowledgement`.
 */
#define KEYCASK_POLICY_USE_ACKNOWLEDGEMENT 128

/**
 * Sets `retain_uses_ms`.
 */
#define KEYCASK_POLICY_RETAIN_USES 256

/**
 * Sets `retain_uses_bytes`.
 */
#define KEYCASK_POLICY_RETAIN_USES_BYTES 512

/**
 * Sets `notice_ahead_ms`.
 */
#define KEYCASK_POLICY_NOTICE_AHEAD 1024

/**
 * A handle that gives up.
 */
#define KEYCASK_LOG_ERROR 1

/**
 * Refused openings, steps back of the clock.
 */
#define KEYCASK_LOG_WARN 2

/**
 * Openings and changes.
 */
#define KEYCASK_LOG_INFO 3

/**
 * Refusals of known keys.
 */
#define KEYCASK_LOG_DEBUG 4

/**
 * Everything.
 */
#define KEYCASK_LOG_TRACE 5

/**
 * An event of the log of changes. Owned by the caller, to be released by keycask_change_free; its texts are
 * borrowed from it. The accessors take NULL, and answer NULL, 0 or KEYCASK_TIME_NONE.
 */
typedef struct keycask_change keycask_change;

/**
 * A list of changes. Owned by the caller, to be released by keycask_changes_free.
 */
typedef struct keycask_changes keycask_changes;

/**
 * A key that is due. Owned by the caller, to be released by keycask_due_free.
 */
typedef struct keycask_due keycask_due;

/**
 * A list of keys that are due, the most urgent first. Owned by the caller, to be released by
 * keycask_dues_free.
 */
typedef struct keycask_dues keycask_dues;

/**
 * Why a call failed. Owned by the caller, to be released by keycask_error_free.
 *
 * A call with an `error_out` sets it to NULL unless it fails, and to an error where it does. `error_out`
 * itself may be NULL; the status tells the same kind of failure. No error ever holds a secret.
 */
typedef struct keycask_error keycask_error;

/**
 * What an import did, and what it has to say of single lines. Owned by the caller, to be released by
 * keycask_import_report_free.
 */
typedef struct keycask_import_report keycask_import_report;

/**
 * A key that was just issued, with the only copy of its secret. Owned by the caller, to be released by
 * keycask_issued_free, which wipes the secret.
 */
typedef struct keycask_issued keycask_issued;

/**
 * The record of a key: everything that the vault knows of it, its digest excepted. It is what the call that
 * returned it saw, not a live view.
 *
 * Where a function hands it out as `keycask_key *`, the caller owns it and releases it by
 * keycask_key_free; a `const keycask_key *` is borrowed from the object that it was asked of. Texts are
 * borrowed from the key. The accessors take NULL, and answer NULL, 0, false or the value for none.
 */
typedef struct keycask_key keycask_key;

/**
 * A list of keys, of which keycask_keys_next returns one after the other. Owned by the caller, to be
 * released by keycask_keys_free. Keys that are made or changed meanwhile may be told or not.
 */
typedef struct keycask_keys keycask_keys;

/**
 * What an upgrade did. Owned by the caller, to be released by keycask_migration_free.
 */
typedef struct keycask_migration keycask_migration;

/**
 * Something that people should hear about a key. It never holds a secret. Owned by the caller, to be
 * released by keycask_notice_free; its texts are borrowed from it. The accessors take NULL, and answer
 * NULL, 0 or KEYCASK_TIME_NONE.
 */
typedef struct keycask_notice keycask_notice;

/**
 * A list of notices. Owned by the caller, to be released by keycask_notices_free.
 */
typedef struct keycask_notices keycask_notices;

/**
 * The policy of a vault. Owned by the caller, to be released by keycask_policy_free. The accessors take
 * NULL, and answer NULL, 0 or the value for none.
 */
typedef struct keycask_policy keycask_policy;

/**
 * What a check found. Owned by the caller, to be released by keycask_report_free; its texts are borrowed
 * from it.
 */
typedef struct keycask_report keycask_report;

/**
 * What a restore did, and what was lost by it. Owned by the caller, to be released by
 * keycask_restore_report_free; its texts are borrowed from it.
 */
typedef struct keycask_restore_report keycask_restore_report;

/**
 * Figures of a vault at a point in time. Owned by the caller, to be released by keycask_stats_free. The
 * accessors answer 0 for NULL and for a number that is none.
 */
typedef struct keycask_stats keycask_stats;

/**
 * A text that was made for the caller, to be released by keycask_text_free.
 */
typedef struct keycask_text keycask_text;

/**
 * Several texts, to be released by keycask_texts_free.
 */
typedef struct keycask_texts keycask_texts;

/**
 * A list of keys that nobody uses. Owned by the caller, to be released by keycask_unused_free.
 */
typedef struct keycask_unused keycask_unused;

/**
 * A key that nobody uses, and how often it was used before. Owned by the caller, to be released by
 * keycask_unused_key_free.
 */
typedef struct keycask_unused_key keycask_unused_key;

/**
 * An event of the log of uses: one verify, or several that were counted together. Owned by the caller, to
 * be released by keycask_use_free; its texts are borrowed from it. The accessors take NULL, and answer
 * NULL, 0 or the value for none.
 */
typedef struct keycask_use keycask_use;

/**
 * A list of uses. Owned by the caller, to be released by keycask_uses_free.
 */
typedef struct keycask_uses keycask_uses;

/**
 * A vault: the API keys of one API, in one SQLite file that the processes of a machine share.
 *
 * It may be used from any number of threads at once, but for keycask_vault_free. It holds no connection
 * until it is used. What a vault made (keys, verdicts, lists) may outlive it; a list whose vault was
 * closed fails with KEYCASK_CLOSED once it has told what it had read.
 */
typedef struct keycask_vault keycask_vault;

/**
 * What verify found. Owned by the caller, to be released by keycask_verdict_free.
 */
typedef struct keycask_verdict keycask_verdict;

/**
 * What a call that can fail returns. KEYCASK_OK is the only value that means success, and for
 * keycask_vault_verify the only one that means that the key was accepted.
 *
 * 1 and 2 are answers. 10 to 19 the caller can mend, 20 to 29 lie with the machine, the file or its place,
 * and 90 to 99 are defects of keycask. Later versions may add numbers: treat one that you don't know as a
 * failure.
 */
typedef int32_t keycask_status;

/**
 * Who makes a change, as the audit log will name them, from where, and as of when. There is no default:
 * every change names its actor. Begin with KEYCASK_ACTOR_INIT and set `name`.
 */
typedef struct {
    /**
     * sizeof(keycask_actor), as KEYCASK_ACTOR_INIT sets it.
     */
    size_t struct_size;
    /**
     * The name, at most 256 bytes without control characters.
     */
    const char *name;
    /**
     * The address that the change was asked from, such as `192.0.2.7`; NULL where unknown.
     */
    const char *client_ip;
    /**
     * The id of the request that asks for the change, for the audit log: at most 128 bytes. NULL for none.
     */
    const char *request_id;
    /**
     * As of when the change is made, in milliseconds since 1970 UTC: for tests and replays. 0 for now, by
     * the vault's clock. Calls that know no other time refuse one.
     */
    int64_t now_ms;
} keycask_actor;

/**
 * Bytes of the caller's.
 */
typedef struct {
    /**
     * The first of them.
     */
    const uint8_t *data;
    /**
     * How many there are.
     */
    size_t len;
} keycask_bytes;

/**
 * How to create or open a vault. Begin with KEYCASK_OPTIONS_INIT; what stays 0 or NULL is the default.
 */
typedef struct {
    /**
     * sizeof(keycask_options), as KEYCASK_OPTIONS_INIT sets it.
     */
    size_t struct_size;
    /**
     * How long a change waits for other writers before it fails as KEYCASK_BUSY, in milliseconds: 5,000
     * where it is 0, an hour at most.
     */
    int64_t busy_timeout_ms;
    /**
     * The mode of a new file, whatever the umask: 0600 where it is 0.
     */
    uint32_t mode;
    /**
     * Not 0 where `group` counts.
     */
    int32_t has_group;
    /**
     * The group of a new file, by number.
     */
    uint32_t group;
    /**
     * Who creates, restores or migrates the vault; the actor is `keycask` where it is NULL.
     */
    const keycask_actor *actor;
    /**
     * The pepper of the vault, of 32 to 4,096 bytes, if it has one; while a pepper is rotated, both.
     */
    const keycask_bytes *peppers;
    /**
     * How many peppers there are.
     */
    size_t peppers_len;
} keycask_options;

/**
 * What the caller of verify demands, and what it knows of the client. Begin with KEYCASK_REQUEST_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_request), as KEYCASK_REQUEST_INIT sets it.
     */
    size_t struct_size;
    /**
     * The scopes that the key must have, all of them.
     */
    const char *const *scopes;
    /**
     * How many scopes there are.
     */
    size_t scopes_len;
    /**
     * The prefix that the key must have, so that a test key never enters production; NULL for any.
     */
    const char *prefix;
    /**
     * The client's address, for the uses log, such as `192.0.2.7`; NULL where unknown.
     */
    const char *client_ip;
    /**
     * The id of the client's request, for the uses log, at most 128 bytes; NULL for none.
     */
    const char *request_id;
    /**
     * As of when to judge, in milliseconds since 1970 UTC: for tests. 0 for now, by the vault's clock.
     */
    int64_t now_ms;
    /**
     * Not 0 for a look at a key that is no use of it: nothing is recorded.
     */
    int32_t no_event;
} keycask_request;

/**
 * A request for a new key. Begin with KEYCASK_NEW_KEY_INIT and set `prefix`; what stays 0 or NULL isn't
 * given.
 */
typedef struct {
    /**
     * sizeof(keycask_new_key), as KEYCASK_NEW_KEY_INIT sets it.
     */
    size_t struct_size;
    /**
     * What its secret begins with, such as `acme_live`: `[a-z][a-z0-9]*(_[a-z0-9]+)*`, 2 to 24 characters.
     */
    const char *prefix;
    /**
     * The account that it belongs to, in your own words: at most 256 bytes.
     */
    const char *owner;
    /**
     * What its owner calls it: at most 256 bytes.
     */
    const char *name;
    /**
     * Its scopes: at most 64 of at most 64 bytes.
     */
    const char *const *scopes;
    /**
     * How many scopes there are.
     */
    size_t scopes_len;
    /**
     * A JSON object of your own, as text: at most 4 KiB.
     */
    const char *metadata;
    /**
     * Where notices about the key go.
     */
    const char *notify_email;
    /**
     * The first moment at which it is accepted, in milliseconds since 1970 UTC.
     */
    int64_t not_before_ms;
    /**
     * The first moment at which it is no longer accepted, in milliseconds since 1970 UTC.
     */
    int64_t expires_at_ms;
    /**
     * Or how long after its creation that is, in milliseconds.
     */
    int64_t expires_in_ms;
    /**
     * How long after its creation it should be rotated, in milliseconds: whole seconds.
     */
    int64_t rotate_after_ms;
    /**
     * Makes the request idempotent, for this owner: a repeat with the same id gets the same key, without its
     * secret. At most 128 bytes.
     */
    const char *request_id;
    /**
     * How the random part is written: KEYCASK_ENCODING_BASE62, which is 0, or KEYCASK_ENCODING_BASE64URL.
     */
    int32_t encoding;
} keycask_new_key;

/**
 * A request to rotate a key. Begin with KEYCASK_ROTATION_INIT; what stays 0 or NULL isn't given.
 */
typedef struct {
    /**
     * sizeof(keycask_rotation), as KEYCASK_ROTATION_INIT sets it.
     */
    size_t struct_size;
    /**
     * Not 0 where the secret leaked: every living relative of the key is revoked as compromised, and one
     * new key is issued. Where only the old key of a running rotation leaked, finish that rotation
     * instead.
     */
    int32_t emergency;
    /**
     * Not 0 where `grace_ms` counts; else the policy's default does.
     */
    int32_t has_grace;
    /**
     * How long the old key is accepted beside its successor, in milliseconds, but never past its own
     * expiry. It must lie within the policy's bounds, and there is none in an emergency.
     */
    int64_t grace_ms;
    /**
     * An expiry for the new key, in milliseconds since 1970 UTC; else it inherits the old key's.
     */
    int64_t expires_at_ms;
    /**
     * Makes the request idempotent, for this key: a repeat with the same id gets the same successor,
     * without its secret. At most 128 bytes.
     */
    const char *request_id;
} keycask_rotation;

/**
 * Why a key is revoked. Begin with KEYCASK_REVOCATION_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_revocation), as KEYCASK_REVOCATION_INIT sets it.
     */
    size_t struct_size;
    /**
     * A note for the audit log, at most 1 KiB without control characters; NULL for none.
     */
    const char *note;
    /**
     * A KEYCASK_REVOCATION_ number; KEYCASK_REVOCATION_UNSPECIFIED is 0.
     */
    int32_t reason;
} keycask_revocation;

/**
 * Which fields of a key to change. Begin with KEYCASK_KEY_UPDATE_INIT; name the fields in `fields` and set
 * them. A field that is named and left NULL or 0 is cleared; one that isn't named stays as it is.
 */
typedef struct {
    /**
     * sizeof(keycask_key_update), as KEYCASK_KEY_UPDATE_INIT sets it.
     */
    size_t struct_size;
    /**
     * KEYCASK_UPDATE_ numbers, joined by `|`.
     */
    uint32_t fields;
    /**
     * A prefix for an imported key that has none, so that it can be rotated. A prefix never changes.
     */
    const char *prefix;
    /**
     * What its owner calls it.
     */
    const char *name;
    /**
     * Its scopes.
     */
    const char *const *scopes;
    /**
     * How many scopes there are.
     */
    size_t scopes_len;
    /**
     * A JSON object of your own, as text.
     */
    const char *metadata;
    /**
     * Where notices about the key go.
     */
    const char *notify_email;
    /**
     * The first moment at which it is accepted, in milliseconds since 1970 UTC.
     */
    int64_t not_before_ms;
    /**
     * Its expiry, in milliseconds since 1970 UTC. A running grace window is cut to it, and never extended
     * by it.
     */
    int64_t expires_at_ms;
    /**
     * How long after its creation it should be rotated, in milliseconds: whole seconds.
     */
    int64_t rotate_after_ms;
} keycask_key_update;

/**
 * Which keys to list: all of them, in any state, where nothing is said. Begin with KEYCASK_KEY_FILTER_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_key_filter), as KEYCASK_KEY_FILTER_INIT sets it.
     */
    size_t struct_size;
    /**
     * Only this owner's; NULL for all.
     */
    const char *owner;
    /**
     * Only with this prefix; NULL for all.
     */
    const char *prefix;
    /**
     * Only with this name; NULL for all.
     */
    const char *name;
    /**
     * Only keys whose scopes cover this one; NULL for all.
     */
    const char *scope;
    /**
     * Only what was created after the key with this id: the cursor of a page; NULL for all.
     */
    const char *after;
    /**
     * At most so many; 0 for all.
     */
    size_t limit;
    /**
     * States as of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
     */
    int64_t now_ms;
    /**
     * Only in these states: `1 << KEYCASK_STATE_...`, joined by `|`; 0 for all.
     */
    uint32_t states;
} keycask_key_filter;

/**
 * Which changes to list: all of them, oldest first, where nothing is said. Begin with
 * KEYCASK_CHANGE_FILTER_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_change_filter), as KEYCASK_CHANGE_FILTER_INIT sets it.
     */
    size_t struct_size;
    /**
     * Only of the key with this id; NULL for all.
     */
    const char *key_id;
    /**
     * Only by this actor; NULL for all.
     */
    const char *actor;
    /**
     * Only at this time or later, in milliseconds since 1970 UTC; 0 for all.
     */
    int64_t since_ms;
    /**
     * Only before this time, in milliseconds since 1970 UTC; 0 for all.
     */
    int64_t until_ms;
    /**
     * Only what follows this sequence number in the order asked for: the cursor of a page; 0 for all.
     */
    uint64_t after;
    /**
     * At most so many; 0 for all.
     */
    size_t limit;
    /**
     * Only of this kind, a KEYCASK_CHANGE_ number; 0 for all.
     */
    int32_t kind;
    /**
     * Not 0 for the newest first.
     */
    int32_t newest_first;
} keycask_change_filter;

/**
 * Which uses to list: all of them, oldest first, where nothing is said. Begin with KEYCASK_USE_FILTER_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_use_filter), as KEYCASK_USE_FILTER_INIT sets it.
     */
    size_t struct_size;
    /**
     * Only of the key with this id; NULL for all.
     */
    const char *key_id;
    /**
     * Only at this time or later, in milliseconds since 1970 UTC; 0 for all.
     */
    int64_t since_ms;
    /**
     * Only before this time, in milliseconds since 1970 UTC; 0 for all.
     */
    int64_t until_ms;
    /**
     * Only what follows this sequence number in the order asked for: the cursor of a page; 0 for all.
     */
    uint64_t after;
    /**
     * At most so many; 0 for all.
     */
    size_t limit;
    /**
     * Not 0 where `outcome` counts.
     */
    int32_t has_outcome;
    /**
     * Only with this outcome, a KEYCASK_OUTCOME_ number.
     */
    int32_t outcome;
    /**
     * Not 0 for the newest first.
     */
    int32_t newest_first;
} keycask_use_filter;

/**
 * Which notices to list: the unacknowledged ones, oldest first, where nothing is said. Begin with
 * KEYCASK_NOTICE_FILTER_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_notice_filter), as KEYCASK_NOTICE_FILTER_INIT sets it.
     */
    size_t struct_size;
    /**
     * Only what was written after the notice with this id: the cursor of a page; NULL for all.
     */
    const char *after;
    /**
     * At most so many; 0 for all.
     */
    size_t limit;
    /**
     * As of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
     */
    int64_t now_ms;
    /**
     * Only of this kind, a KEYCASK_NOTICE_ number; 0 for all.
     */
    int32_t kind;
    /**
     * Not 0 for the acknowledged ones too, and those that no longer hold.
     */
    int32_t all;
    /**
     * Not 0 for those only that were given up.
     */
    int32_t dead;
} keycask_notice_filter;

/**
 * Which notices a sender wants, and for how long they are its own. Begin with KEYCASK_NOTICE_CLAIM_INIT
 * and set `lease_ms`.
 */
typedef struct {
    /**
     * sizeof(keycask_notice_claim), as KEYCASK_NOTICE_CLAIM_INIT sets it.
     */
    size_t struct_size;
    /**
     * For how long no other sender may claim them, in milliseconds: as long as a delivery may take.
     */
    int64_t lease_ms;
    /**
     * Only what was written after the notice with this id: the next step of a round; NULL for all.
     */
    const char *after;
    /**
     * At most so many; one where it is 0.
     */
    size_t limit;
    /**
     * As of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
     */
    int64_t now_ms;
    /**
     * Not 0 for those only whose key has a `notify_email`.
     */
    int32_t addressed;
} keycask_notice_claim;

/**
 * How often a sender tries, and how long it waits after a failure. Begin with KEYCASK_RETRIES_INIT; what
 * stays 0 is the default.
 */
typedef struct {
    /**
     * sizeof(keycask_retries), as KEYCASK_RETRIES_INIT sets it.
     */
    size_t struct_size;
    /**
     * The wait after the first failure, in milliseconds, which doubles with each further one: a minute.
     */
    int64_t first_ms;
    /**
     * The longest wait, in milliseconds: six hours.
     */
    int64_t longest_ms;
    /**
     * How many attempts there are before a notice is given up: 16.
     */
    uint32_t attempts;
} keycask_retries;

/**
 * Which rules to change. Begin with KEYCASK_POLICY_UPDATE_INIT; name the rules in `fields` and set them. A
 * rule that isn't named stays as it is.
 */
typedef struct {
    /**
     * sizeof(keycask_policy_update), as KEYCASK_POLICY_UPDATE_INIT sets it.
     */
    size_t struct_size;
    /**
     * KEYCASK_POLICY_ numbers, joined by `|`.
     */
    uint32_t fields;
    /**
     * The prefixes that create accepts; any where there are none.
     */
    const char *const *prefixes;
    /**
     * How many prefixes there are.
     */
    size_t prefixes_len;
    /**
     * The grace of a planned rotation that names none, in milliseconds.
     */
    int64_t default_grace_ms;
    /**
     * The shortest grace that a planned rotation may name, in milliseconds.
     */
    int64_t min_grace_ms;
    /**
     * The longest grace that a planned rotation may name, in milliseconds: 30 days at most.
     */
    int64_t max_grace_ms;
    /**
     * How long after its creation a key must expire, in milliseconds; KEYCASK_DURATION_NONE for no limit.
     */
    int64_t max_lifetime_ms;
    /**
     * How many living keys an owner may have; -1 for no limit.
     */
    int64_t max_living_keys;
    /**
     * A KEYCASK_USE_MODE_ number.
     */
    int32_t use_mode;
    /**
     * A KEYCASK_ACKNOWLEDGEMENT_ number.
     */
    int32_t use_acknowledgement;
    /**
     * How long uses are kept, in milliseconds.
     */
    int64_t retain_uses_ms;
    /**
     * How many bytes of uses are kept.
     */
    uint64_t retain_uses_bytes;
    /**
     * How long before an expiry or a due rotation its notice is made, in milliseconds.
     */
    int64_t notice_ahead_ms;
} keycask_policy_update;

/**
 * How to import, where a row doesn't say otherwise. Begin with KEYCASK_IMPORT_OPTIONS_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_import_options), as KEYCASK_IMPORT_OPTIONS_INIT sets it.
     */
    size_t struct_size;
    /**
     * The scheme of rows that name none, such as `sha256`; NULL for SHA-256 of the whole key.
     */
    const char *scheme;
    /**
     * Or the package whose digests they are, such as `unkey`; NULL for none.
     */
    const char *recipe;
    /**
     * The owner of rows that name none; NULL for none.
     */
    const char *owner;
    /**
     * The prefix of rows that name none; NULL for none.
     */
    const char *prefix;
    /**
     * A KEYCASK_IMPORT_FORMAT_ number; 0 to recognise it.
     */
    int32_t format;
    /**
     * Not 0 to import nothing where any line is refused.
     */
    int32_t all_or_nothing;
    /**
     * Not 0 to report what an import would do, and change nothing.
     */
    int32_t dry_run;
} keycask_import_options;

/**
 * How to restore. Begin with KEYCASK_RESTORE_INIT.
 */
typedef struct {
    /**
     * sizeof(keycask_restore), as KEYCASK_RESTORE_INIT sets it.
     */
    size_t struct_size;
    /**
     * Checkpoints newer than the backup, as keycask_vault_checkpoint made them: by them the changes that
     * are lost are counted, also where the old file is gone. NULL for none.
     */
    const char *checkpoints;
    /**
     * Not 0 to revoke again what the vault that is replaced had revoked and the backup hasn't.
     */
    int32_t reapply_revocations;
    /**
     * Not 0 to allow a backup of another vault.
     */
    int32_t another_vault;
} keycask_restore;

/**
 * What is told of what happens: a KEYCASK_LOG_ level, a target that begins with `keycask::`, and a line of
 * text, borrowed for the call. It tells kinds, ids and paths, and never a secret, an owner, an actor or a
 * note.
 *
 * It is called from any thread, from several at once, and with a lock of keycask's held that a fork waits
 * for. So it must not fork, nor wait for a thread that does, nor call keycask, nor leave by longjmp or an
 * exception.
 */
typedef void (*keycask_log_callback)(int32_t level, const char *target, const char *message, void *user_data);

/**
 * It was done; of verify: the key is accepted.
 */
#define KEYCASK_OK 0

/**
 * Verify refused the key; the verdict says why.
 */
#define KEYCASK_REFUSED 1

/**
 * There is nothing, or nothing more: the end of a list.
 */
#define KEYCASK_END 2

/**
 * An argument breaks a limit or a form; the message names it.
 */
#define KEYCASK_INVALID_ARGUMENT 10

/**
 * No key, or no notice, has this id.
 */
#define KEYCASK_NOT_FOUND 11

/**
 * The state of the key or the vault doesn't allow the change.
 */
#define KEYCASK_CONFLICT 12

/**
 * The vault was closed.
 */
#define KEYCASK_CLOSED 13

/**
 * Something else in this process opened the vault's file, so that SQLite's locks no longer hold.
 */
#define KEYCASK_FOREIGN_ACCESS 14

/**
 * There is no vault at the path.
 */
#define KEYCASK_VAULT_MISSING 20

/**
 * What the path leads to isn't a vault: a folder, no SQLite file, or another application's.
 */
#define KEYCASK_NOT_A_VAULT 21

/**
 * The vault needs a newer library.
 */
#define KEYCASK_UNSUPPORTED_VERSION 22

/**
 * The vault or its folder can't be written or read by this process.
 */
#define KEYCASK_READ_ONLY 23

/**
 * A place where a write-ahead log can't work: a network file system, or a mounted file.
 */
#define KEYCASK_UNSUPPORTED_LOCATION 24

/**
 * Another writer held the file for longer than the busy timeout. Try again.
 */
#define KEYCASK_BUSY 25

/**
 * The disk is full.
 */
#define KEYCASK_VAULT_FULL 26

/**
 * The content of the file contradicts itself.
 */
#define KEYCASK_DAMAGED 27

/**
 * The operating system failed to read or write.
 */
#define KEYCASK_IO 28

/**
 * The vault's pepper is missing or wrong.
 */
#define KEYCASK_PEPPER 29

/**
 * A defect of keycask.
 */
#define KEYCASK_INTERNAL 90

/**
 * A defect of keycask that ended a call in its middle. Nothing was answered; what was being changed is
 * undone.
 */
#define KEYCASK_PANIC 91

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The stable name of a status, such as `ok`, `refused`, `vault_missing`; `?` for a number that is none.
 * Never NULL, and never to be released.
 */
const char *keycask_status_name(keycask_status status);

/**
 * The status that the failed call returned; KEYCASK_OK for NULL.
 */
keycask_status keycask_error_status(const keycask_error *error);

/**
 * What was tried, why it failed and, where that is known, what to do: one line of English without a full
 * stop. Borrowed from the error; NULL for NULL.
 */
const char *keycask_error_message(const keycask_error *error);

/**
 * Releases an error; nothing for NULL.
 */
void keycask_error_free(keycask_error *error);

/**
 * The text, NUL-terminated UTF-8. Borrowed from the object; NULL for NULL.
 */
const char *keycask_text_get(const keycask_text *text);

/**
 * The text's length in bytes, its NUL not counted; 0 for NULL.
 */
size_t keycask_text_len(const keycask_text *text);

/**
 * Releases a text; nothing for NULL.
 */
void keycask_text_free(keycask_text *text);

/**
 * How many texts there are; 0 for NULL.
 */
size_t keycask_texts_len(const keycask_texts *texts);

/**
 * The text at `index`, from 0 on. Borrowed; NULL for NULL and where there is none.
 */
const char *keycask_texts_get(const keycask_texts *texts, size_t index);

/**
 * Releases texts; nothing for NULL.
 */
void keycask_texts_free(keycask_texts *texts);

/**
 * The word of a KEYCASK_OUTCOME_ number, such as `valid` or `rotated_out`; `?` for a number that is none.
 * Never NULL, and never to be released, as with the other names.
 */
const char *keycask_outcome_name(int32_t outcome);

/**
 * The word of a KEYCASK_STATE_ number, such as `active`.
 */
const char *keycask_state_name(int32_t state);

/**
 * The word of a KEYCASK_REVOCATION_ number, such as `compromised`.
 */
const char *keycask_revocation_name(int32_t reason);

/**
 * The word of a KEYCASK_CHANGE_ number, such as `key.created`.
 */
const char *keycask_change_kind_name(int32_t kind);

/**
 * The word of a KEYCASK_NOTICE_ number, such as `window_ending`.
 */
const char *keycask_notice_kind_name(int32_t kind);

/**
 * The word of a KEYCASK_DUE_ number, such as `rotation`.
 */
const char *keycask_due_reason_name(int32_t reason);

/**
 * The word of a KEYCASK_USE_MODE_ number, such as `each`.
 */
const char *keycask_use_mode_name(int32_t mode);

/**
 * The word of a KEYCASK_ACKNOWLEDGEMENT_ number, such as `batched`.
 */
const char *keycask_acknowledgement_name(int32_t acknowledgement);

/**
 * The word of a KEYCASK_IMPORT_ outcome, such as `refused`.
 */
const char *keycask_import_outcome_name(int32_t outcome);

/**
 * The word of a KEYCASK_ENCODING_ number: `base62` or `base64url`.
 */
const char *keycask_encoding_name(int32_t encoding);

/**
 * Creates a vault at `path`, which must not exist: atomically, so that whoever looks at the path sees
 * nothing or a whole vault. `options` may be NULL. The vault is the caller's, to be released by
 * keycask_vault_free.
 *
 * Fails with KEYCASK_CONFLICT where something is at the path, KEYCASK_VAULT_MISSING where its folder is
 * missing, KEYCASK_UNSUPPORTED_LOCATION where its file system can't carry a write-ahead log.
 */
keycask_status keycask_vault_create(const char *path,
                                    const keycask_options *options,
                                    keycask_vault **vault_out,
                                    keycask_error **error_out);

/**
 * Opens the vault at `path`, looks at it whole and changes nothing; a missing file is a failure, never a
 * new vault. `options` may be NULL. The vault is the caller's, to be released by keycask_vault_free.
 *
 * Fails with KEYCASK_VAULT_MISSING, KEYCASK_NOT_A_VAULT, KEYCASK_UNSUPPORTED_VERSION, KEYCASK_READ_ONLY,
 * KEYCASK_UNSUPPORTED_LOCATION, KEYCASK_DAMAGED or KEYCASK_PEPPER: each message says what was found and
 * what to do.
 */
keycask_status keycask_vault_open(const char *path,
                                  const keycask_options *options,
                                  keycask_vault **vault_out,
                                  keycask_error **error_out);

/**
 * Creates a vault in memory, for tests: it belongs to this handle alone and ends with it. A child of a
 * fork gets a copy of its own. `options` may be NULL.
 */
keycask_status keycask_vault_create_in_memory(const keycask_options *options,
                                              keycask_vault **vault_out,
                                              keycask_error **error_out);

/**
 * Closes a vault: calls in flight on other threads finish, later ones fail with KEYCASK_CLOSED,
 * a list at its next page. To close it again changes nothing. It must be released all the same.
 */
keycask_status keycask_vault_close(keycask_vault * vault, keycask_error **error_out);

/**
 * Closes a vault and releases it; nothing for NULL. No other thread may be using it, or use it afterwards:
 * to stop threads that do, call keycask_vault_close first and wait for them.
 */
void keycask_vault_free(keycask_vault *vault);

/**
 * The vault's id, such as `vault_01kb8rdhz6f5sbtcbgh1rstvwx`; a backup keeps it. Borrowed; NULL for NULL.
 */
const char *keycask_vault_id(keycask_vault * vault);

/**
 * The file, with symbolic links resolved, in the file system's own bytes. Borrowed; NULL for NULL.
 */
const char *keycask_vault_path(keycask_vault * vault);

/**
 * When the vault was created, in milliseconds since 1970 UTC; KEYCASK_TIME_NONE for NULL.
 */
int64_t keycask_vault_created_at_ms(keycask_vault * vault);

/**
 * The time that the vault judges by, in milliseconds since 1970 UTC: the wall clock, with a small step back
 * absorbed. KEYCASK_TIME_NONE for NULL.
 */
int64_t keycask_vault_now_ms(keycask_vault * vault);

/**
 * The prefixes of the keys that were ever issued and those that the policy names, sorted: what a secret
 * scanner must know.
 */
keycask_status keycask_vault_prefixes(keycask_vault * vault,
                                      keycask_texts **prefixes_out,
                                      keycask_error **error_out);

/**
 * Returns when every use that was acknowledged so far is durable.
 */
keycask_status keycask_vault_flush(keycask_vault * vault, keycask_error **error_out);

/**
 * Judges a presented secret: KEYCASK_OK where it is accepted, KEYCASK_REFUSED where it is not, and
 * anything else where the vault could not say. Then let no one in, and answer 503 rather than 401.
 *
 * `presented` are `presented_len` bytes as the client sent them, without NUL; what isn't a secret at all,
 * however long, is refused as malformed. `request` may be NULL: it demands nothing then. The verdict is
 * set for KEYCASK_OK and KEYCASK_REFUSED, and the caller's; `verdict_out` may be NULL where the status is
 * enough.
 */
keycask_status keycask_vault_verify(keycask_vault * vault,
                                    const char *presented,
                                    size_t presented_len,
                                    const keycask_request *request,
                                    keycask_verdict **verdict_out,
                                    keycask_error **error_out);

/**
 * The key that a secret belongs to, whatever its state: KEYCASK_OK with the key, which is the caller's, or
 * KEYCASK_END with NULL where the secret is malformed or no key's. It is no use of the key, and no answer to
 * whether it may be served.
 */
keycask_status keycask_vault_identify(keycask_vault * vault,
                                      const char *presented,
                                      size_t presented_len,
                                      keycask_key **key_out,
                                      keycask_error **error_out);

/**
 * What verify found: KEYCASK_OUTCOME_VALID, which is 0, or why it refused. -1 for NULL. Tell the client
 * one thing only: invalid; the reason and the key's id are for your logs.
 */
int32_t keycask_verdict_reason(const keycask_verdict *verdict);

/**
 * The id of the key that the secret belongs to, refused or not; NULL where it is no key's. Borrowed.
 */
const char *keycask_verdict_key_id(const keycask_verdict *verdict);

/**
 * The key to serve, borrowed from the verdict; NULL where it was refused.
 */
const keycask_key *keycask_verdict_key(const keycask_verdict *verdict);

/**
 * Until when an accepted key that has a successor is accepted beside it, in milliseconds since 1970 UTC;
 * KEYCASK_TIME_NONE where it has none or was refused.
 */
int64_t keycask_verdict_grace_until_ms(const keycask_verdict *verdict);

/**
 * The id of an accepted key's successor, to which its client should move; NULL where it has none or was
 * refused. Borrowed.
 */
const char *keycask_verdict_successor(const keycask_verdict *verdict);

/**
 * The first demanded scope that the key lacks, where that is the reason; else NULL. Borrowed.
 */
const char *keycask_verdict_missing_scope(const keycask_verdict *verdict);

/**
 * The HTTP status to answer with: 200, 401, 403 or 429; 503 for NULL, which is no answer of the vault's.
 */
int32_t keycask_verdict_http_status(const keycask_verdict *verdict);

/**
 * Releases a verdict and the key in it; nothing for NULL.
 */
void keycask_verdict_free(keycask_verdict *verdict);

/**
 * The public id, such as `key_01kb8rdhz6f5sbtcbgh1rstvwx`.
 */
const char *keycask_key_id(const keycask_key *key);

/**
 * The prefix of the secret; empty for an imported key that has none.
 */
const char *keycask_key_prefix(const keycask_key *key);

/**
 * The prefix and the first eight random characters, by which people tell keys apart.
 */
const char *keycask_key_start(const keycask_key *key);

/**
 * How the random part of the secret is written: KEYCASK_ENCODING_BASE62 or KEYCASK_ENCODING_BASE64URL.
 */
int32_t keycask_key_encoding(const keycask_key *key);

/**
 * The account that the key belongs to, in your own words; empty where none was given.
 */
const char *keycask_key_owner(const keycask_key *key);

/**
 * What its owner calls it; NULL for none.
 */
const char *keycask_key_name(const keycask_key *key);

/**
 * How many scopes it has.
 */
size_t keycask_key_scopes_len(const keycask_key *key);

/**
 * The scope at `index`, from 0 on, in sorted order; NULL where there is none.
 */
const char *keycask_key_scope(const keycask_key *key, size_t index);

/**
 * Whether the scopes cover `wanted`: `a:*` covers `a:b`. False for NULL and for what isn't UTF-8.
 */
bool keycask_key_has_scope(const keycask_key *key, const char *wanted);

/**
 * A JSON object of your own, as text; NULL for none.
 */
const char *keycask_key_metadata(const keycask_key *key);

/**
 * Where notices about this key go; NULL for none.
 */
const char *keycask_key_notify_email(const keycask_key *key);

/**
 * When it was issued, in milliseconds since 1970 UTC.
 */
int64_t keycask_key_created_at_ms(const keycask_key *key);

/**
 * The actor who issued it.
 */
const char *keycask_key_created_by(const keycask_key *key);

/**
 * The first moment at which it is accepted; KEYCASK_TIME_NONE for none.
 */
int64_t keycask_key_not_before_ms(const keycask_key *key);

/**
 * The first moment at which it is no longer accepted; KEYCASK_TIME_NONE for none.
 */
int64_t keycask_key_expires_at_ms(const keycask_key *key);

/**
 * How long after its creation it should be rotated, in milliseconds; KEYCASK_DURATION_NONE for none.
 */
int64_t keycask_key_rotate_after_ms(const keycask_key *key);

/**
 * Whether somebody disabled it.
 */
bool keycask_key_disabled(const keycask_key *key);

/**
 * When it was revoked; KEYCASK_TIME_NONE where it isn't.
 */
int64_t keycask_key_revoked_at_ms(const keycask_key *key);

/**
 * The actor who revoked it; NULL where it isn't revoked.
 */
const char *keycask_key_revoked_by(const keycask_key *key);

/**
 * Why it was revoked: a KEYCASK_REVOCATION_ number; KEYCASK_REVOCATION_NONE where it isn't revoked.
 */
int32_t keycask_key_revoked_reason(const keycask_key *key);

/**
 * What the actor who revoked it wrote down; NULL for nothing.
 */
const char *keycask_key_revoked_note(const keycask_key *key);

/**
 * The id of the first key of the chain of rotations that it belongs to: its own where it is the first.
 */
const char *keycask_key_lineage(const keycask_key *key);

/**
 * The id of the key that it took over from; NULL for none.
 */
const char *keycask_key_replaces(const keycask_key *key);

/**
 * The id of the key that took over from it; NULL for none.
 */
const char *keycask_key_replaced_by(const keycask_key *key);

/**
 * The first moment at which it is no longer accepted beside its successor; KEYCASK_TIME_NONE without one.
 */
int64_t keycask_key_grace_until_ms(const keycask_key *key);

/**
 * Its state at `now_ms`, a KEYCASK_STATE_ number; keycask_vault_now_ms has the vault's time. 0 for NULL
 * and for a time that is none.
 */
int32_t keycask_key_state(const keycask_key *key, int64_t now_ms);

/**
 * A number that two keys have in common where, as long as both live, they are one reading of the vault's
 * record: what was made of one serves for the other. Verdicts on a key that did not change mostly share one.
 * 0 for NULL.
 */
uint64_t keycask_key_reading(const keycask_key *key);

/**
 * Releases a key that the caller owns; nothing for NULL.
 */
void keycask_key_free(keycask_key *key);

/**
 * Issues a key. Its secret is in `issued_out` and nowhere else; the object is the caller's.
 *
 * Fails with KEYCASK_INVALID_ARGUMENT for a field over its limit or against the policy, KEYCASK_CONFLICT
 * where the owner has as many living keys as the policy allows, or the request id was used for another
 * request.
 */
keycask_status keycask_vault_create_key(keycask_vault * vault,
                                        const keycask_new_key *key,
                                        const keycask_actor *actor,
                                        keycask_issued **issued_out,
                                        keycask_error **error_out);

/**
 * Issues many keys, at most 100,000, in one transaction: all of them or none.
 *
 * `keys` are `keys_len` pointers to requests, and `issued_out` has room for as many pointers. Each is set
 * to an object of the caller's, in the order of the requests; to NULL where the call fails.
 */
keycask_status keycask_vault_create_keys(keycask_vault * vault,
                                         const keycask_new_key *const *keys,
                                         size_t keys_len,
                                         const keycask_actor *actor,
                                         keycask_issued **issued_out,
                                         keycask_error **error_out);

/**
 * The record of an issued key, borrowed from it; NULL for NULL.
 */
const keycask_key *keycask_issued_key(const keycask_issued *issued);

/**
 * Whether this answers a request that was answered before: the same key, without its secret.
 */
bool keycask_issued_replayed(const keycask_issued *issued);

/**
 * Bytes that the secret takes with its NUL, at most KEYCASK_SECRET_SIZE; 0 where there is none.
 */
size_t keycask_issued_secret_size(const keycask_issued *issued);

/**
 * Writes the secret and a NUL into a buffer of the caller's. Hand it to the key's owner now, then clear
 * the buffer by keycask_wipe: it exists nowhere else.
 *
 * Fails with KEYCASK_INVALID_ARGUMENT, and writes nothing, where `buffer_size` is less than
 * keycask_issued_secret_size; with KEYCASK_CONFLICT on the answer to a repeated request, which has no
 * secret.
 */
keycask_status keycask_issued_secret(const keycask_issued *issued,
                                     char *buffer,
                                     size_t buffer_size,
                                     keycask_error **error_out);

/**
 * Wipes the secret and releases the object with its key; nothing for NULL.
 */
void keycask_issued_free(keycask_issued *issued);

/**
 * The vendor whose keys begin with a prefix, such as `Stripe` for `sk_live`: scanners would report a leak
 * of yours as theirs. KEYCASK_OK with a text of the caller's, or KEYCASK_END where nobody's do.
 */
keycask_status keycask_prefix_vendor(const char *prefix,
                                     keycask_text **vendor_out,
                                     keycask_error **error_out);

/**
 * Rotates a key: issues its successor, whose secret is in `issued_out`, and lets the old key work beside
 * it until the grace window ends. `rotation` may be NULL: planned, with the policy's grace.
 *
 * Fails with KEYCASK_CONFLICT where the key was rotated already, is disabled (emergencies excepted),
 * revoked, rotated out or expired; KEYCASK_INVALID_ARGUMENT for a grace outside the policy's bounds;
 * KEYCASK_NOT_FOUND.
 */
keycask_status keycask_vault_rotate(keycask_vault * vault,
                                    const char *key_id,
                                    const keycask_rotation *rotation,
                                    const keycask_actor *actor,
                                    keycask_issued **issued_out,
                                    keycask_error **error_out);

/**
 * Ends the grace window of a rotated key now. On a key that is rotated out already it does nothing. The
 * old key as it is then goes to `key_out`, which may be NULL.
 *
 * Fails with KEYCASK_CONFLICT where no rotation of the key runs, or its successor can't be used.
 */
keycask_status keycask_vault_finish_rotation(keycask_vault * vault,
                                             const char *key_id,
                                             const keycask_actor *actor,
                                             keycask_key **key_out,
                                             keycask_error **error_out);

/**
 * Gives the client of a rotated key more time: `grace_ms` counts from the rotation, as it did there. The
 * old key as it is then goes to `key_out`, which may be NULL.
 *
 * Fails with KEYCASK_INVALID_ARGUMENT for a grace over the policy's maximum; KEYCASK_CONFLICT where no
 * rotation of the key runs, the window would not end later than it does, or past the key's own expiry, or
 * where its successor can't be used.
 */
keycask_status keycask_vault_extend_rotation(keycask_vault * vault,
                                             const char *key_id,
                                             int64_t grace_ms,
                                             const keycask_actor *actor,
                                             keycask_key **key_out,
                                             keycask_error **error_out);

/**
 * Undoes a running rotation: the successor is revoked as `rotation_cancelled`, and the old key is whole
 * again. With `force` not 0 also where the successor was used. The old key as it is then goes to
 * `key_out`, which may be NULL.
 *
 * Fails with KEYCASK_CONFLICT where no rotation of the key runs, the successor was itself rotated, or,
 * without `force`, was used or may have been.
 */
keycask_status keycask_vault_cancel_rotation(keycask_vault * vault,
                                             const char *key_id,
                                             int32_t force,
                                             const keycask_actor *actor,
                                             keycask_key **key_out,
                                             keycask_error **error_out);

/**
 * Revokes a key, for ever: the very next verify refuses it, in every process. Its relatives stay as they
 * are. A key that is revoked already keeps its first reason. `revocation` may be NULL: unspecified. The
 * key as it is then goes to `key_out`, which may be NULL.
 */
keycask_status keycask_vault_revoke(keycask_vault * vault,
                                    const char *key_id,
                                    const keycask_revocation *revocation,
                                    const keycask_actor *actor,
                                    keycask_key **key_out,
                                    keycask_error **error_out);

/**
 * Revokes all keys of an owner in one transaction. Those that were not revoked before go to `keys_out`,
 * which may be NULL.
 *
 * Fails with KEYCASK_NOT_FOUND where the owner has no key at all: a misspelt owner must not look like a
 * success.
 */
keycask_status keycask_vault_revoke_owner(keycask_vault * vault,
                                          const char *owner,
                                          const keycask_revocation *revocation,
                                          const keycask_actor *actor,
                                          keycask_keys **keys_out,
                                          keycask_error **error_out);

/**
 * Revokes the key that a secret belongs to: whoever holds a leaked key may kill it. The key as it is then
 * goes to `key_out`, which may be NULL.
 *
 * Fails with KEYCASK_NOT_FOUND where the secret is no key's.
 */
keycask_status keycask_vault_revoke_secret(keycask_vault * vault,
                                           const char *presented,
                                           size_t presented_len,
                                           const keycask_revocation *revocation,
                                           const keycask_actor *actor,
                                           keycask_key **key_out,
                                           keycask_error **error_out);

/**
 * Changes fields of a living key; the very next verify goes by them. The key as it is then goes to
 * `key_out`, which may be NULL.
 *
 * Fails with KEYCASK_INVALID_ARGUMENT for a field over its limit or against the policy; KEYCASK_CONFLICT
 * for a dead key, or a prefix that would change; KEYCASK_NOT_FOUND.
 */
keycask_status keycask_vault_update(keycask_vault * vault,
                                    const char *key_id,
                                    const keycask_key_update *update,
                                    const keycask_actor *actor,
                                    keycask_key **key_out,
                                    keycask_error **error_out);

/**
 * Disables a living key until somebody enables it. A running grace window ticks on. The key as it is then
 * goes to `key_out`, which may be NULL.
 */
keycask_status keycask_vault_disable(keycask_vault * vault,
                                     const char *key_id,
                                     const keycask_actor *actor,
                                     keycask_key **key_out,
                                     keycask_error **error_out);

/**
 * Enables a disabled key. The key as it is then goes to `key_out`, which may be NULL.
 */
keycask_status keycask_vault_enable(keycask_vault * vault,
                                    const char *key_id,
                                    const keycask_actor *actor,
                                    keycask_key **key_out,
                                    keycask_error **error_out);

/**
 * The next key of a list: KEYCASK_OK with a key of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_keys_next(keycask_keys *keys, keycask_key **key_out, keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_keys_free(keycask_keys *keys);

/**
 * The key with this id, which goes to the caller. Fails with KEYCASK_NOT_FOUND where there is none.
 */
keycask_status keycask_vault_key(keycask_vault * vault,
                                 const char *key_id,
                                 keycask_key **key_out,
                                 keycask_error **error_out);

/**
 * The keys that match, in the order of their creation. `filter` may be NULL: all.
 */
keycask_status keycask_vault_keys(keycask_vault * vault,
                                  const keycask_key_filter *filter,
                                  keycask_keys **keys_out,
                                  keycask_error **error_out);

/**
 * All keys of the chain of rotations that a key belongs to, in the order of their creation.
 */
keycask_status keycask_vault_lineage(keycask_vault * vault,
                                     const char *key_id,
                                     keycask_keys **keys_out,
                                     keycask_error **error_out);

/**
 * The living keys whose rotation, expiry or end of a window lies within the next `within_ms` milliseconds
 * or is past, and those whose window runs without a successor that lives. As of `now_ms`; 0 for now.
 */
keycask_status keycask_vault_due(keycask_vault * vault,
                                 int64_t within_ms,
                                 int64_t now_ms,
                                 keycask_dues **dues_out,
                                 keycask_error **error_out);

/**
 * The next of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_dues_next(keycask_dues *dues, keycask_due **due_out, keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_dues_free(keycask_dues *dues);

/**
 * The key, borrowed; NULL for NULL.
 */
const keycask_key *keycask_due_key(const keycask_due *due);

/**
 * Why it is due, a KEYCASK_DUE_ number; 0 for NULL.
 */
int32_t keycask_due_reason(const keycask_due *due);

/**
 * When: the end of the interval, the expiry, the end of the window, in milliseconds since 1970 UTC.
 */
int64_t keycask_due_at_ms(const keycask_due *due);

/**
 * Releases it; nothing for NULL.
 */
void keycask_due_free(keycask_due *due);

/**
 * The living keys without a recorded use since `since_ms`, or none at all; keys that were created later
 * are left out. As of `now_ms`; 0 for now.
 */
keycask_status keycask_vault_unused(keycask_vault * vault,
                                    int64_t since_ms,
                                    int64_t now_ms,
                                    keycask_unused **unused_out,
                                    keycask_error **error_out);

/**
 * The next of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_unused_next(keycask_unused *unused,
                                   keycask_unused_key **key_out,
                                   keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_unused_free(keycask_unused *unused);

/**
 * The key, borrowed; NULL for NULL.
 */
const keycask_key *keycask_unused_key_key(const keycask_unused_key *unused);

/**
 * Valid verifies of it, as far as they were recorded.
 */
uint64_t keycask_unused_key_uses(const keycask_unused_key *unused);

/**
 * When the last of them was; KEYCASK_TIME_NONE where there was none.
 */
int64_t keycask_unused_key_last_used_at_ms(const keycask_unused_key *unused);

/**
 * Releases it; nothing for NULL.
 */
void keycask_unused_key_free(keycask_unused_key *unused);

/**
 * How often a key was used validly, as far as that was recorded, and when last: KEYCASK_TIME_NONE where
 * never. Either of the two may be NULL.
 */
keycask_status keycask_vault_usage(keycask_vault * vault,
                                   const char *key_id,
                                   uint64_t *uses_out,
                                   int64_t *last_used_at_ms_out,
                                   keycask_error **error_out);

/**
 * The events of the log of changes that match. `filter` may be NULL: all.
 */
keycask_status keycask_vault_changes(keycask_vault * vault,
                                     const keycask_change_filter *filter,
                                     keycask_changes **changes_out,
                                     keycask_error **error_out);

/**
 * The next change of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_changes_next(keycask_changes *changes,
                                    keycask_change **change_out,
                                    keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_changes_free(keycask_changes *changes);

/**
 * Its place in the log, from 1 on without holes.
 */
uint64_t keycask_change_seq(const keycask_change *change);

/**
 * When it happened, in milliseconds since 1970 UTC.
 */
int64_t keycask_change_at_ms(const keycask_change *change);

/**
 * What happened, a KEYCASK_CHANGE_ number; keycask_change_kind_name has its word.
 */
int32_t keycask_change_kind(const keycask_change *change);

/**
 * The id of the key that it happened to; NULL for none.
 */
const char *keycask_change_key_id(const keycask_change *change);

/**
 * Who did it; NULL once erased.
 */
const char *keycask_change_actor(const keycask_change *change);

/**
 * The address that it was asked from; NULL for none.
 */
const char *keycask_change_client_ip(const keycask_change *change);

/**
 * The id of the request that asked for it; NULL for none.
 */
const char *keycask_change_request_id(const keycask_change *change);

/**
 * What belongs to its kind, as the text of a JSON object.
 */
const char *keycask_change_detail(const keycask_change *change);

/**
 * Releases a change; nothing for NULL.
 */
void keycask_change_free(keycask_change *change);

/**
 * The events of the log of uses that match; counts that still run stand at the new end. `filter` may be
 * NULL: all.
 */
keycask_status keycask_vault_uses(keycask_vault * vault,
                                  const keycask_use_filter *filter,
                                  keycask_uses **uses_out,
                                  keycask_error **error_out);

/**
 * The next use of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_uses_next(keycask_uses *uses, keycask_use **use_out, keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_uses_free(keycask_uses *uses);

/**
 * Its place in the log, from 1 on without holes; 0 while its count is still open.
 */
uint64_t keycask_use_seq(const keycask_use *event);

/**
 * When verify judged, in milliseconds since 1970 UTC; of several, the first time.
 */
int64_t keycask_use_at_ms(const keycask_use *event);

/**
 * When verify judged the last of them.
 */
int64_t keycask_use_last_at_ms(const keycask_use *event);

/**
 * How many verifies this stands for.
 */
uint64_t keycask_use_count(const keycask_use *event);

/**
 * What verify found, a KEYCASK_OUTCOME_ number; -1 for NULL.
 */
int32_t keycask_use_outcome(const keycask_use *event);

/**
 * The id of the key that was presented; NULL for none.
 */
const char *keycask_use_key_id(const keycask_use *event);

/**
 * The client's address; NULL where unknown.
 */
const char *keycask_use_client_ip(const keycask_use *event);

/**
 * The id of the client's request; NULL for none.
 */
const char *keycask_use_request_id(const keycask_use *event);

/**
 * Releases a use; nothing for NULL.
 */
void keycask_use_free(keycask_use *event);

/**
 * The notices that match, oldest first; what time alone brings is written down first, once each. `filter`
 * may be NULL: the unacknowledged ones.
 */
keycask_status keycask_vault_notices(keycask_vault * vault,
                                     const keycask_notice_filter *filter,
                                     keycask_notices **notices_out,
                                     keycask_error **error_out);

/**
 * Claims notices that are to be delivered now, oldest first: no other sender gets them until the lease is
 * over. After each delivery call keycask_vault_ack, or keycask_vault_notice_failed.
 */
keycask_status keycask_vault_claim_notices(keycask_vault * vault,
                                           const keycask_notice_claim *claim,
                                           keycask_notices **notices_out,
                                           keycask_error **error_out);

/**
 * Acknowledges a notice: it was delivered, or somebody has seen to it. To do so twice changes nothing. As of
 * `now_ms`; 0 for now. The notice as it is then goes to `notice_out`, which may be NULL.
 */
keycask_status keycask_vault_ack(keycask_vault * vault,
                                 const char *notice_id,
                                 int64_t now_ms,
                                 keycask_notice **notice_out,
                                 keycask_error **error_out);

/**
 * Reports that a claimed notice could not be delivered: it may be claimed again after a wait that grows
 * with each failure, or is given up after too many. `retries` may be NULL. As of `now_ms`; 0 for now. The
 * notice as it is then goes to `notice_out`, which may be NULL.
 */
keycask_status keycask_vault_notice_failed(keycask_vault * vault,
                                           const char *notice_id,
                                           const keycask_retries *retries,
                                           int64_t now_ms,
                                           keycask_notice **notice_out,
                                           keycask_error **error_out);

/**
 * Lets a notice that was given up, or that waits, be claimed at once. The notice as it is then goes to
 * `notice_out`, which may be NULL. Fails with KEYCASK_CONFLICT where it was acknowledged.
 */
keycask_status keycask_vault_retry_notice(keycask_vault * vault,
                                          const char *notice_id,
                                          keycask_notice **notice_out,
                                          keycask_error **error_out);

/**
 * The next notice of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
 */
keycask_status keycask_notices_next(keycask_notices *notices,
                                    keycask_notice **notice_out,
                                    keycask_error **error_out);

/**
 * Releases a list, at its end or before; nothing for NULL.
 */
void keycask_notices_free(keycask_notices *notices);

/**
 * Its id, such as `notice_01kb8rdhz6f5sbtcbgh1rstvwx`. A notice that is sent twice has the same one.
 */
const char *keycask_notice_id(const keycask_notice *notice);

/**
 * What it tells, a KEYCASK_NOTICE_ number.
 */
int32_t keycask_notice_kind(const keycask_notice *notice);

/**
 * When it was written, in milliseconds since 1970 UTC.
 */
int64_t keycask_notice_at_ms(const keycask_notice *notice);

/**
 * The moment that it speaks of: when the key was rotated, revoked or reported; or when its window ends, it
 * expires, or its rotation is due.
 */
int64_t keycask_notice_about_ms(const keycask_notice *notice);

/**
 * The id of the key that it is about.
 */
const char *keycask_notice_key_id(const keycask_notice *notice);

/**
 * The start of the key's secret, by which people tell keys apart.
 */
const char *keycask_notice_start(const keycask_notice *notice);

/**
 * The key's name; NULL for none.
 */
const char *keycask_notice_name(const keycask_notice *notice);

/**
 * The account that the key belongs to; empty where none was given.
 */
const char *keycask_notice_owner(const keycask_notice *notice);

/**
 * Where notices about the key go; NULL for none.
 */
const char *keycask_notice_notify_email(const keycask_notice *notice);

/**
 * What belongs to its kind, as the text of a JSON object.
 */
const char *keycask_notice_detail(const keycask_notice *notice);

/**
 * When it was acknowledged; KEYCASK_TIME_NONE where it wasn't.
 */
int64_t keycask_notice_acked_at_ms(const keycask_notice *notice);

/**
 * How many deliveries failed.
 */
uint32_t keycask_notice_attempts(const keycask_notice *notice);

/**
 * The first moment at which a sender may claim it again; KEYCASK_TIME_NONE where it is free to be claimed.
 */
int64_t keycask_notice_next_attempt_at_ms(const keycask_notice *notice);

/**
 * When it was given up after too many failures; KEYCASK_TIME_NONE where it wasn't.
 */
int64_t keycask_notice_dead_at_ms(const keycask_notice *notice);

/**
 * Releases a notice; nothing for NULL.
 */
void keycask_notice_free(keycask_notice *notice);

/**
 * The policy, which goes to the caller.
 */
keycask_status keycask_vault_policy(keycask_vault * vault,
                                    keycask_policy **policy_out,
                                    keycask_error **error_out);

/**
 * Changes some of the policy, in one transaction. It rules what is issued from now on; keys that exist
 * stay as they are. The policy as it is then goes to `policy_out`, which may be NULL.
 *
 * Fails with KEYCASK_INVALID_ARGUMENT for rules that contradict each other.
 */
keycask_status keycask_vault_update_policy(keycask_vault * vault,
                                           const keycask_policy_update *update,
                                           const keycask_actor *actor,
                                           keycask_policy **policy_out,
                                           keycask_error **error_out);

/**
 * How many prefixes create accepts; any where it is 0.
 */
size_t keycask_policy_prefixes_len(const keycask_policy *policy);

/**
 * The prefix at `index`, from 0 on, borrowed; NULL where there is none.
 */
const char *keycask_policy_prefix(const keycask_policy *policy, size_t index);

/**
 * The grace of a planned rotation that names none, in milliseconds.
 */
int64_t keycask_policy_default_grace_ms(const keycask_policy *policy);

/**
 * The shortest grace that a planned rotation may name, in milliseconds.
 */
int64_t keycask_policy_min_grace_ms(const keycask_policy *policy);

/**
 * The longest grace that a planned rotation may name, in milliseconds.
 */
int64_t keycask_policy_max_grace_ms(const keycask_policy *policy);

/**
 * How long after its creation a key must expire, in milliseconds; KEYCASK_DURATION_NONE for no limit.
 */
int64_t keycask_policy_max_lifetime_ms(const keycask_policy *policy);

/**
 * How many living keys an owner may have; -1 for no limit.
 */
int64_t keycask_policy_max_living_keys(const keycask_policy *policy);

/**
 * How uses are recorded, a KEYCASK_USE_MODE_ number.
 */
int32_t keycask_policy_use_mode(const keycask_policy *policy);

/**
 * When a verify is answered, seen from its event, a KEYCASK_ACKNOWLEDGEMENT_ number.
 */
int32_t keycask_policy_use_acknowledgement(const keycask_policy *policy);

/**
 * How long uses are kept, in milliseconds.
 */
int64_t keycask_policy_retain_uses_ms(const keycask_policy *policy);

/**
 * How many bytes of uses are kept.
 */
uint64_t keycask_policy_retain_uses_bytes(const keycask_policy *policy);

/**
 * How long before an expiry or a due rotation its notice is made, in milliseconds.
 */
int64_t keycask_policy_notice_ahead_ms(const keycask_policy *policy);

/**
 * Releases a policy; nothing for NULL.
 */
void keycask_policy_free(keycask_policy *policy);

/**
 * Introduces a pepper of 32 to 4,096 bytes, or rotates to a new one. `changed_out`, which may be NULL, is
 * set to false where it is the current one already.
 *
 * Introduced, it covers every key at once. Rotated, it covers new keys at once and each old one at its
 * next valid use; until then both must be given when the vault is opened. Give the new pepper to every
 * process first.
 */
keycask_status keycask_vault_set_pepper(keycask_vault * vault,
                                        const uint8_t *pepper,
                                        size_t pepper_len,
                                        const keycask_actor *actor,
                                        bool *changed_out,
                                        keycask_error **error_out);

/**
 * Retires every pepper but the current one; it needn't be given any more.
 *
 * Fails with KEYCASK_CONFLICT while a living key is stored under it, or where the vault has none.
 */
keycask_status keycask_vault_retire_pepper(keycask_vault * vault,
                                           const keycask_actor *actor,
                                           keycask_error **error_out);

/**
 * The living keys that are still stored under a pepper before the current one.
 */
keycask_status keycask_vault_keys_on_retired_pepper(keycask_vault * vault,
                                                    keycask_keys **keys_out,
                                                    keycask_error **error_out);

/**
 * Figures of the vault, with states as of `now_ms`; 0 for now. It reads every key and every use: for a
 * look now and then, not for each request.
 */
keycask_status keycask_vault_stats(keycask_vault * vault,
                                   int64_t now_ms,
                                   keycask_stats **stats_out,
                                   keycask_error **error_out);

/**
 * How many keys are in a state, a KEYCASK_STATE_ number.
 */
uint64_t keycask_stats_keys(const keycask_stats *figures, int32_t state);

/**
 * How many verifies had an outcome, a KEYCASK_OUTCOME_ number, of those that the log of uses still holds.
 */
uint64_t keycask_stats_verifies(const keycask_stats *figures, int32_t outcome);

/**
 * How many events a log has had, a KEYCASK_LOG_ number.
 */
uint64_t keycask_stats_log_size(const keycask_stats *figures, int32_t log);

/**
 * How many of the uses were pruned.
 */
uint64_t keycask_stats_pruned_uses(const keycask_stats *figures);

/**
 * The size of the file in bytes.
 */
uint64_t keycask_stats_file_bytes(const keycask_stats *figures);

/**
 * The size of its write-ahead log in bytes.
 */
uint64_t keycask_stats_wal_bytes(const keycask_stats *figures);

/**
 * Changes that this handle tried.
 */
uint64_t keycask_stats_busy_changes(const keycask_stats *figures);

/**
 * Changes that had to wait for another writer, a thread of this handle or another process.
 */
uint64_t keycask_stats_busy_waited(const keycask_stats *figures);

/**
 * Changes that failed as busy.
 */
uint64_t keycask_stats_busy_failed(const keycask_stats *figures);

/**
 * Releases figures; nothing for NULL.
 */
void keycask_stats_free(keycask_stats *figures);

/**
 * Looks for damage, reads the whole file and changes nothing. With `deep` not 0 it looks at everything,
 * both logs leaf by leaf. KEYCASK_OK means that it could look; keycask_report_ok tells whether all is
 * well.
 */
keycask_status keycask_vault_check(keycask_vault * vault,
                                   int32_t deep,
                                   keycask_report **report_out,
                                   keycask_error **error_out);

/**
 * The sizes and roots of both logs as of now, as text to keep elsewhere: whoever holds it sees when a log
 * is rewritten or cut. `signing_key` is the text of an Ed25519 key for signed notes
 * (`PRIVATE+KEY+NAME+ID+KEY`), or NULL for checkpoints without a signature.
 */
keycask_status keycask_vault_checkpoint(keycask_vault * vault,
                                        const char *signing_key,
                                        keycask_text **checkpoint_out,
                                        keycask_error **error_out);

/**
 * Recomputes every leaf and both roots from the rows, and compares them with the trees that the file states.
 *
 * `checkpoints` is text that keycask_vault_checkpoint made earlier and that was kept elsewhere, or NULL:
 * then today's logs must begin with what it says. With a `verifier_key` (`NAME+ID+KEY`), which may be
 * NULL, each checkpoint must carry its signature. KEYCASK_OK means that it could look; keycask_report_ok
 * tells whether all is well.
 */
keycask_status keycask_vault_verify_logs(keycask_vault * vault,
                                         const char *checkpoints,
                                         const char *verifier_key,
                                         keycask_report **report_out,
                                         keycask_error **error_out);

/**
 * Whether nothing was found; false for NULL.
 */
bool keycask_report_ok(const keycask_report *report);

/**
 * How many findings there are.
 */
size_t keycask_report_findings_len(const keycask_report *report);

/**
 * The sort of the finding at `index`, from 0 on, a stable word; NULL where there is none.
 */
const char *keycask_report_code(const keycask_report *report, size_t index);

/**
 * What was found, and what to do; NULL where there is none.
 */
const char *keycask_report_message(const keycask_report *report, size_t index);

/**
 * How many events a log has had, a KEYCASK_LOG_ number; 0 unless keycask_vault_verify_logs made the report.
 */
uint64_t keycask_report_log_size(const keycask_report *report, int32_t log);

/**
 * The root of a log's tree in lower-case hexadecimal; NULL unless keycask_vault_verify_logs made the report.
 */
const char *keycask_report_log_root(const keycask_report *report, int32_t log);

/**
 * Releases a report; nothing for NULL.
 */
void keycask_report_free(keycask_report *report);

/**
 * Imports digests that another system made of its keys, from `text_len` bytes of JSON Lines or CSV: from
 * then on the keys work here. It takes effect at once and whole, at its end. A row that breaks a limit is
 * refused and reported, and the others are imported unless the options say otherwise. `options` may be
 * NULL.
 *
 * Each row has a `digest` and may have `scheme`, `strength_bits`, `owner`, `name`, `prefix`, `scopes`,
 * `metadata`, `notify_email`, `created_at`, `not_before`, `expires_at` and `disabled`.
 */
keycask_status keycask_vault_import(keycask_vault * vault,
                                    const char *text,
                                    size_t text_len,
                                    const keycask_import_options *options,
                                    const keycask_actor *actor,
                                    keycask_import_report **report_out,
                                    keycask_error **error_out);

/**
 * Rows that became keys; of a dry run, that would.
 */
uint64_t keycask_import_report_imported(const keycask_import_report *report);

/**
 * Rows whose digest was there already; none was changed.
 */
uint64_t keycask_import_report_existing(const keycask_import_report *report);

/**
 * Lines that were refused.
 */
uint64_t keycask_import_report_refused(const keycask_import_report *report);

/**
 * Rows with a warning; they are among the imported ones.
 */
uint64_t keycask_import_report_warned(const keycask_import_report *report);

/**
 * The longest time that the import kept other writers from the vault, in milliseconds.
 */
int64_t keycask_import_report_longest_lock_ms(const keycask_import_report *report);

/**
 * How many notes on single lines there are.
 */
size_t keycask_import_report_notes_len(const keycask_import_report *report);

/**
 * The line that the note at `index`, from 0 on, is about, from 1 on; 0 where there is none.
 */
uint64_t keycask_import_report_note_line(const keycask_import_report *report, size_t index);

/**
 * What became of that line, a KEYCASK_IMPORT_ number; 0 where there is none.
 */
int32_t keycask_import_report_note_outcome(const keycask_import_report *report, size_t index);

/**
 * Why, without a value of the row. Borrowed; NULL where there is none.
 */
const char *keycask_import_report_note_message(const keycask_import_report *report, size_t index);

/**
 * Releases a report; nothing for NULL.
 */
void keycask_import_report_free(keycask_import_report *report);

/**
 * Copies the vault to `path`, which must not exist, as of one moment while every process goes on. The copy
 * is a vault that opens as it is.
 */
keycask_status keycask_vault_backup(keycask_vault * vault,
                                    const char *path,
                                    const keycask_actor *actor,
                                    keycask_error **error_out);

/**
 * Puts a copy of `backup` in the place of the vault at `path`, which no process may have open; what was
 * there is kept beside it. `options`, which may be NULL, name the actor; `restore` may be NULL. What was
 * done goes to `report_out`, which may be NULL.
 *
 * Fails with KEYCASK_CONFLICT while a process has the vault open, or where the backup is another vault's;
 * KEYCASK_DAMAGED where the backup is.
 */
keycask_status keycask_vault_restore(const char *backup,
                                     const char *path,
                                     const keycask_options *options,
                                     const keycask_restore *restore,
                                     keycask_restore_report **report_out,
                                     keycask_error **error_out);

/**
 * Where the file that was replaced is kept; NULL where there was none.
 */
const char *keycask_restore_report_aside(const keycask_restore_report *report);

/**
 * How many logs of a file that could not be read were renamed.
 */
size_t keycask_restore_report_old_logs_len(const keycask_restore_report *report);

/**
 * Where the renamed log at `index`, from 0 on, is kept; NULL where there is none.
 */
const char *keycask_restore_report_old_log(const keycask_restore_report *report, size_t index);

/**
 * Whether there was an old file to compare the backup with, and it could be read. Where not, nobody knows
 * which revocations were lost.
 */
bool keycask_restore_report_compared(const keycask_restore_report *report);

/**
 * Why the old file could not be read; NULL where it could.
 */
const char *keycask_restore_report_fault(const keycask_restore_report *report);

/**
 * How many keys of the old file the backup doesn't know: they are unknown now.
 */
uint64_t keycask_restore_report_lost_keys(const keycask_restore_report *report);

/**
 * How many of the revocations were made again.
 */
uint64_t keycask_restore_report_reapplied(const keycask_restore_report *report);

/**
 * How many changes the backup lacks, where the old file or a checkpoint tells; -1 where nothing does.
 */
int64_t keycask_restore_report_lost_changes(const keycask_restore_report *report);

/**
 * The keys that the old file had revoked and the backup hasn't: unless they were revoked again, they may
 * be accepted now.
 */
keycask_status keycask_restore_report_missing_revocations(const keycask_restore_report *report,
                                                          keycask_keys **keys_out,
                                                          keycask_error **error_out);

/**
 * The keys that the old file refused for another reason (disabled, rotated out, expired), and that are
 * accepted now.
 */
keycask_status keycask_restore_report_accepted_again(const keycask_restore_report *report,
                                                     keycask_keys **keys_out,
                                                     keycask_error **error_out);

/**
 * Releases a report; nothing for NULL.
 */
void keycask_restore_report_free(keycask_restore_report *report);

/**
 * Upgrades the vault at `path` to this library's schema, while other processes go on. With `backup` not 0
 * a copy is made first where there is something to upgrade. `options`, which may be NULL, name the actor.
 * What was done goes to `migration_out`, which may be NULL.
 */
keycask_status keycask_vault_migrate(const char *path,
                                     const keycask_options *options,
                                     int32_t backup,
                                     keycask_migration **migration_out,
                                     keycask_error **error_out);

/**
 * The schema that the vault had; 0 for NULL.
 */
int32_t keycask_migration_from(const keycask_migration *migration);

/**
 * The schema that it has; 0 for NULL.
 */
int32_t keycask_migration_to(const keycask_migration *migration);

/**
 * The copy that was made before; NULL where there was nothing to upgrade, or none was wanted. Borrowed.
 */
const char *keycask_migration_backup(const keycask_migration *migration);

/**
 * Releases it; nothing for NULL.
 */
void keycask_migration_free(keycask_migration *migration);

/**
 * Prunes the uses that the policy no longer keeps, the oldest first. `pruned_out`, which may be NULL, is
 * set to how many there were.
 */
keycask_status keycask_vault_prune(keycask_vault * vault,
                                   const keycask_actor *actor,
                                   uint64_t *pruned_out,
                                   keycask_error **error_out);

/**
 * Erases what names a person: as an actor, with address and note; as an owner, with the notes on their
 * keys and the names, metadata and addresses of the keys. `changes_out`, which may be NULL, is set to how
 * many changes were blanked.
 *
 * Fails with KEYCASK_CONFLICT while a key of the person's lives: revoke it first.
 */
keycask_status keycask_vault_erase_person(keycask_vault * vault,
                                          const char *person,
                                          const keycask_actor *actor,
                                          uint64_t *changes_out,
                                          keycask_error **error_out);

/**
 * Has what happens told to `callback`, up to `max_level`, in this whole process; a NULL callback tells
 * nobody. `user_data` is handed to it as it is.
 *
 * A call on another thread that began before may still be running when this returns, and `user_data` must
 * outlive it. Call it seldom: each call keeps a few bytes for ever.
 */
keycask_status keycask_set_log(keycask_log_callback callback,
                               void *user_data,
                               int32_t max_level,
                               keycask_error **error_out);

/**
 * The version of the library that runs, such as `0.1.0`; never NULL, and never to be released.
 * KEYCASK_VERSION is that of the header that the program was compiled with.
 */
const char *keycask_version(void);

/**
 * Masks every secret of keycask's form in `text_len` bytes of UTF-8, as for a log: its prefix and the
 * first 8 random characters stay. The masked text goes to the caller.
 */
keycask_status keycask_redact(const char *text,
                              size_t text_len,
                              keycask_text **redacted_out,
                              keycask_error **error_out);

/**
 * Overwrites `len` bytes with zeros, such that no compiler leaves it out; nothing for NULL.
 */
void keycask_wipe(void *data, size_t len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* KEYCASK_H */
