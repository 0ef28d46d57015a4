"""A mail server for the tests: takes mail by SMTP, hands it on by LMTP, and fails in the way a file asks for.

Arguments: own port, LMTP port, file with the mode. Beside that file lies `tokens` with the tokens that let
somebody in, when a test has such. Modes: ok, greylist (the first try of each recipient is
refused for now), die (deliver, then break the connection before saying so), vanish (break it without delivering),
refuse ADDRESS, busy (refuse everything for now), rewrite (change each Message-ID, as some providers do), dispute
(deliver and say 550 all the same), reject (say 550 to the content and deliver nothing).
"""

import asyncio
import base64
import os
import smtplib
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

port, lmtp, mode_file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
seen = set()


def mode():
    with open(mode_file) as file:
        return file.read().strip()


def rewritten(content):
    head, body = content.split(b"\r\n\r\n", 1)
    lines = [b"Message-ID: <rewritten-%d@provider.example>" % (abs(hash(content)))
             if line.lower().startswith(b"message-id:") else line for line in head.split(b"\r\n")]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Handler:
    async def auth_XOAUTH2(self, server, arguments):
        with open(os.path.join(os.path.dirname(mode_file), "tokens")) as file:
            good = file.read().split()
        said = base64.b64decode(arguments[1]).decode()
        token = said.split("auth=Bearer ")[1].rstrip("\x01")
        return AuthResult(success=token in good, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        now = mode()
        if now == "busy":
            return "451 busy"
        if now == "greylist" and address not in seen:
            seen.add(address)
            return "451 greylisted, come back later"
        if now == "refuse " + address:
            return "550 5.1.1 <%s>: no such user" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        now = mode()
        content = rewritten(envelope.content) if now == "rewrite" else envelope.content
        if now not in ("vanish", "reject"):
            # One by one: smtplib reads one answer, and LMTP gives one for each recipient.
            for recipient in envelope.rcpt_tos:
                with smtplib.LMTP("127.0.0.1", lmtp) as inbox:
                    inbox.sendmail(envelope.mail_from, [recipient], content)
        if now in ("die", "vanish"):
            server.transport.abort()
            return "250 never heard"
        if now in ("dispute", "reject"):
            return "550 looks like spam"
        return "250 queued"


def sign_in(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"secret"
    return AuthResult(success=good, handled=False)


controller = Controller(Handler(), hostname="127.0.0.1", port=port, authenticator=sign_in, auth_required=False,
                        auth_require_tls=False)
controller.start()
asyncio.new_event_loop().run_forever()
