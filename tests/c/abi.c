/* Guards against a change of the header that programs which were compiled before would not survive: the sizes and
 * offsets of the caller's structs on a 64-bit machine, and every number. Later versions add lines; none changes. */

#include <keycask.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), "place of " #type "." #field)
#define IS(name, number) _Static_assert(name == (number), "number of " #name)

SIZE(keycask_actor, 40);
AT(keycask_actor, struct_size, 0);
AT(keycask_actor, name, 8);
AT(keycask_actor, client_ip, 16);
AT(keycask_actor, request_id, 24);
AT(keycask_actor, now_ms, 32);

SIZE(keycask_bytes, 16);
AT(keycask_bytes, data, 0);
AT(keycask_bytes, len, 8);

SIZE(keycask_options, 56);
AT(keycask_options, struct_size, 0);
AT(keycask_options, busy_timeout_ms, 8);
AT(keycask_options, mode, 16);
AT(keycask_options, has_group, 20);
AT(keycask_options, group, 24);
AT(keycask_options, actor, 32);
AT(keycask_options, peppers, 40);
AT(keycask_options, peppers_len, 48);

SIZE(keycask_request, 64);
AT(keycask_request, struct_size, 0);
AT(keycask_request, scopes, 8);
AT(keycask_request, scopes_len, 16);
AT(keycask_request, prefix, 24);
AT(keycask_request, client_ip, 32);
AT(keycask_request, request_id, 40);
AT(keycask_request, now_ms, 48);
AT(keycask_request, no_event, 56);

SIZE(keycask_new_key, 112);
AT(keycask_new_key, struct_size, 0);
AT(keycask_new_key, prefix, 8);
AT(keycask_new_key, owner, 16);
AT(keycask_new_key, name, 24);
AT(keycask_new_key, scopes, 32);
AT(keycask_new_key, scopes_len, 40);
AT(keycask_new_key, metadata, 48);
AT(keycask_new_key, notify_email, 56);
AT(keycask_new_key, not_before_ms, 64);
AT(keycask_new_key, expires_at_ms, 72);
AT(keycask_new_key, expires_in_ms, 80);
AT(keycask_new_key, rotate_after_ms, 88);
AT(keycask_new_key, request_id, 96);
AT(keycask_new_key, encoding, 104);

SIZE(keycask_rotation, 40);
AT(keycask_rotation, struct_size, 0);
AT(keycask_rotation, emergency, 8);
AT(keycask_rotation, has_grace, 12);
AT(keycask_rotation, grace_ms, 16);
AT(keycask_rotation, expires_at_ms, 24);
AT(keycask_rotation, request_id, 32);

SIZE(keycask_revocation, 24);
AT(keycask_revocation, struct_size, 0);
AT(keycask_revocation, note, 8);
AT(keycask_revocation, reason, 16);

SIZE(keycask_key_update, 88);
AT(keycask_key_update, struct_size, 0);
AT(keycask_key_update, fields, 8);
AT(keycask_key_update, prefix, 16);
AT(keycask_key_update, name, 24);
AT(keycask_key_update, scopes, 32);
AT(keycask_key_update, scopes_len, 40);
AT(keycask_key_update, metadata, 48);
AT(keycask_key_update, notify_email, 56);
AT(keycask_key_update, not_before_ms, 64);
AT(keycask_key_update, expires_at_ms, 72);
AT(keycask_key_update, rotate_after_ms, 80);

SIZE(keycask_key_filter, 72);
AT(keycask_key_filter, struct_size, 0);
AT(keycask_key_filter, owner, 8);
AT(keycask_key_filter, prefix, 16);
AT(keycask_key_filter, name, 24);
AT(keycask_key_filter, scope, 32);
AT(keycask_key_filter, after, 40);
AT(keycask_key_filter, limit, 48);
AT(keycask_key_filter, now_ms, 56);
AT(keycask_key_filter, states, 64);

