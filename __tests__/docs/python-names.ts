/**
 * The names that somebody who comes from Python may search for: classes, methods, parameters, hooks, errors
 * and switches of the client sides of Authlib, Requests-OAuthlib, Async-OAuthlib and OAuthlib. A name that
 * means several things stands here once.
 */
const lists = {
  // Authlib: sessions and clients of requests and httpx
  'Authlib, OAuth 2': `
    OAuth2Session OAuth2Client AsyncOAuth2Client OAuth2Auth OAuth2ClientAuth ClientAuth TokenAuth OAuth2Token
    client_id client_secret authorization_endpoint token_endpoint token_endpoint_auth_method revocation_endpoint
    revocation_endpoint_auth_method introspection_endpoint scope state redirect_uri code_challenge_method token
    token_placement update_token leeway default_timeout response_type response_mode nonce prompt login_hint grant_type
    create_authorization_url code_verifier fetch_token url body method headers auth authorization_response code username
    password fetch_access_token token_from_fragment introspect_token token_type_hint refresh_token revoke_token
    register_client_auth_method register_compliance_hook client_auth ensure_active_token parse_response_token set_token
    access_token_response refresh_token_request refresh_token_response protected_request revoke_token_request
    introspect_token_request compliance_hook client_secret_basic client_secret_post none encode_client_secret_basic
    encode_client_secret_post encode_none request get post put patch delete stream close withhold_token is_expired
    from_dict handle_error SIGN_METHODS DEFAULT_TOKEN_TYPE prepare add_bearer_token add_to_uri add_to_headers add_to_body
    token_auth_class client_auth_class oauth_error_class SESSION_REQUEST_PARAMS EXTRA_AUTHORIZE_PARAMS auth_flow
    DEFAULT_AUTH_METHODS DEFAULT_HEADERS HTTPX_CLIENT_KWARGS REQUESTS_SESSION_KWARGS _guess_grant_type
    create_s256_code_challenge prepare_grant_uri prepare_token_request parse_authorization_code_response
    parse_implicit_response`,
  'Authlib, transport': `
    proxies hooks verify cert max_redirects trust_env allow_redirects timeout cookies files json data params http1 http2
    proxy mounts follow_redirects limits event_hooks base_url transport default_encoding`,
  'Authlib, assertions': `
    AssertionSession AsyncAssertionClient AssertionClient AssertionAuth issuer subject audience claims key header alg
    issued_at expires_at expires_in ClientSecretJWT PrivateKeyJWT client_secret_jwt private_key_jwt client_secret_jwt_sign
    private_key_jwt_sign sign_jwt_bearer_assertion JWTBearerGrant DEFAULT_GRANT_TYPE ASSERTION_METHODS
    JWT_BEARER_GRANT_TYPE GoogleServiceAccount`,
  'Authlib, OAuth 1': `
    OAuth1Session OAuth1Client AsyncOAuth1Client OAuth1Auth token_secret rsa_key verifier signature_method signature_type
    force_include_body realm fetch_request_token request_token parse_authorization_response rebuild_auth auth_class
    register_signature_method get_oauth_signature get_oauth_params sign SIGNATURE_HMAC_SHA1 SIGNATURE_RSA_SHA1
    SIGNATURE_PLAINTEXT SIGNATURE_TYPE_HEADER SIGNATURE_TYPE_QUERY SIGNATURE_TYPE_BODY construct_base_string
    normalize_base_string_uri normalize_parameters generate_signature_base_string hmac_sha1_signature rsa_sha1_signature
    plaintext_signature sign_hmac_sha1 sign_rsa_sha1 sign_plaintext prepare_headers prepare_form_encoded_body
    prepare_request_uri_query`,
  'Authlib, registry': `
    OAuth register create_client init_app app config cache name overwrite request_token_url request_token_params
    access_token_url access_token_params refresh_token_url refresh_token_params authorize_url authorize_params api_base_url
    client_kwargs server_metadata_url compliance_fix client_auth_methods user_agent client_cls OAUTH_APP_CONFIG
    generate_client_kwargs load_config AUTHLIB_OAUTH_CLIENTS NAME_CLIENT_ID authorize_redirect save_authorize_data
    authorize_access_token set_state_data get_state_data clear_state_data token_update FlaskIntegration DjangoIntegration
    StarletteIntegration FrameworkIntegration FlaskOAuth1App FlaskOAuth2App DjangoOAuth1App DjangoOAuth2App
    StarletteOAuth1App StarletteOAuth2App BaseOAuth BaseApp OAuth1Mixin OAuth2Mixin OpenIDMixin AsyncOAuth1Mixin
    AsyncOAuth2Mixin AsyncOpenIDMixin oauth1_client_cls oauth2_client_cls framework_integration_cls OAUTH_CLIENT_PARAMS`,
  'Authlib, OpenID Connect': `
    parse_id_token claims_options claims_cls userinfo UserInfo fetch_jwk_set jwks jwks_uri create_logout_url logout_redirect
    id_token_hint logout_hint ui_locales validate_logout_response load_server_metadata get_well_known_url
    OpenIDProviderMetadata CodeIDToken ImplicitIDToken HybridIDToken IDToken AuthorizationServerMetadata ESSENTIAL_CLAIMS validate_nonce validate_azp
    validate_at_hash validate_c_hash validate_auth_time validate_amr get_claim_cls_by_response_type`,
  'Requests-OAuthlib and Async-OAuthlib': `
    OAuth2 OAuth1 client auto_refresh_url auto_refresh_kwargs token_updater pkce new_state authorization_url authorized
    access_token token_url force_querystring include_client_id verify_ssl ssl_context access_token_request TokenUpdated
    client_key resource_owner_key resource_owner_secret callback_uri client_class decoding urldecode TokenRequestDenied
    TokenMissing VerifierMissing facebook_compliance_fix fitbit_compliance_fix slack_compliance_fix
    instagram_compliance_fix mailchimp_compliance_fix weibo_compliance_fix plentymarkets_compliance_fix
    ebay_compliance_fix douban_compliance_fix linkedin_compliance_fix`,
  'OAuthlib, clients': `
    Client WebApplicationClient MobileApplicationClient LegacyApplicationClient BackendApplicationClient
    ServiceApplicationClient DeviceClient default_token_placement token_type mac_key mac_algorithm redirect_url
    state_generator code_challenge refresh_token_key token_types add_token prepare_authorization_request
    prepare_refresh_token_request prepare_token_revocation_request prepare_request_uri prepare_request_body
    prepare_refresh_body parse_request_uri_response parse_request_body_response create_code_verifier create_code_challenge
    populate_code_attributes populate_token_attributes _populate_attributes callback private_key extra_claims not_before
    jwt_id scope_changed old_scope old_scopes scopes missing_scopes additional_scopes`,
  'OAuthlib, functions': `
    parse_token_response validate_token_parameters parse_expires prepare_mac_header ext draft issue_time hash_algorithm
    prepare_bearer_uri prepare_bearer_headers prepare_bearer_body list_to_scope scope_to_list params_from_uri host_from_uri
    generate_age is_secure_transport raise_from_error generate_token generate_nonce generate_timestamp generate_client_id
    generate_signed_token add_params_to_uri add_params_to_qs url_encode url_decode urlencode quote unquote quote_url escape
    unescape extract_params encode_params_utf8 decode_params_utf8 safe_string_equals to_unicode to_bytes CaseInsensitiveDict
    is_valid_url is_uri is_absolute_uri set_debug get_debug FORM_ENC_HEADERS AUTH_HEADER URI_QUERY BODY`,
  'OAuthlib, OAuth 1': `
    encoding timestamp SIGNATURE_HMAC SIGNATURE_HMAC_SHA256 SIGNATURE_HMAC_SHA512 SIGNATURE_RSA SIGNATURE_RSA_SHA256
    SIGNATURE_RSA_SHA512 SIGNATURE_METHODS SIGNATURE_TYPE_AUTH_HEADER _render sign_hmac_sha256 sign_hmac_sha512
    signature_base_string base_string_uri collect_parameters filter_params filter_oauth_params parse_authorization_header
    parse_keqv_list parse_http_list oauth_version`,
  errors: `
    OAuth2Error TokenExpiredError InsecureTransportError MismatchingStateError MissingCodeError MissingTokenError
    MissingTokenTypeError FatalClientError InvalidRequestFatalError InvalidRedirectURIError MissingRedirectURIError
    MismatchingRedirectURIError InvalidClientIdError MissingClientIdError InvalidRequestError MissingResponseTypeError
    MissingCodeChallengeError MissingCodeVerifierError AccessDeniedError AccessDenied UnsupportedResponseTypeError
    UnsupportedCodeChallengeMethodError InvalidScopeError ServerError TemporarilyUnavailableError InvalidClientError
    InvalidGrantError UnauthorizedClientError UnsupportedGrantTypeError UnsupportedTokenTypeError InvalidTokenError
    InsufficientScopeError ConsentRequired LoginRequired InteractionRequired AccountSelectionRequired InvalidRequestURI
    InvalidRequestObject RequestNotSupported RequestURINotSupported RegistrationNotSupported OpenIDClientError
    FatalOpenIDClientError CustomOAuth2Error AuthorizationPendingError SlowDownError ExpiredTokenError error description uri
    status_code in_uri twotuples urlencoded OAuth1Error InvalidSignatureMethodError UnsupportedParameterError
    UnsupportedSignatureMethodError MissingRequiredParameterError DuplicatedOAuthProtocolParameterError
    InvalidSignatureError InvalidNonceError MethodNotAllowedError MissingCodeException MissingTokenException
    MissingTokenTypeException MismatchingStateException OAuthError MissingRequestTokenError AuthlibBaseError AuthlibHTTPError
    token_expired token_invalid insecure_transport mismatching_state missing_code missing_token missing_token_type
    missing_request_token missing_verifier fetch_token_denied MissingAuthorizationError ForbiddenError ContinueIteration get_body get_headers`,
  switches: `
    OAUTHLIB_INSECURE_TRANSPORT AUTHLIB_INSECURE_TRANSPORT OAUTHLIB_RELAX_TOKEN_SCOPE OAUTHLIB_STRICT_TOKEN_TYPE`,
}

/** All of them, each once. */
export const names = [...new Set(Object.values(lists).flatMap(list => list.trim().split(/\s+/)))]
