# What tests/run and tests/full share: named steps, a count of tests, and a closing line.

passed=0
failed=0

missing() {
    echo "missing: $1; $2" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null 2>&1 || missing "$1" "$2"
}

# One check that passes or ends the run.
step() {
    echo "== $1 (after $SECONDS s)"
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $1" >&2
        finish "ended at the first failure: $1" "left out: what follows it"
        exit 1
    fi
}

# A run of cargo test, whose tests are added to the count.
count_tests() {
    counted sum "$*" "$@"
}

# A script that counts its own tests, in a last line such as "12 passed, 0 failed" or pytest's.
count_script() {
    counted said "$@"
}

# A command under a name, with a function that finds "passed" or "failed" in its log.
counted() {
    local count=$1 name=$2 log status=0
    echo "== $name (after $SECONDS s)"
    log=$(mktemp)
    "${@:3}" 2>&1 | tee "$log" || status=$?
    passed=$((passed + $("$count" passed "$log")))
    failed=$((failed + $("$count" failed "$log")))
    rm -f "$log"
    if [ "$status" -ne 0 ]; then
        [ "$failed" -ne 0 ] || failed=1
        finish "ended at the first failure: $name" "left out: what follows it"
        exit 1
    fi
}

# The last "N passed" or "N failed" of a log.
said() {
    { grep -oE "[0-9]+ $1" "$2" || echo 0; } | tail -1 | cut -d" " -f1
}

# A planted bug: the test must fail with the feature that plants it. `lib` names the tests inside the crate; a caller
# may have a `profile` of its own.
turns_red() {
    local feature=$1 target=(--test "$2") test=$3 log
    [ "$2" != lib ] || target=(--lib)
    log=$(mktemp)
    if cargo test ${profile:+"$profile"} --locked -p keycask --features "$feature" "${target[@]}" -- --exact "$test" >"$log" 2>&1 ||
        ! grep -q "test $test .*FAILED" "$log"; then
        cat "$log"
        echo "$test did not notice $feature" >&2
        return 1
    fi
    rm -f "$log"
}

# The bugs of the cache (crates/keycask/src/planted.rs), each with the test that must notice it.
cache_bugs() {
    local bug target test
    while read -r bug target test; do
        echo "$bug: $test"
        KEYCASK_PLANTED_BUG=$bug turns_red test-cache-bugs "$target" "$test" </dev/null || return 1
    done <<'END'
EpochUnchecked    lib        cache::tests::a_row_that_was_read_before_the_last_news_stays_out
EpochUnchecked    lib        cache::model::no_row_is_kept_that_a_commit_has_ended
TagLate           lib        cache::tests::a_commit_after_the_news_makes_them_old
TagLate           lib        cache::model::no_row_is_answered_that_a_commit_has_ended
NoAcquire         lib        cache::model::no_row_is_answered_that_a_commit_has_ended
NoRelease         lib        cache::model::no_row_is_answered_that_a_commit_has_ended
UnknownNotEvicted lib        cache::tests::a_digest_that_was_unknown_is_known_at_the_next_look
FramesOnly        lib        cache::tests::a_log_that_is_as_long_as_before_is_another
CountOnly         lib        cache::tests::commits_that_are_counted_anew_are_others
NothingEvicted    coherence  no_process_accepts_what_another_has_ended
StatementLeftOpen coherence  no_process_accepts_what_another_has_ended
BelievedFor100Ms  coherence  no_process_accepts_what_another_has_ended
RowUnmarked       coherence  no_process_accepts_what_another_has_ended
ImportUntold      coherence  no_process_accepts_what_another_has_ended
KeptWithoutLog    coherence  without_log::what_was_read_without_a_log_is_not_answered_without_the_next
END
}

# The features of the tests of faults: the layer that makes them, and a schema to upgrade to.
FAULTS=test-faults,test-schema-2

# The bugs of durability, each with the test of faults that must notice it.
durability_bugs() {
    local bug test profile=--release
    while read -r bug test; do
        echo "$bug: $test"
        KEYCASK_PLANTED_BUG=$bug turns_red "$FAULTS" faults "$test" </dev/null || return 1
    done <<'END'
KeyChangesNormal  power::a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged
EventApart        killed::a_process_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged
FrontierApart     power::a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged
FullSwallowed     errors::an_error_of_the_disk_is_told_and_nothing_is_half_done
BatchErrorIgnored errors::an_error_of_the_disk_is_told_and_nothing_is_half_done
BeginDeferred     passed::processes_with_the_layer_and_without_it_share_a_vault
END
}

# The sum of "N passed" or "N failed" over the harness's closing lines; those of child processes, which a
# test runs in a role of its own, are part of their parent's output and not printed.
sum() {
    sed -n "s/^test result: .* \([0-9][0-9]*\) $1;.*/\1/p" "$2" | awk '{ total += $1 } END { print total + 0 }'
}

# The Python that runs the mail server of the tests, in a folder of its own outside of git.
mail_server() {
    local venv=target/test-venv
    { [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"; } &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/smtp/requirements.txt &&
        export KEYCASK_TEST_PYTHON="$PWD/$venv/bin/python"
}

# The browser in which the pages are tried out, from Debian's packages where it may install them. Without it the
# pages are left out, unless KEYCASK_TEST_PAGES insists on them.
browser() {
    if ! command -v chromium && [ "$(id -u)" = 0 ] && command -v apt-get; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium
    fi >/dev/null 2>&1
    command -v chromium || [ -z "${KEYCASK_TEST_PAGES:-}" ]
}

without_pages() {
    command -v chromium >/dev/null || echo ", and the pages, which were not run: install chromium"
}

finish() {
    echo "$passed passed, $failed failed"
    echo "$1; $2"
}