SIZE(keycask_change_filter, 64);
AT(keycask_change_filter, struct_size, 0);
AT(keycask_change_filter, key_id, 8);
AT(keycask_change_filter, actor, 16);
AT(keycask_change_filter, since_ms, 24);
AT(keycask_change_filter, until_ms, 32);
AT(keycask_change_filter, after, 40);
AT(keycask_change_filter, limit, 48);
AT(keycask_change_filter, kind, 56);
AT(keycask_change_filter, newest_first, 60);

SIZE(keycask_use_filter, 64);
AT(keycask_use_filter, struct_size, 0);
AT(keycask_use_filter, key_id, 8);
AT(keycask_use_filter, since_ms, 16);
AT(keycask_use_filter, until_ms, 24);
AT(keycask_use_filter, after, 32);
AT(keycask_use_filter, limit, 40);
AT(keycask_use_filter, has_outcome, 48);
AT(keycask_use_filter, outcome, 52);
AT(keycask_use_filter, newest_first, 56);

SIZE(keycask_notice_filter, 48);
AT(keycask_notice_filter, struct_size, 0);
AT(keycask_notice_filter, after, 8);
AT(keycask_notice_filter, limit, 16);
AT(keycask_notice_filter, now_ms, 24);
AT(keycask_notice_filter, kind, 32);
AT(keycask_notice_filter, all, 36);
AT(keycask_notice_filter, dead, 40);

SIZE(keycask_notice_claim, 48);
AT(keycask_notice_claim, struct_size, 0);
AT(keycask_notice_claim, lease_ms, 8);
AT(keycask_notice_claim, after, 16);
AT(keycask_notice_claim, limit, 24);
AT(keycask_notice_claim, now_ms, 32);
AT(keycask_notice_claim, addressed, 40);

SIZE(keycask_retries, 32);
AT(keycask_retries, struct_size, 0);
AT(keycask_retries, first_ms, 8);
AT(keycask_retries, longest_ms, 16);
AT(keycask_retries, attempts, 24);

SIZE(keycask_policy_update, 104);
AT(keycask_policy_update, struct_size, 0);
AT(keycask_policy_update, fields, 8);
AT(keycask_policy_update, prefixes, 16);
AT(keycask_policy_update, prefixes_len, 24);
AT(keycask_policy_update, default_grace_ms, 32);
AT(keycask_policy_update, min_grace_ms, 40);
AT(keycask_policy_update, max_grace_ms, 48);
AT(keycask_policy_update, max_lifetime_ms, 56);
AT(keycask_policy_update, max_living_keys, 64);
AT(keycask_policy_update, use_mode, 72);
AT(keycask_policy_update, use_acknowledgement, 76);
AT(keycask_policy_update, retain_uses_ms, 80);
AT(keycask_policy_update, retain_uses_bytes, 88);
AT(keycask_policy_update, notice_ahead_ms, 96);

SIZE(keycask_import_options, 56);
AT(keycask_import_options, struct_size, 0);
AT(keycask_import_options, scheme, 8);
AT(keycask_import_options, recipe, 16);
AT(keycask_import_options, owner, 24);
AT(keycask_import_options, prefix, 32);
AT(keycask_import_options, format, 40);
AT(keycask_import_options, all_or_nothing, 44);
AT(keycask_import_options, dry_run, 48);

SIZE(keycask_restore, 24);
AT(keycask_restore, struct_size, 0);
AT(keycask_restore, checkpoints, 8);
AT(keycask_restore, reapply_revocations, 16);
AT(keycask_restore, another_vault, 20);

