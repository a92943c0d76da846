/* Guards against a close that crashes, hangs or lets someone in while other threads verify: eight threads verify in a
 * loop, the vault is closed twice meanwhile, and each thread must see KEYCASK_CLOSED and nothing but answers before. */

#include "check.h"

#include <pthread.h>
#include <time.h>

#define THREADS 8
#define LIMIT_S 60

static keycask_vault *vault;
static char secret[KEYCASK_SECRET_SIZE];

static long accepted;

struct counts {
    int closed;
};

static void *verifying(void *argument)
{
    struct counts *counts = (struct counts *)argument;
    time_t begin = time(NULL);
    while (!counts->closed && time(NULL) - begin < LIMIT_S) {
        keycask_verdict *verdict = NULL;
        keycask_error *error = NULL;
        keycask_status status = keycask_vault_verify(vault, secret, strlen(secret), NULL, &verdict, &error);
        if (status == KEYCASK_OK) {
            __atomic_fetch_add(&accepted, 1, __ATOMIC_RELAXED);
            CHECK(strncmp(keycask_verdict_key_id(verdict), "key_", 4) == 0);
        } else {
            if (status != KEYCASK_CLOSED) fprintf(stderr, "%s\n", keycask_error_message(error));
            CHECK(status == KEYCASK_CLOSED && verdict == NULL && keycask_error_status(error) == KEYCASK_CLOSED);
            counts->closed = 1;
        }
        keycask_verdict_free(verdict);
        keycask_error_free(error);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    keycask_actor alice = actor_named("alice");
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_issued *issued = NULL;
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    keycask_policy *policy = NULL;
    pthread_t threads[THREADS];
    struct counts counts[THREADS];
    struct timespec pause = { 0, 300000000 };
    time_t begin = time(NULL);
    int i;
    if (argc != 2) return 2;
    vault = new_vault(argv[1], "closing.db");
    request.prefix = "acme_live";
    OK(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    OK(keycask_issued_secret(issued, secret, sizeof secret, &error));
    keycask_issued_free(issued);
    memset(counts, 0, sizeof counts);
    for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, verifying, &counts[i]) == 0);
    /* Valgrind is slow: the first answer can take longer than the pause. */
    do {
        nanosleep(&pause, NULL);
    } while (__atomic_load_n(&accepted, __ATOMIC_RELAXED) == 0 && time(NULL) - begin < LIMIT_S);
    OK(keycask_vault_close(vault, &error));
    OK(keycask_vault_close(vault, &error));
    for (i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (i = 0; i < THREADS; i++) CHECK(counts[i].closed);
    CHECK(accepted > 0);
    GIVES(KEYCASK_CLOSED, keycask_vault_policy(vault, &policy, &error));
    GIVES(KEYCASK_CLOSED, keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    OK(keycask_vault_keys(vault, NULL, &keys, &error));
    GIVES(KEYCASK_CLOSED, keycask_keys_next(keys, &key, &error));
    CHECK(policy == NULL && issued == NULL && key == NULL);
    keycask_keys_free(keys);
    CHECK(keycask_vault_path(vault) != NULL);
    keycask_vault_free(vault);
    return closing_line("closing");
}
