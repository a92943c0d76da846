-- Schema 1 of a keycask vault.
--
-- Times are milliseconds since 1970-01-01 UTC and end in _ms. Ids are the 16 bytes of a UUIDv7.
-- PRAGMA application_id marks the file; PRAGMA user_version is its min_schema.

-- What this file is.
CREATE TABLE vault (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    id            BLOB NOT NULL CHECK (length(id) = 16),
    schema        INTEGER NOT NULL CHECK (schema >= 1),
    created_at_ms INTEGER NOT NULL
) STRICT;

-- What every verify reads beside the key: the one row that tells a cache whether it is stale.
CREATE TABLE head (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    min_schema      INTEGER NOT NULL CHECK (min_schema >= 1),  -- as PRAGMA user_version, for a process that has the file open
    key_epoch       INTEGER NOT NULL CHECK (key_epoch >= 0),   -- +1 by each transaction that touches what verify reads
    flush_epoch     INTEGER NOT NULL CHECK (flush_epoch BETWEEN 0 AND key_epoch), -- the last one that changed or deleted a digest
    accepts_foreign INTEGER NOT NULL CHECK (accepts_foreign IN (0, 1))            -- imported secrets of unknown shape exist
) STRICT;

CREATE TABLE policy (
    one                 INTEGER PRIMARY KEY CHECK (one = 1),
    prefixes            TEXT NOT NULL,                          -- separated by spaces; empty: any
    default_grace_ms    INTEGER NOT NULL CHECK (default_grace_ms BETWEEN min_grace_ms AND max_grace_ms),
    min_grace_ms        INTEGER NOT NULL CHECK (min_grace_ms >= 0),
    max_grace_ms        INTEGER NOT NULL CHECK (max_grace_ms <= 2592000000),
    max_lifetime_ms     INTEGER CHECK (max_lifetime_ms > 0),
    max_living_keys     INTEGER CHECK (max_living_keys > 0),    -- per owner
    use_mode            TEXT NOT NULL CHECK (use_mode IN ('each', 'buckets', 'off')),
    use_acknowledgement TEXT NOT NULL CHECK (use_acknowledgement IN ('batched', 'strict')),
    retain_uses_ms      INTEGER NOT NULL CHECK (retain_uses_ms > 0),
    retain_uses_bytes   INTEGER NOT NULL CHECK (retain_uses_bytes > 0),
    notice_ahead_ms     INTEGER NOT NULL CHECK (notice_ahead_ms >= 0)
) STRICT;

-- The pepper itself is never stored, only what recognises it.
CREATE TABLE peppers (
    generation INTEGER PRIMARY KEY CHECK (generation > 0),
    tag        BLOB NOT NULL CHECK (length(tag) = 32),
    retired_ms INTEGER
) STRICT;

-- The prefixes in use: scanner rules and counters of strangers come from them.
CREATE TABLE prefixes (
    prefix_no     INTEGER PRIMARY KEY CHECK (prefix_no > 0),
    prefix        TEXT NOT NULL UNIQUE CHECK (length(prefix) BETWEEN 2 AND 24),
    first_used_ms INTEGER NOT NULL
) STRICT;

-- Imports of digests. Their keys are inserted in short transactions, and until the one that activates the
-- import they are there for no verb.
CREATE TABLE imports (
    import_no       INTEGER PRIMARY KEY CHECK (import_no > 0),
    touched_at_ms   INTEGER NOT NULL,                           -- when it last made progress
    first_key_no    INTEGER NOT NULL,                           -- no key of it has a lower number
    keys            INTEGER NOT NULL CHECK (keys >= 0),
    discarded       INTEGER NOT NULL CHECK (discarded IN (0, 1)), -- it will never be activated
    activated_epoch INTEGER,                                    -- NULL: not in effect
    seq             INTEGER REFERENCES changes (seq),           -- the event of the activation, where its keys' own came later
    recorded        INTEGER NOT NULL CHECK (recorded BETWEEN 0 AND keys), -- keys that have their own event
    recorded_key_no INTEGER NOT NULL,                           -- the last of them
    CHECK (activated_epoch IS NULL OR discarded = 0),
    CHECK (activated_epoch IS NOT NULL OR recorded = 0)
) STRICT;

