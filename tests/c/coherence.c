/*
 * Guards against a process that goes on to serve a dead key: what this process changes, three others must judge by at
 * their very next verify, with hot caches, while a fourth commits, checkpoints, vacuums, and has writers killed.
 * 2,000 rounds of each verb.
 *
 * `coherence FOLDER DISTURB`; it runs itself as `coherence read VAULT EVENTS`, and DISTURB on the vault.
 */

#include "check.h"
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 2000, ROUNDS_A_MODE = 250, READERS = 3, LINE = 512 };

static const char *const scopes[] = {"reports:read"};
static const char *const other_scopes[] = {"other"};

/* One that answers. */
struct reader {
    pid_t process;
    FILE *questions, *answers;
};

static struct reader readers[READERS];
static pid_t disturber;
static keycask_vault *vault;
static keycask_actor alice = KEYCASK_ACTOR_INIT;

/* What everybody must answer: of the key, and of its successor where there is one. */
struct expected {
    int key, successor;
};

static int outcome(keycask_vault *of, const char *secret, int events)
{
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_verdict *verdict = NULL;
    keycask_error *error = NULL;
    request.scopes = scopes;
    request.scopes_len = 1;
    request.no_event = !events;
    keycask_status status = keycask_vault_verify(of, secret, strlen(secret), &request, &verdict, &error);
    if (status != KEYCASK_OK && status != KEYCASK_REFUSED) check_failed(__FILE__, __LINE__, keycask_error_message(error));
    int reason = keycask_verdict_reason(verdict);
    keycask_verdict_free(verdict);
    return reason;
}

/* Answers the first outcomes, then verifies until the keys are kept. */
static int read_questions(const char *path, int events)
{
    char line[LINE], *secrets[2];
    OK(keycask_vault_open(path, NULL, &vault, &error));
    while (fgets(line, sizeof line, stdin) != NULL) {
        secrets[0] = strtok(line, " \n");
        secrets[1] = strtok(NULL, " \n");
        int first = outcome(vault, secrets[0], events);
        printf("%d %d\n", first, secrets[1] ? outcome(vault, secrets[1], events) : 0);
        fflush(stdout);
        for (int again = 0; again < 4; again++)
            if (secrets[again % 2]) outcome(vault, secrets[again % 2], events);
    }
    keycask_vault_free(vault);
    return 0;
}

/* Starts a program; with `reader` it talks to it. */
static pid_t start(char *const arguments[], struct reader *reader)
{
    int questions[2] = {-1, -1}, answers[2] = {-1, -1};
    CHECK(pipe(questions) == 0 && pipe(answers) == 0);
    pid_t process = fork();
    if (process == 0) {
        if (reader) {
            dup2(questions[0], 0);
            dup2(answers[1], 1);
        }
        for (int i = 0; i < 2; i++) {
            close(questions[i]);
            close(answers[i]);
        }
        for (int i = 0; i < READERS && readers[i].questions; i++) close(fileno(readers[i].questions));
        execv(arguments[0], arguments);
        _exit(127);
    }
    CHECK(process > 0);
    close(questions[0]);
    close(answers[1]);
    if (reader) {
        reader->process = process;
        reader->questions = fdopen(questions[1], "w");
        reader->answers = fdopen(answers[0], "r");
    } else {
        close(questions[1]);
        close(answers[0]);
    }
    return process;
}

/* Asks all, who must answer the same. */
static void ask(const char *secret, const char *successor, struct expected expected)
{
    for (int i = 0; i < READERS; i++) {
        fprintf(readers[i].questions, "%s %s\n", secret, successor);
        fflush(readers[i].questions);
    }
    for (int i = 0; i < READERS; i++) {
        struct expected answer = {-1, -1};
        CHECK(fscanf(readers[i].answers, "%d %d", &answer.key, &answer.successor) == 2);
        CHECK(answer.key == expected.key && answer.successor == expected.successor);
    }
}

static void rotate(const char *id, int emergency, char *successor)
{
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_issued *issued = NULL;
    rotation.emergency = emergency;
    OK(keycask_vault_rotate(vault, id, &rotation, &alice, &issued, &error));
    OK(keycask_issued_secret(issued, successor, KEYCASK_SECRET_SIZE, &error));
    keycask_issued_free(issued);
}

static struct expected narrow(const char *id)
{
    keycask_key_update update = KEYCASK_KEY_UPDATE_INIT;
    update.fields = KEYCASK_UPDATE_SCOPES;
    update.scopes = other_scopes;
    update.scopes_len = 1;
    OK(keycask_vault_update(vault, id, &update, &alice, NULL, &error));
    return (struct expected){KEYCASK_OUTCOME_MISSING_SCOPE, 0};
}

