#include <keycask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static keycask_error *error; /* set where a call fails, with what to do */
static void must(keycask_status status) {
    if (status == KEYCASK_OK) return;
    fprintf(stderr, "%s: %s\n", keycask_status_name(status), keycask_error_message(error));
    exit(1);
}

int main(void) {
    keycask_vault *vault;
    keycask_issued *issued, *successor;
    keycask_verdict *verdict;
    char secret[KEYCASK_SECRET_SIZE];
    const char *scope = "reports:read";
    keycask_actor alice = KEYCASK_ACTOR_INIT;
    keycask_new_key request = KEYCASK_NEW_KEY_INIT;
    keycask_request demand = KEYCASK_REQUEST_INIT;
    alice.name = "alice";
    request.prefix = demand.prefix = "acme_live";
    request.owner = "acct_42";
    request.scopes = demand.scopes = &scope;
    request.scopes_len = demand.scopes_len = 1;

    must(keycask_vault_create("keys.db", NULL, &vault, &error));
    must(keycask_vault_create_key(vault, &request, &alice, &issued, &error));
    must(keycask_issued_secret(issued, secret, sizeof secret, &error)); /* show it now: it is stored nowhere */
    must(keycask_vault_verify(vault, secret, strlen(secret), &demand, &verdict, &error)); /* else let no one in */
    printf("200: serve %s\n", keycask_key_owner(keycask_verdict_key(verdict)));
    const char *id = keycask_key_id(keycask_issued_key(issued));
    must(keycask_vault_rotate(vault, id, NULL, &alice, &successor, &error)); /* both secrets work for 24 hours */
    must(keycask_vault_revoke(vault, id, NULL, &alice, NULL, &error)); /* the old one is refused from now on */
    keycask_verdict_free(verdict);
    keycask_issued_free(successor);
    keycask_issued_free(issued);
    keycask_vault_free(vault);
}