CREATE TABLE keys (
    key_no         INTEGER PRIMARY KEY CHECK (key_no > 0),
    id             BLOB NOT NULL CHECK (length(id) = 16),
    digest         BLOB NOT NULL CHECK (length(digest) = 32),
    pepper         INTEGER CHECK (pepper > 0),                  -- the generation that the digest is keyed with
    scheme         TEXT,                                        -- of an imported digest; NULL: SHA-256 of the whole secret
    strength_bits  INTEGER CHECK (strength_bits >= 112),        -- as declared at import
    import_no      INTEGER CHECK (import_no > 0),               -- NULL: issued here
    prefix         TEXT CHECK (length(prefix) BETWEEN 2 AND 24),
    start          TEXT NOT NULL,
    encoding       TEXT NOT NULL,
    owner          TEXT CHECK (octet_length(owner) BETWEEN 1 AND 256),
    name           TEXT CHECK (octet_length(name) BETWEEN 1 AND 256),
    scopes         TEXT NOT NULL,                               -- sorted, separated by spaces
    not_before_ms  INTEGER,
    expires_at_ms  INTEGER,
    disabled       INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    revoked_at_ms  INTEGER,
    revoked_by     TEXT,
    revoked_reason TEXT CHECK (revoked_reason IN ('compromised', 'rotation_cancelled', 'owner_left', 'no_longer_used', 'policy', 'unspecified')),
    revoked_note   TEXT CHECK (octet_length(revoked_note) BETWEEN 1 AND 1024),
    revoked_epoch  INTEGER,                                     -- no use may have been judged valid under it or later
    cancelled      INTEGER NOT NULL CHECK (cancelled IN (0, 1)), -- the rotation that issued it was undone
    lineage        BLOB CHECK (length(lineage) = 16),           -- the first key of its chain; NULL: itself
    replaces       BLOB CHECK (length(replaces) = 16),
    replaced_by    BLOB CHECK (length(replaced_by) = 16),
    grace_until_ms INTEGER,
    created_at_ms  INTEGER NOT NULL,
    created_by     TEXT NOT NULL,
    rotate_after_s INTEGER CHECK (rotate_after_s > 0),
    rotate_due_ms  INTEGER,                                     -- created_at + rotate_after
    changed_epoch  INTEGER NOT NULL,
    notify_email   TEXT CHECK (octet_length(notify_email) BETWEEN 3 AND 254),
    metadata       TEXT CHECK (octet_length(metadata) BETWEEN 2 AND 4096),
    CHECK (not_before_ms < expires_at_ms),
    CHECK (grace_until_ms <= expires_at_ms),
    CHECK ((replaced_by IS NULL) = (grace_until_ms IS NULL)),
    CHECK ((replaces IS NULL) = (lineage IS NULL)),
    CHECK ((revoked_at_ms IS NULL) = (revoked_reason IS NULL) AND (revoked_at_ms IS NULL) = (revoked_by IS NULL)),
    CHECK ((revoked_at_ms IS NULL) = (revoked_epoch IS NULL)),
    CHECK (cancelled = 0 OR (replaces IS NOT NULL AND revoked_at_ms IS NOT NULL)),
    CHECK ((rotate_due_ms IS NULL) = (rotate_after_s IS NULL))
) STRICT;

CREATE UNIQUE INDEX keys_by_digest ON keys (digest);
CREATE UNIQUE INDEX keys_by_id ON keys (id);
CREATE INDEX keys_by_owner ON keys (owner) WHERE owner IS NOT NULL;
CREATE INDEX keys_by_lineage ON keys (lineage) WHERE lineage IS NOT NULL;
-- At most one successor that was not cancelled: two processes that rotate a key at once can't both win.
CREATE UNIQUE INDEX keys_by_replaced ON keys (replaces)
    WHERE replaces IS NOT NULL AND cancelled = 0;
