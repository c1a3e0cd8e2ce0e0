"""A provider made of Python's oauthlib: it shares no code and no author with the library under test.

Prints its port, then serves /request_token, /access_token and anything else as a protected resource on 127.0.0.1.
The answer of a protected resource is 200 or 401, with what oauthlib made of the request.
"""
import json
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from oauthlib.oauth1 import AccessTokenEndpoint, RequestTokenEndpoint, RequestValidator, ResourceEndpoint

CLIENTS = {"clientkey0123456789abcdef": "client & secret/+%", "plainkey0123456789abcdef0": "plainsecret"}
VERIFIER = "verifier0123456789abcdef"
REQUEST, ACCESS, SEEN = {}, {}, set()


class Validator(RequestValidator):
    enforce_ssl = False
    realms = ["default"]
    dummy_client = dummy_request_token = dummy_access_token = "dummy012345678901234567"

    def validate_client_key(self, client_key, request):
        return client_key in CLIENTS

    def get_client_secret(self, client_key, request):
        return CLIENTS.get(client_key, "")

    def get_rsa_key(self, client_key, request):
        return os.environ["PUBLIC_KEY"]

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        once = (timestamp, nonce, request_token, access_token)
        fresh = once not in SEEN
        SEEN.add(once)
        return fresh

    def get_default_realms(self, client_key, request):
        return ["default"]

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri == "oob" or redirect_uri.startswith("https://app.test/")

    def save_request_token(self, token, request):
        REQUEST[token["oauth_token"]] = token

    def validate_request_token(self, client_key, token, request):
        return token in REQUEST

    def get_request_token_secret(self, client_key, token, request):
        return REQUEST.get(token, {}).get("oauth_token_secret", "")

    def validate_verifier(self, client_key, token, verifier, request):
        return verifier == VERIFIER

    def get_realms(self, token, request):
        return ["default"]

    def invalidate_request_token(self, client_key, request_token, request):
        REQUEST.pop(request_token, None)

    def save_access_token(self, token, request):
        ACCESS[token["oauth_token"]] = token

    def validate_access_token(self, client_key, token, request):
        return token in ACCESS

    def get_access_token_secret(self, client_key, token, request):
        return ACCESS.get(token, {}).get("oauth_token_secret", "")


validator = Validator()
request_tokens = RequestTokenEndpoint(validator, token_generator=lambda: secrets.token_hex(12))
access_tokens = AccessTokenEndpoint(validator, token_generator=lambda: secrets.token_hex(12))
resources = ResourceEndpoint(validator)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = (f"http://{self.headers['Host']}{self.path}", self.command, body, dict(self.headers.items()))
        path = self.path.split("?")[0]
        try:
            if path == "/request_token":
                headers, text, status = request_tokens.create_request_token_response(*call)
            elif path == "/access_token":
                headers, text, status = access_tokens.create_access_token_response(*call, credentials={"user": "jane"})
            else:
                valid, request = resources.validate_protected_resource_request(*call, realms=["default"])
                status = 200 if valid else 401
                log = getattr(request, "validator_log", {})
                text = json.dumps({"valid": valid, "log": {key: bool(value) for key, value in log.items()}})
        except Exception as error:  # oauthlib's own complaints are what the test wants to see
            status, text = 500, repr(error)
        data = (text or "").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
