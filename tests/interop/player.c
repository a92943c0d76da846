/* The C player of the interop test: does what it is told on stdin, a line at a time, with a vault. */

#define _POSIX_C_SOURCE 200809L

#include <keycask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static keycask_vault *vault;
static keycask_actor actor = KEYCASK_ACTOR_INIT;

static void print_error(keycask_status status, keycask_error *error) {
    printf("error %s\n", keycask_status_name(status));
    keycask_error_free(error);
}

static void print_issued(keycask_status status, keycask_issued *issued, keycask_error *error) {
    char secret[128];
    if (status == KEYCASK_OK)
        status = keycask_issued_secret(issued, secret, sizeof secret, &error);
    if (status == KEYCASK_OK)
        printf("ok %s %s\n", keycask_key_id(keycask_issued_key(issued)), secret);
    else
        print_error(status, error);
    keycask_wipe(secret, sizeof secret);
    keycask_issued_free(issued);
}

static void create(const char *owner) {
    static const char *const scopes[] = {"reports:read"};
    keycask_new_key key = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    keycask_error *error = NULL;
    key.prefix = "acme_live";
    key.owner = owner;
    key.scopes = scopes;
    key.scopes_len = 1;
    keycask_status status = keycask_vault_create_key(vault, &key, &actor, &issued, &error);
    print_issued(status, issued, error);
}

static void rotate(const char *id) {
    keycask_issued *issued = NULL;
    keycask_error *error = NULL;
    keycask_status status = keycask_vault_rotate(vault, id, NULL, &actor, &issued, &error);
    print_issued(status, issued, error);
}

static void verify(const char *secret) {
    keycask_verdict *verdict = NULL;
    keycask_error *error = NULL;
    keycask_status status = keycask_vault_verify(vault, secret, strlen(secret), NULL, &verdict, &error);
    if (status == KEYCASK_OK || status == KEYCASK_REFUSED) {
        const char *id = keycask_verdict_key_id(verdict);
        printf("ok %s %s\n", keycask_outcome_name(keycask_verdict_reason(verdict)), id ? id : "-");
    } else {
        print_error(status, error);
    }
    keycask_verdict_free(verdict);
}

static void revoke(const char *id) {
    keycask_revocation why = KEYCASK_REVOCATION_INIT;
    keycask_key *key = NULL;
    keycask_error *error = NULL;
    why.reason = KEYCASK_REVOCATION_COMPROMISED;
    keycask_status status = keycask_vault_revoke(vault, id, &why, &actor, &key, &error);
    if (status == KEYCASK_OK)
        printf("ok %s\n", keycask_key_id(key));
    else
        print_error(status, error);
    keycask_key_free(key);
}

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void bench(long count, const char *secret) {
    static const char *const scopes[] = {"reports:read"};
    keycask_request request = KEYCASK_REQUEST_INIT;
    request.scopes = scopes;
    request.scopes_len = 1;
    request.prefix = "acme_live";
    // Known to a server, as it is to the players of other languages.
    size_t len = strlen(secret);
    long long started = now_ns();
    for (long i = 0; i < count; i++) {
        keycask_verdict *verdict = NULL;
        if (keycask_vault_verify(vault, secret, len, &request, &verdict, NULL) != KEYCASK_OK)
            abort();
        keycask_verdict_free(verdict);
    }
    printf("ok %lld\n", now_ns() - started);
}

int main(int argc, char **argv) {
    char line[512];
    if (argc != 3 || keycask_vault_open(argv[1], NULL, &vault, NULL) != KEYCASK_OK)
        return 2;
    actor.name = argv[2];
    while (fgets(line, sizeof line, stdin)) {
        char *word = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
        if (!word || !first)
            return 2;
        if (strcmp(word, "create") == 0)
            create(first);
        else if (strcmp(word, "verify") == 0)
            verify(first);
        else if (strcmp(word, "rotate") == 0)
            rotate(first);
        else if (strcmp(word, "revoke") == 0)
            revoke(first);
        else if (strcmp(word, "bench") == 0 && second)
            bench(atol(first), second);
        else
            return 2;
        fflush(stdout);
    }
    keycask_vault_free(vault);
    return 0;
}
