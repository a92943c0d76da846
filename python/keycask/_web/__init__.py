"""What the web frameworks share. Nothing here imports one.

``request`` is a request as ASGI or WSGI gives it; ``presented`` finds the secret in it, ``client`` who sent
it and ``cross_site`` whether a page of another site did. ``vaults`` opens the vault, ``gate`` lets a request
in or not, ``answers`` says what a client is told, ``body`` reads what it sent, ``selfservice`` has the verbs
of a key's owner, and ``page`` the page for them.
"""
