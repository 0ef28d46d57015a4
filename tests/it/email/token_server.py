"""A provider of tokens for the tests: codes for devices, a page with PKCE, refresh, introspection.

Arguments: own port, folder for what it knows, the one user. Whoever puts `expire` or `revoke` into the file `wish`
ends the access tokens, or everything.
"""

import base64
import hashlib
import http.server
import json
import os
import sys
import urllib.parse

port, folder, user = int(sys.argv[1]), sys.argv[2], sys.argv[3]
access, refresh, polls, challenges = set(), set(), {}, {}
count = 0


def obey():
    wish = os.path.join(folder, "wish")
    if os.path.exists(wish):
        with open(wish) as file:
            said = file.read().strip()
        os.remove(wish)
        access.clear()
        if said == "revoke":
            refresh.clear()
        publish()


def publish():
    # The SMTP server of the tests reads which tokens are good.
    with open(os.path.join(folder, "tokens.part"), "w") as file:
        file.write("\n".join(access))
    os.rename(os.path.join(folder, "tokens.part"), os.path.join(folder, "tokens"))


def issue():
    global count
    count += 1
    refresh.clear()
    access.add("access-%d" % count)
    refresh.add("refresh-%d" % count)
    publish()
    return 200, {"access_token": "access-%d" % count, "refresh_token": "refresh-%d" % count, "expires_in": 3600}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def say(self, status, answer, headers=()):
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        obey()
        url = urllib.parse.urlparse(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/introspect":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            active = "yes" if token in access else "no"
            return self.say(200, {"email": user, "active": active})
        if url.path == "/authorize" and asked.get("code_challenge_method") == "S256":
            challenges["the-code"] = asked["code_challenge"]
            back = asked["redirect_uri"] + "/?" + urllib.parse.urlencode({"code": "the-code", "state": asked["state"]})
            return self.say(302, {}, [("Location", back)])
        self.say(404, {})

    def do_POST(self):
        obey()
        length = int(self.headers.get("Content-Length", 0))
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        if form.get("client_id") != "understudy-test":
            return self.say(400, {"error": "invalid_client"})
        if self.path == "/device":
            return self.say(200, {"device_code": "dc", "user_code": "ABCD-EFGH", "interval": 0,
                                  "verification_uri": "http://127.0.0.1/device", "expires_in": 900})
        kind = form.get("grant_type", "")
        if kind.endswith("device_code"):
            polls["dc"] = polls.get("dc", 0) + 1
            return self.say(*(issue() if polls["dc"] % 2 == 0 else (400, {"error": "authorization_pending"})))
        if kind == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            good = challenges.pop(form["code"], "") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            return self.say(*(issue() if good else (400, {"error": "invalid_grant"})))
        if kind == "refresh_token":
            return self.say(*(issue() if form["refresh_token"] in refresh else (400, {"error": "invalid_grant"})))
        self.say(400, {"error": "unsupported_grant_type"})


publish()
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