CREATE INDEX keys_by_changed_epoch ON keys (changed_epoch);
CREATE INDEX keys_by_expiry ON keys (expires_at_ms) WHERE expires_at_ms IS NOT NULL AND revoked_at_ms IS NULL;
CREATE INDEX keys_by_rotation_due ON keys (rotate_due_ms)
    WHERE rotate_due_ms IS NOT NULL AND revoked_at_ms IS NULL AND replaced_by IS NULL;
CREATE INDEX keys_by_grace ON keys (grace_until_ms) WHERE grace_until_ms IS NOT NULL AND revoked_at_ms IS NULL;
CREATE INDEX keys_by_pepper ON keys (pepper) WHERE pepper IS NOT NULL;
CREATE INDEX keys_by_scheme ON keys (scheme) WHERE scheme IS NOT NULL;

-- What create and rotate answered under a request id, so that a repeat gets the same key.
CREATE TABLE requests (
    verb          TEXT NOT NULL CHECK (verb IN ('create', 'rotate')),
    subject       TEXT NOT NULL,                                -- the owner, or the rotated key's id
    request_id    TEXT NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 128),
    fingerprint   BLOB NOT NULL CHECK (length(fingerprint) = 32),
    key_no        INTEGER NOT NULL REFERENCES keys (key_no),
    at_ms         INTEGER NOT NULL,
    PRIMARY KEY (verb, subject, request_id)
) STRICT, WITHOUT ROWID;

-- The log of changes. Its leaves are recomputed from these rows: see docs/file-format.md.
CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ms      INTEGER NOT NULL,
    kind       INTEGER NOT NULL CHECK (kind > 0),
    key_no     INTEGER REFERENCES keys (key_no),
    actor      TEXT,
    owner      TEXT,
    client_ip  TEXT,
    note       TEXT,
    request_id TEXT,
    salt       BLOB CHECK (length(salt) = 16),                  -- of the commitments; forgotten when values are erased
    detail     TEXT NOT NULL                                    -- a JSON object
) STRICT;

CREATE INDEX changes_by_key ON changes (key_no) WHERE key_no IS NOT NULL;
CREATE INDEX changes_by_kind ON changes (kind);
CREATE INDEX changes_by_time ON changes (at_ms);

-- What is left of erased values: the commitment of one, the field's salt of one that stayed.
CREATE TABLE erasures (
    seq        INTEGER NOT NULL REFERENCES changes (seq),
    field      TEXT NOT NULL CHECK (field IN ('actor', 'owner', 'client_ip', 'note')),
    commitment BLOB CHECK (length(commitment) = 32),
    field_salt BLOB CHECK (length(field_salt) = 32),
    PRIMARY KEY (seq, field),
    CHECK ((commitment IS NULL) <> (field_salt IS NULL))
) STRICT, WITHOUT ROWID;

-- The log of uses. Narrow and without a secondary index: segments find its rows by key and time.
CREATE TABLE uses (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ms     INTEGER NOT NULL,
    key_no    INTEGER,                                          -- NULL: strangers
    outcome   INTEGER NOT NULL CHECK (outcome >= 0),
    epoch     INTEGER NOT NULL,                                 -- that the outcome was judged under
    client    BLOB CHECK (length(client) IN (4, 16)),
    request   BLOB CHECK (length(request) BETWEEN 1 AND 128),
    count     INTEGER CHECK (count > 0),                        -- NULL: one
    last_ms   INTEGER,
    prefix_no INTEGER                                           -- of strangers; NULL: another, or none
) STRICT;

