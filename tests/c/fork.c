/*
 * Guards against a child that writes without a lock: the parent uses the vault, forks with its connections open, and
 * goes on; each child must hold locks of its own, and nothing that anyone was told may be lost. 50 rounds.
 *
 * A copy of the process by a raw clone, which runs no fork handlers, must be refused.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <keycask.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 50, CHILDREN = 4, KEYS = 5, PATIENCE_S = 30 };

static const char path[] = "keys.db";

static void fail(const char *what) {
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static int create_and_verify(keycask_vault *vault) {
    keycask_new_key key = KEYCASK_NEW_KEY_INIT;
    keycask_actor actor = KEYCASK_ACTOR_INIT;
    keycask_issued *issued = NULL;
    char secret[128];
    key.prefix = "acme_live";
    actor.name = "fork";
    if (keycask_vault_create_key(vault, &key, &actor, &issued, NULL) != KEYCASK_OK)
        return 2;
    if (keycask_issued_secret(issued, secret, sizeof secret, NULL) != KEYCASK_OK)
        return 3;
    keycask_issued_free(issued);
    keycask_verdict *verdict = NULL;
    keycask_status status = keycask_vault_verify(vault, secret, strlen(secret), NULL, &verdict, NULL);
    keycask_verdict_free(verdict);
    return status == KEYCASK_OK ? 0 : 4;
}

/* Whether the kernel lists a POSIX lock of this process on the vault's file, now. */
static int lists_a_lock(void)
{
    struct stat file;
    char line[256], inode[32];
    int found = 0;
    FILE *locks = fopen("/proc/locks", "r");
    if (!locks || stat(path, &file) != 0)
        return 0;
    snprintf(inode, sizeof inode, ":%llu ", (unsigned long long)file.st_ino);
    while (fgets(line, sizeof line, locks)) {
        int pid = 0;
        if (sscanf(line, "%*s POSIX %*s %*s %d", &pid) == 1 && pid == (int)getpid() && strstr(line, inode))
            found = 1;
    }
    fclose(locks);
    return found;
}

/* The list is read in pieces, between which the locks of others come and go: one that is missing is looked for
 * again. */
static int holds_a_lock(void)
{
    for (int look = 0; look < 20; look++) {
        if (lists_a_lock())
            return 1;
        usleep(look * 1000);
    }
    return 0;
}

static int work(keycask_vault *vault) {
    for (int i = 0; i < KEYS; i++) {
        int code = create_and_verify(vault);
        if (code != 0)
            return code;
    }
    return holds_a_lock() ? 0 : 5;
}

static long count_keys(keycask_vault *vault) {
    keycask_keys *keys = NULL;
    keycask_key *key = NULL;
    long count = 0;
    if (keycask_vault_keys(vault, NULL, &keys, NULL) != KEYCASK_OK)
        fail("keys");
    while (keycask_keys_next(keys, &key, NULL) == KEYCASK_OK) {
        keycask_key_free(key);
        count++;
    }
    keycask_keys_free(keys);
    return count;
}

static void wait_for(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "a child ended with status %#x\n", (unsigned)status);
        exit(1);
    }
}

static void fork_round(keycask_vault *vault) {
    pid_t children[CHILDREN];
    if (create_and_verify(vault) != 0)
        fail("the parent before a fork");
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            alarm(PATIENCE_S);
            _exit(work(vault));
        }
    }
    if (create_and_verify(vault) != 0)
        fail("the parent after a fork");
    for (int i = 0; i < CHILDREN; i++)
        wait_for(children[i]);
}

static void clone_without_handlers(keycask_vault *vault) {
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        keycask_vault *again = NULL;
        keycask_status opened = keycask_vault_open(path, NULL, &again, NULL);
        keycask_stats *stats = NULL;
        keycask_status asked = keycask_vault_stats(vault, 0, &stats, NULL);
        _exit(opened == KEYCASK_FOREIGN_ACCESS && asked == KEYCASK_FOREIGN_ACCESS ? 0 : 6);
    }
    wait_for(child);
}

int main(int argc, char **argv) {
    keycask_vault *vault = NULL;
    if (argc != 2 || chdir(argv[1]) != 0 || keycask_vault_create(path, NULL, &vault, NULL) != KEYCASK_OK)
        fail("fork FOLDER");
    for (int round = 1; round <= ROUNDS; round++) {
        fork_round(vault);
        if (count_keys(vault) != (long)round * (2 + CHILDREN * KEYS))
            fail("keys were lost");
    }
    clone_without_handlers(vault);
    if (create_and_verify(vault) != 0)
        fail("the parent after a clone");
    keycask_vault_free(vault);
    printf("%d forks of %d children: every key is there\n", ROUNDS, CHILDREN);
    return 0;
}
