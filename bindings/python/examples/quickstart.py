import sys
from datetime import timedelta

import keycask

path = sys.argv[1] if len(sys.argv) > 1 else "keys.db"
with keycask.Vault(path, create=True) as vault:
    issued = vault.create_key("acme_live", owner="acct_42", scopes=["reports:read"], actor="alice")
    presented = issued.secret  # show it now: it is stored nowhere
    assert presented is not None

    key = vault.verify(presented, scopes=["reports:read"], prefix="acme_live", client_ip="192.0.2.7")
    print(f"200: serve {key.owner}")

    rotated = vault.rotate(key.id, grace=timedelta(hours=24), actor="alice")  # both secrets work for 24 hours
    vault.revoke(rotated.key.id, reason="compromised", actor="alice")  # refused by the very next verify
    try:
        vault.verify(rotated.secret or "")
    except keycask.KeyRejectedError as refused:
        print(f"{refused.http_status}: {refused.reason}")  # the client hears one thing only: invalid
    except keycask.VaultError:
        print("503: the vault could not say, and no one is let in")