-- Counts whose minute (or bucket) is still running, shared by all processes; then each becomes a row of uses.
CREATE TABLE open_counts (
    closes_ms INTEGER NOT NULL,
    key_no    INTEGER NOT NULL,                                 -- 0: strangers
    outcome   INTEGER NOT NULL,
    prefix_no INTEGER NOT NULL,                                 -- 0: another, or none
    epoch     INTEGER NOT NULL,
    count     INTEGER NOT NULL CHECK (count > 0),
    first_ms  INTEGER NOT NULL,
    last_ms   INTEGER NOT NULL CHECK (last_ms >= first_ms),
    PRIMARY KEY (closes_ms, key_no, outcome, prefix_no)
) STRICT, WITHOUT ROWID;

-- Each closed stretch of 65,536 uses: by it, queries by key and time skip the others.
CREATE TABLE segments (
    segment   INTEGER PRIMARY KEY CHECK (segment >= 0),
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL CHECK (last_seq >= first_seq),
    min_at_ms INTEGER NOT NULL,
    max_at_ms INTEGER NOT NULL,
    key_nos   BLOB NOT NULL                                     -- sorted, 8 bytes each, big-endian
) STRICT;

-- A fold of uses up to logs.folded_seq.
CREATE TABLE usage (
    key_no       INTEGER PRIMARY KEY REFERENCES keys (key_no),
    uses         INTEGER NOT NULL CHECK (uses >= 0),
    last_used_ms INTEGER
) STRICT;

-- Both logs as RFC 6962 trees: the frontier is read and written in the transaction that appends.
CREATE TABLE logs (
    log             INTEGER PRIMARY KEY CHECK (log IN (1, 2)),  -- 1: changes, 2: uses
    size            INTEGER NOT NULL CHECK (size >= 0),
    frontier        BLOB NOT NULL CHECK (length(frontier) % 32 = 0),
    pruned_size     INTEGER NOT NULL CHECK (pruned_size BETWEEN 0 AND size),
    pruned_frontier BLOB NOT NULL CHECK (length(pruned_frontier) % 32 = 0),
    folded_seq      INTEGER NOT NULL CHECK (folded_seq BETWEEN 0 AND size),
    clock_ms        INTEGER NOT NULL                            -- the newest time that the clock, not a caller, gave
) STRICT;

-- Checkpoints that were exported, and the ends of earlier prunes: each, once the rows after it are pruned,
-- with the proof that leads on to the end of that prune.
CREATE TABLE checkpoints (
    log            INTEGER NOT NULL CHECK (log IN (1, 2)),
    size           INTEGER NOT NULL CHECK (size > 0),
    root           BLOB NOT NULL CHECK (length(root) = 32),
    exported_at_ms INTEGER NOT NULL,
    proof          BLOB CHECK (length(proof) % 32 = 0),
    proof_size     INTEGER CHECK (proof_size > size),
    PRIMARY KEY (log, size),
    CHECK ((proof IS NULL) = (proof_size IS NULL))
) STRICT, WITHOUT ROWID;

-- The processes that write uses: the number of the last event that each committed.
CREATE TABLE writers (
    writer_id    BLOB PRIMARY KEY CHECK (length(writer_id) = 16),
    last_n       INTEGER NOT NULL CHECK (last_n >= 0),
    opened_at_ms INTEGER NOT NULL,
    closed_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX writers_open ON writers (opened_at_ms) WHERE closed_at_ms IS NULL;

-- Notices for people, each written in the transaction of its cause, or swept once when its time has come.
CREATE TABLE outbox (
    notice_no       INTEGER PRIMARY KEY CHECK (notice_no > 0),
    id              BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind            TEXT NOT NULL,
    key_no          INTEGER NOT NULL REFERENCES keys (key_no),
    at_ms           INTEGER NOT NULL,
    about_ms        INTEGER NOT NULL,                           -- the moment that it speaks of
    detail          TEXT NOT NULL,                              -- a JSON object
    acked_at_ms     INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER,
    dead_at_ms      INTEGER,
    UNIQUE (key_no, kind, about_ms)
) STRICT;

CREATE INDEX outbox_open ON outbox (notice_no) WHERE acked_at_ms IS NULL;
