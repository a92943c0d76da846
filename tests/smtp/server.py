"""A real SMTP server for tests: it demands TLS and a login, and writes each message to a folder.

It prints one line of JSON with its port once it listens, and ends when its standard input does. Beside the
messages it puts ca.pem, the authority that vouches for it, and other-ca.pem, one that doesn't.

Recipients whose name begins with "refused" are refused for good, with "later" for now.
"""

import argparse
import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import os
import re
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
# It listens there too, and its certificate doesn't say so.
UNNAMED_HOST = "127.0.0.2"
DAY = datetime.timedelta(days=1)


def certificate(name, issuer=None):
    """A key and its certificate: an authority's, or, signed by `issuer`, this server's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def write_pem(path, *parts):
    path.write_bytes(b"".join(parts))
    return path


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def tls_context(folder):
    authority = certificate("keycask test authority")
    write_pem(folder / "ca.pem", pem(authority[1]))
    write_pem(folder / "other-ca.pem", pem(certificate("another authority")[1]))
    key, cert = certificate("localhost", authority)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = write_pem(folder / "server.pem", key_pem, pem(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


class Handler:
    """Writes each message down as the standard library's own parser reads it."""

    def __init__(self, folder, witness):
        self.folder = folder
        self.witness = witness
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        record = {
            "mail_from": envelope.mail_from,
            "rcpt_tos": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data,
            "headers": [[name, str(value)] for name, value in message.items()],
            "content_type": message.get_content_type(),
            "parts": [
                [part.get_content_type(), part.get_content_charset(), part.get_content()]
                for part in message.iter_parts()
            ],
            "raw": envelope.content.decode("ascii"),
            "seen": await self.seen(envelope.content.decode("ascii")),
        }
        self.count += 1
        path = self.folder / f"{self.count:06}.json"
        path.with_suffix(".part").write_text(json.dumps(record))
        path.with_suffix(".part").rename(path)
        return "250 OK"

    async def seen(self, text):
        """The key that the message is about, as a fresh process reads it before the message is accepted."""
        if not self.witness:
            return None
        command, vault = self.witness
        key = re.search(r"key_[0-9a-z]{26}", text).group()
        process = await asyncio.create_subprocess_exec(
            command, "show", "--json", "--vault", vault, key, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return json.loads(output) if process.returncode == 0 else {"exit": process.returncode}


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        success = given == (user, password)
        return AuthResult(success=success, handled=False, auth_data=given[0])

    return check


async def serve(args):
    context = tls_context(args.folder)
    handler = Handler(args.folder, args.witness)
    protected = args.mode != "plain"
    options = {
        "hostname": "localhost",
        "enable_SMTPUTF8": True,
        "auth_required": protected,
        "auth_require_tls": args.mode == "starttls",
        "authenticator": authenticator(args.user, args.password) if protected else None,
        "tls_context": context if args.mode == "starttls" else None,
        "require_starttls": args.mode == "starttls",
    }
    loop = asyncio.get_running_loop()
    tls = context if args.mode == "tls" else None

    def session():
        return SMTP(handler, loop=loop, **options)

    server = await loop.create_server(session, HOST, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    unnamed = await loop.create_server(session, UNNAMED_HOST, port, ssl=tls)
    print(json.dumps({"port": port}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    unnamed.close()
    # Sessions that still run are not waited for.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mode", choices=["starttls", "tls", "plain"], default="starttls")
    parser.add_argument("--user", default="keycask")
    parser.add_argument("--password", default="correct horse")
    parser.add_argument("--witness", nargs=2, metavar=("COMMAND", "VAULT"))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
