"""An OAuth 2 server and an API on loopback, made of Authlib's server classes. It prints its port.

GET /events answers the refused and revoked tokens; POST /expire ends the life of every access token.
"""
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

os.environ['AUTHLIB_INSECURE_TRANSPORT'] = '1'

from authlib.jose import JsonWebKey  # noqa: E402
from authlib.oauth2 import OAuth2Error  # noqa: E402
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, ResourceProtector, TokenMixin, grants  # noqa: E402
from authlib.oauth2.rfc6749.wrappers import HttpRequest  # noqa: E402
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator  # noqa: E402
from authlib.oauth2.rfc7009 import RevocationEndpoint  # noqa: E402
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant  # noqa: E402
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint  # noqa: E402
from authlib.oauth2.rfc7636 import CodeChallenge  # noqa: E402
from authlib.oauth2.rfc7662 import IntrospectionEndpoint  # noqa: E402
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant  # noqa: E402
from authlib.common.security import generate_token  # noqa: E402
from authlib.oidc.core import UserInfo  # noqa: E402
from authlib.oidc.core.grants import OpenIDCode as BaseOpenIDCode  # noqa: E402

PERSON = type('Person', (), {'id': 'ann', 'get_user_id': lambda self: 'ann'})()
SIGNING_KEY = JsonWebKey.generate_key('RSA', 2048, {'kid': 'k1', 'use': 'sig', 'alg': 'RS256'}, is_private=True)
CLIENT_KEYS = JsonWebKey.import_key_set(json.loads(os.environ['CLIENT_JWKS']))
GRANTS = [
    'authorization_code', 'refresh_token', 'client_credentials', 'password', 'implicit',
    'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer',
]

clients, tokens, codes, devices, events = {}, [], {}, {}, []


class Client(ClientMixin):
    def __init__(self, client_id, secret, method, redirect_uris=('http://127.0.0.1/callback',)):
        self.client_id, self.secret, self.method, self.redirect_uris = client_id, secret, method, redirect_uris

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope):
        return scope or ''

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, secret):
        return self.secret == secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_response_type(self, response_type):
        return True

    def check_grant_type(self, grant_type):
        return grant_type in GRANTS


class Token(TokenMixin):
    def __init__(self, fields, client_id, user):
        self.client_id, self.user = client_id, user
        self.access_token, self.refresh_token = fields['access_token'], fields.get('refresh_token')
        self.scope, self.expires_at = fields.get('scope', ''), time.time() + fields['expires_in']
        self.revoked = False

    def check_client(self, client):
        return self.client_id == client.get_client_id()

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return 3600

    def is_expired(self):
        return self.expires_at < time.time()

    def is_revoked(self):
        return self.revoked


def token_of(text):
    return next((token for token in tokens if text in (token.access_token, token.refresh_token)), None)


class Server(AuthorizationServer):
    def query_client(self, client_id):
        return clients.get(client_id)

    def save_token(self, token, request):
        tokens.append(Token(token, request.client.get_client_id(), request.user))

    def create_oauth2_request(self, request):
        return OAuth2Request(*request)

    def create_json_request(self, request):
        method, uri, body, headers = request
        return HttpRequest(method, uri, body, headers)

    def send_signal(self, name, *args, **kwargs):
        pass

    def handle_response(self, status, body, headers):
        return status, body, headers


class Code:
    def __init__(self, request):
        data = request.data
        self.redirect_uri, self.scope, self.nonce = request.redirect_uri, request.scope, data.get('nonce')
        self.code_challenge = data.get('code_challenge')
        self.code_challenge_method = data.get('code_challenge_method')
        self.client_id, self.auth_time = request.client.get_client_id(), int(time.time())

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none', 'client_assertion_jwt']

    def save_authorization_code(self, code, request):
        codes[code] = Code(request)

    def query_authorization_code(self, code, client):
        found = codes.get(code)
        return found if found and found.client_id == client.get_client_id() else None

    def delete_authorization_code(self, authorization_code):
        for code in [code for code, value in codes.items() if value is authorization_code]:
            del codes[code]

    def authenticate_user(self, authorization_code):
        return PERSON


class OpenIDCode(BaseOpenIDCode):
    def exists_nonce(self, nonce, request):
        return False

    def get_jwt_config(self, grant):
        return {'key': SIGNING_KEY, 'alg': 'RS256', 'iss': issuer(), 'exp': 3600}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=user.id, name='Ann')


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        token = next((token for token in tokens if token.refresh_token == refresh_token), None)
        if token and token.revoked:
            events.append('a spent refresh token came')
        return token if token and not token.revoked else None

    def authenticate_user(self, credential):
        return credential.user

    def revoke_old_credential(self, credential):
        credential.revoked = True


class ClientCredentialsGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'client_assertion_jwt']


class PasswordGrant(grants.ResourceOwnerPasswordCredentialsGrant):
    def authenticate_user(self, username, password):
        return PERSON if (username, password) == ('ann', 'pässword &+%') else None


class Device(DeviceCodeGrant):
    def query_device_credential(self, device_code):
        return devices.get(device_code)

    def query_user_grant(self, user_code):
        credential = next(device for device in devices.values() if device['user_code'] == user_code)
        credential['asked'] += 1
        return (PERSON, True) if credential['asked'] > 2 else None

    def should_slow_down(self, credential):
        return False


class Credential(dict):
    def get_client_id(self):
        return self['client_id']

    def get_scope(self):
        return self['scope']

    def get_user_code(self):
        return self['user_code']

    def is_expired(self):
        return False


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    def get_verification_uri(self):
        return f'{issuer()}/device'

    def save_device_credential(self, client_id, scope, data):
        devices[data['device_code']] = Credential(data, client_id=client_id, scope=scope, asked=0)