IS(KEYCASK_TIME_NONE, INT64_MIN);
IS(KEYCASK_DURATION_NONE, -1);
IS(KEYCASK_OUTCOME_VALID, 0);
IS(KEYCASK_OUTCOME_MALFORMED, 1);
IS(KEYCASK_OUTCOME_UNKNOWN, 2);
IS(KEYCASK_OUTCOME_REVOKED, 3);
IS(KEYCASK_OUTCOME_ROTATED_OUT, 4);
IS(KEYCASK_OUTCOME_EXPIRED, 5);
IS(KEYCASK_OUTCOME_DISABLED, 6);
IS(KEYCASK_OUTCOME_NOT_YET_VALID, 7);
IS(KEYCASK_OUTCOME_WRONG_PREFIX, 8);
IS(KEYCASK_OUTCOME_MISSING_SCOPE, 9);
IS(KEYCASK_OUTCOME_SOURCE_DENIED, 10);
IS(KEYCASK_OUTCOME_RATE_LIMITED, 11);
IS(KEYCASK_OUTCOME_QUOTA_EXHAUSTED, 12);
IS(KEYCASK_STATE_REVOKED, 1);
IS(KEYCASK_STATE_ROTATED_OUT, 2);
IS(KEYCASK_STATE_EXPIRED, 3);
IS(KEYCASK_STATE_DISABLED, 4);
IS(KEYCASK_STATE_NOT_YET_VALID, 5);
IS(KEYCASK_STATE_SUPERSEDED, 6);
IS(KEYCASK_STATE_ACTIVE, 7);
IS(KEYCASK_REVOCATION_NONE, -1);
IS(KEYCASK_REVOCATION_UNSPECIFIED, 0);
IS(KEYCASK_REVOCATION_COMPROMISED, 1);
IS(KEYCASK_REVOCATION_ROTATION_CANCELLED, 2);
IS(KEYCASK_REVOCATION_OWNER_LEFT, 3);
IS(KEYCASK_REVOCATION_NO_LONGER_USED, 4);
IS(KEYCASK_REVOCATION_POLICY, 5);
IS(KEYCASK_ENCODING_BASE62, 0);
IS(KEYCASK_ENCODING_BASE64URL, 1);
IS(KEYCASK_LOG_CHANGES, 1);
IS(KEYCASK_LOG_USES, 2);
IS(KEYCASK_USE_MODE_EACH, 1);
IS(KEYCASK_USE_MODE_BUCKETS, 2);
IS(KEYCASK_USE_MODE_OFF, 3);
IS(KEYCASK_ACKNOWLEDGEMENT_BATCHED, 1);
IS(KEYCASK_ACKNOWLEDGEMENT_STRICT, 2);
IS(KEYCASK_CHANGE_VAULT_CREATED, 1);
IS(KEYCASK_CHANGE_VAULT_RESTORED, 2);
IS(KEYCASK_CHANGE_VAULT_MIGRATED, 3);
IS(KEYCASK_CHANGE_POLICY_CHANGED, 4);
IS(KEYCASK_CHANGE_PEPPER_CHANGED, 5);
IS(KEYCASK_CHANGE_KEY_CREATED, 6);
IS(KEYCASK_CHANGE_KEY_IMPORTED, 7);
IS(KEYCASK_CHANGE_KEY_UPDATED, 8);
IS(KEYCASK_CHANGE_KEY_DISABLED, 9);
IS(KEYCASK_CHANGE_KEY_ENABLED, 10);
IS(KEYCASK_CHANGE_KEY_ROTATED, 11);
IS(KEYCASK_CHANGE_ROTATION_EXTENDED, 12);
IS(KEYCASK_CHANGE_ROTATION_FINISHED, 13);
IS(KEYCASK_CHANGE_ROTATION_CANCELLED, 14);
IS(KEYCASK_CHANGE_KEY_REVOKED, 15);
IS(KEYCASK_CHANGE_USES_PRUNED, 16);
IS(KEYCASK_CHANGE_USES_GAP, 17);
IS(KEYCASK_CHANGE_CLOCK_REGRESSED, 18);
IS(KEYCASK_CHANGE_BACKUP_MADE, 19);
IS(KEYCASK_CHANGE_LEAK_REPORTED, 20);
IS(KEYCASK_CHANGE_PERSON_ERASED, 21);
IS(KEYCASK_NOTICE_ROTATED, 1);
IS(KEYCASK_NOTICE_EMERGENCY_ROTATED, 2);
IS(KEYCASK_NOTICE_REVOKED, 3);
IS(KEYCASK_NOTICE_WINDOW_ENDING, 4);
IS(KEYCASK_NOTICE_EXPIRING, 5);
IS(KEYCASK_NOTICE_ROTATION_DUE, 6);
IS(KEYCASK_NOTICE_LEAK_REPORTED, 7);
IS(KEYCASK_DUE_ROTATION, 1);
IS(KEYCASK_DUE_EXPIRY, 2);
IS(KEYCASK_DUE_WINDOW_END, 3);
IS(KEYCASK_DUE_WITHOUT_SUCCESSOR, 4);
IS(KEYCASK_IMPORT_EXISTING, 1);
IS(KEYCASK_IMPORT_REFUSED, 2);
IS(KEYCASK_IMPORT_WARNED, 3);
IS(KEYCASK_IMPORT_FORMAT_ANY, 0);
IS(KEYCASK_IMPORT_FORMAT_CSV, 1);
IS(KEYCASK_IMPORT_FORMAT_JSONL, 2);
IS(KEYCASK_SECRET_SIZE, 75);
IS(KEYCASK_UPDATE_PREFIX, 1);
IS(KEYCASK_UPDATE_NAME, 2);
IS(KEYCASK_UPDATE_SCOPES, 4);
IS(KEYCASK_UPDATE_METADATA, 8);
IS(KEYCASK_UPDATE_NOTIFY_EMAIL, 16);
IS(KEYCASK_UPDATE_NOT_BEFORE, 32);
IS(KEYCASK_UPDATE_EXPIRES_AT, 64);
IS(KEYCASK_UPDATE_ROTATE_AFTER, 128);
IS(KEYCASK_POLICY_PREFIXES, 1);
IS(KEYCASK_POLICY_DEFAULT_GRACE, 2);
IS(KEYCASK_POLICY_MIN_GRACE, 4);
IS(KEYCASK_POLICY_MAX_GRACE, 8);
IS(KEYCASK_POLICY_MAX_LIFETIME, 16);
IS(KEYCASK_POLICY_MAX_LIVING_KEYS, 32);
IS(KEYCASK_POLICY_USE_MODE, 64);
IS(KEYCASK_POLICY_USE_ACKNOWLEDGEMENT, 128);
IS(KEYCASK_POLICY_RETAIN_USES, 256);
IS(KEYCASK_POLICY_RETAIN_USES_BYTES, 512);
IS(KEYCASK_POLICY_NOTICE_AHEAD, 1024);
IS(KEYCASK_LOG_ERROR, 1);
IS(KEYCASK_LOG_WARN, 2);
IS(KEYCASK_LOG_INFO, 3);
IS(KEYCASK_LOG_DEBUG, 4);
IS(KEYCASK_LOG_TRACE, 5);
IS(KEYCASK_OK, 0);
IS(KEYCASK_REFUSED, 1);
IS(KEYCASK_END, 2);
IS(KEYCASK_INVALID_ARGUMENT, 10);
IS(KEYCASK_NOT_FOUND, 11);
IS(KEYCASK_CONFLICT, 12);
IS(KEYCASK_CLOSED, 13);
IS(KEYCASK_FOREIGN_ACCESS, 14);
IS(KEYCASK_VAULT_MISSING, 20);
IS(KEYCASK_NOT_A_VAULT, 21);
IS(KEYCASK_UNSUPPORTED_VERSION, 22);
IS(KEYCASK_READ_ONLY, 23);
IS(KEYCASK_UNSUPPORTED_LOCATION, 24);
IS(KEYCASK_BUSY, 25);
IS(KEYCASK_VAULT_FULL, 26);
IS(KEYCASK_DAMAGED, 27);
IS(KEYCASK_IO, 28);
IS(KEYCASK_PEPPER, 29);
IS(KEYCASK_INTERNAL, 90);
IS(KEYCASK_PANIC, 91);

int main(void)
{
    return 0;
}