enum verb { REVOKE, EMERGENCY, DISABLE, NARROW, CANCEL, FINISH, VERBS };

static struct expected change(enum verb verb, const char *id, const char *secret, char *successor)
{
    if (verb == CANCEL || verb == FINISH) {
        rotate(id, 0, successor);
        ask(secret, successor, (struct expected){0, 0});
    }
    switch (verb) {
    case REVOKE:
        OK(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error));
        return (struct expected){KEYCASK_OUTCOME_REVOKED, 0};
    case EMERGENCY:
        rotate(id, 1, successor);
        return (struct expected){KEYCASK_OUTCOME_REVOKED, 0};
    case DISABLE:
        OK(keycask_vault_disable(vault, id, &alice, NULL, &error));
        return (struct expected){KEYCASK_OUTCOME_DISABLED, 0};
    case NARROW:
        return narrow(id);
    case CANCEL:
        OK(keycask_vault_cancel_rotation(vault, id, 1, &alice, NULL, &error));
        return (struct expected){0, KEYCASK_OUTCOME_REVOKED};
    default:
        OK(keycask_vault_finish_rotation(vault, id, &alice, NULL, &error));
        return (struct expected){KEYCASK_OUTCOME_ROTATED_OUT, 0};
    }
}

static void play(enum verb verb, keycask_issued *issued)
{
    char secret[KEYCASK_SECRET_SIZE], successor[KEYCASK_SECRET_SIZE] = "";
    const char *id = keycask_key_id(keycask_issued_key(issued));
    OK(keycask_issued_secret(issued, secret, sizeof secret, &error));
    ask(secret, "", (struct expected){0, 0});
    struct expected expected = change(verb, id, secret, successor);
    ask(secret, successor, expected);
}

/* Some rounds, with the same mode of the uses' log. */
static void play_some(enum verb verb, int32_t use_mode)
{
    keycask_policy_update policy = KEYCASK_POLICY_UPDATE_INIT;
    keycask_new_key key = KEYCASK_NEW_KEY_INIT;
    const keycask_new_key *keys[ROUNDS_A_MODE];
    keycask_issued *issued[ROUNDS_A_MODE];
    policy.fields = KEYCASK_POLICY_USE_MODE;
    policy.use_mode = use_mode;
    OK(keycask_vault_update_policy(vault, &policy, &alice, NULL, &error));
    key.prefix = "acme_live";
    key.scopes = scopes;
    key.scopes_len = 1;
    for (int i = 0; i < ROUNDS_A_MODE; i++) keys[i] = &key;
    OK(keycask_vault_create_keys(vault, keys, ROUNDS_A_MODE, &alice, issued, &error));
    for (int i = 0; i < ROUNDS_A_MODE; i++) {
        play(verb, issued[i]);
        keycask_issued_free(issued[i]);
    }
}

static void play_all(void)
{
    for (int verb = 0; verb < VERBS; verb++)
        for (int lap = 0; lap < ROUNDS / ROUNDS_A_MODE; lap++)
            play_some((enum verb)verb, lap % 2 ? KEYCASK_USE_MODE_EACH : KEYCASK_USE_MODE_OFF);
}

/* Also where a check failed. */
static void end_disturber(void)
{
    if (disturber > 0) kill(disturber, SIGKILL);
}

static void end_readers(void)
{
    int status = 0;
    for (int i = 0; i < READERS; i++) {
        fclose(readers[i].questions);
        fclose(readers[i].answers);
        CHECK(waitpid(readers[i].process, &status, 0) > 0 && status == 0);
    }
}

int main(int argc, char **argv)
{
    alice.name = "alice";
    if (argc == 4 && strcmp(argv[1], "read") == 0) return read_questions(argv[2], atoi(argv[3]));
    CHECK(argc == 3);
    char path[LINE];
    snprintf(path, sizeof path, "%s/keys.db", argv[1]);
    OK(keycask_vault_create(path, NULL, &vault, &error));
    for (int i = 0; i < READERS; i++)
        start((char *[]){argv[0], "read", path, i == 1 ? "1" : "0", NULL}, &readers[i]);
    signal(SIGPIPE, SIG_IGN);
    CHECK(atexit(end_disturber) == 0);
    disturber = start((char *[]){argv[2], path, NULL}, NULL);
    play_all();
    CHECK(waitpid(disturber, NULL, WNOHANG) == 0);
    end_disturber();
    CHECK(waitpid(disturber, NULL, 0) == disturber);
    disturber = 0;
    end_readers();
    keycask_vault_free(vault);
    printf("%d rounds of %d verbs: nothing was stale\n", ROUNDS, (int)VERBS);
    return 0;
}