class JWTGrant(JWTBearerGrant):
    def resolve_issuer_client(self, issuer):
        return clients.get(issuer)

    def resolve_client_key(self, client, headers, payload):
        return CLIENT_KEYS.find_by_kid(headers['kid'])

    def authenticate_user(self, subject):
        return PERSON if subject == 'ann' else None

    def has_granted_permission(self, client, user):
        return True


class ClientAssertion(JWTBearerClientAssertion):
    used = set()

    def validate_jti(self, claims, jti):
        fresh = jti not in self.used
        self.used.add(jti)
        return fresh

    def resolve_client_public_key(self, client, headers):
        return client.secret.encode() if headers['alg'].startswith('HS') else CLIENT_KEYS.find_by_kid(headers['kid'])


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS

    def query_token(self, token_string, token_type_hint):
        return token_of(token_string)

    def revoke_token(self, token, request):
        token.revoked = True
        events.append(f"revoked by its {request.form.get('token_type_hint')}")


class Introspection(IntrospectionEndpoint):
    def check_permission(self, token, client, request):
        return True

    def query_token(self, token_string, token_type_hint):
        return token_of(token_string)

    def introspect_token(self, token):
        return {'active': True, 'client_id': token.client_id, 'scope': token.scope, 'sub': token.user and token.user.id}


class Registration(ClientRegistrationEndpoint):
    def authenticate_token(self, request):
        return request.headers.get('Authorization') == 'Bearer initial'

    def get_server_metadata(self):
        return metadata()

    def save_client(self, client_info, client_metadata, request):
        method = client_metadata.get('token_endpoint_auth_method', 'client_secret_basic')
        client = Client(client_info['client_id'], client_info['client_secret'], method, client_metadata['redirect_uris'])
        clients[client.client_id] = client
        return client


class ApiToken(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return next((token for token in tokens if token.access_token == token_string), None)


def metadata():
    return {
        'issuer': issuer(),
        'authorization_endpoint': f'{issuer()}/authorize',
        'token_endpoint': f'{issuer()}/token',
        'revocation_endpoint': f'{issuer()}/revoke',
        'introspection_endpoint': f'{issuer()}/introspect',
        'device_authorization_endpoint': f'{issuer()}/device_authorization',
        'registration_endpoint': f'{issuer()}/register',
        'jwks_uri': f'{issuer()}/jwks',
        'scopes_supported': ['openid', 'profile', 'read', 'write'],
        'response_types_supported': ['code', 'token'],
        'grant_types_supported': GRANTS,
        'code_challenge_methods_supported': ['S256'],
        'token_endpoint_auth_methods_supported': [
            'client_secret_basic', 'client_secret_post', 'none', 'client_secret_jwt', 'private_key_jwt',
        ],
    }


def issuer():
    return f'http://127.0.0.1:{http.server_port}'


def generate(*_args, **_more):
    return generate_token(40)


def expires_in(*_args):
    return 3600


server = Server(['openid', 'profile', 'read', 'write'])
server.register_token_generator('default', BearerTokenGenerator(generate, generate, expires_in))
server.register_grant(AuthorizationCodeGrant, [CodeChallenge(required=True), OpenIDCode()])
for grant in (RefreshTokenGrant, ClientCredentialsGrant, PasswordGrant, grants.ImplicitGrant, Device, JWTGrant):
    server.register_grant(grant)
for endpoint in (Revocation, Introspection, DeviceAuthorization, Registration):
    server.register_endpoint(endpoint)
api = ResourceProtector()
api.register_token_validator(ApiToken())

ENDPOINTS = {'/revoke': 'revocation', '/introspect': 'introspection', '/device_authorization': 'device_authorization'}


def answer(method, path, request):
    if path == '/.well-known/oauth-authorization-server':
        return 200, metadata(), {}
    if path == '/jwks':
        return 200, {'keys': [SIGNING_KEY.as_dict(is_private=False)]}, {}
    if path == '/authorize':
        return server.create_authorization_response(request, grant_user=PERSON)
    if path == '/token':
        return server.create_token_response(request)
    if path in ENDPOINTS:
        return server.create_endpoint_response(ENDPOINTS[path], request)
    if path == '/register':
        return server.create_endpoint_response('client_registration', request)
    if path == '/events':
        return 200, events, {}
    if path == '/expire':
        for token in tokens:
            token.expires_at = 0
        return 200, {}, {}
    try:
        token = api.validate_request(['read'], HttpRequest(*request))
        return 200, {'sub': token.user and token.user.id, 'scope': token.scope}, {}
    except OAuth2Error as error:
        return error()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def handle_any(self):
        text = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        is_json = self.headers.get('Content-Type', '').startswith('application/json')
        body = json.loads(text) if is_json and text else dict(parse_qsl(text, keep_blank_values=True))
        path = urlsplit(self.path).path
        status, content, headers = answer(self.command, path, (self.command, issuer() + self.path, body, self.headers))
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        headers = dict(headers or {})
        headers.setdefault('Content-Type', 'application/json')
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = handle_any

    def log_message(self, format, *args):
        pass


http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.register_client_auth_method('client_assertion_jwt', ClientAssertion(f'{issuer()}/token'))
for client in (
    Client('basic', 'plain-secret', 'client_secret_basic'),
    Client('post', 'sécret: &+%/', 'client_secret_post'),
    Client('spa', '', 'none'),
    Client('jwt', 'a shared secret of thirty-two characters', 'client_assertion_jwt'),
):
    clients[client.client_id] = client
print(http.server_port, flush=True)
http.serve_forever()
