//! Secrets that stand in records by mistake, masked before anybody reads them.

/// What stands for a secret.
pub(crate) const MASK: &str = "(masked)";
/// The shortest credential behind `Bearer` or `Basic`.
const SHORTEST: usize = 12;
/// What names of secrets end with, without case, blanks and signs.
const NAMES: [&str; 25] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secretvalue",
    "secrettext",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "sastoken",
    "apikey",
    "accountkey",
    "accesskey",
    "privatekey",
    "clientassertion",
    "connectionstring",
    "authorization",
    "sharedaccesssignature",
    "cookie",
    "sharedaccesskey",
    "instrumentationkey",
    "subscriptionkey",
    "recoverykey",
    "authenticationpin",
];
/// What keys of known makers begin with.
const BEGINNINGS: [&str; 19] = [
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "SG.",
    "npm_",
    "eyJ",
    "0.A",
    "1.A",
    "M.C",
];

/// The text with a mask for each secret: values of secret names, credentials, keys and tokens of known shapes.
pub(crate) fn mask(text: &str) -> String {
    let key = text.find("-----BEGIN ").filter(|_| text.contains("PRIVATE KEY"));
    // Cookies go to the end: each of them has a name of its own.
    let cookie = text.to_ascii_lowercase().find("cookie:").map(|at| at + "cookie:".len());
    let text = match key.into_iter().chain(cookie).min() {
        Some(at) => format!("{}{MASK}", &text[..at]),
        None => text.to_owned(),
    };
    let mut masker = Masker { made: String::with_capacity(text.len()), state: State::Nothing };
    let mut rest = text.as_str();
    while !rest.is_empty() {
        rest = masker.step(rest);
    }
    masker.made
}

/// Whether a member or parameter of this name holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(plain.as_str(), "sig" | "token" | "pass" | "codeverifier")
        || NAMES.iter().any(|end| plain.ends_with(end))
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Nothing,
    /// A name of a secret was read.
    Named,
    /// Its value comes next.
    Awaited,
    /// `Bearer` was read.
    Scheme,
}

struct Masker {
    made: String,
    state: State,
}

impl Masker {
    /// Reads one delimiter or one token, and says what is left.
    fn step<'t>(&mut self, rest: &'t str) -> &'t str {
        let end = rest.find(is_delimiter).unwrap_or(rest.len());
        if end > 0 {
            self.token(&rest[..end]);
            return &rest[end..];
        }
        let Some(first) = rest.chars().next() else { return "" };
        self.made.push(first);
        let rest = &rest[first.len_utf8()..];
        if self.state == State::Awaited && matches!(first, '"' | '\'') {
            self.made.push_str(MASK);
            self.state = State::Nothing;
            return rest.find(first).map_or("", |end| &rest[end..]);
        }
        rest
    }

    fn token(&mut self, token: &str) {
        let state = std::mem::replace(&mut self.state, State::Nothing);
        let is_scheme = token.eq_ignore_ascii_case("bearer") || token.eq_ignore_ascii_case("basic");
        if is_scheme {
            self.state = State::Scheme;
            return self.made.push_str(token);
        }
        let value = token.trim_start_matches([':', '=']);
        let signs = &token[..token.len() - value.len()];
        let is_awaited = state == State::Awaited || (state == State::Named && !signs.is_empty());
        match (is_awaited, state) {
            (true, _) if value.is_empty() => self.state = State::Awaited,
            (true, _) => return self.hide(signs),
            (_, State::Scheme) if token.len() >= SHORTEST => return self.hide(""),
            _ => {}
        }
        self.pair(token);
    }

    /// A token that may be a name with its value.
    fn pair(&mut self, token: &str) {
        if let Some((before, behind)) = credentials(token) {
            self.hide(before);
            return self.made.push_str(behind);
        }
        let split = token.find([':', '=']).filter(|at| is_secret_name(&token[..*at]));
        match split {
            Some(at) if at + 1 < token.len() => self.hide(&token[..=at]),
            Some(_) => {
                self.state = State::Awaited;
                self.made.push_str(token);
            }
            None if token.split([':', '=']).any(has_known_shape) => self.hide(""),
            None => {
                if is_secret_name(token) {
                    self.state = if token.starts_with('-') { State::Awaited } else { State::Named };
                }
                self.made.push_str(token);
            }
        }
    }

    fn hide(&mut self, before: &str) {
        self.made.push_str(before);
        self.made.push_str(MASK);
    }
}

/// An address with a password, as what stands before the password and what stands behind.
fn credentials(token: &str) -> Option<(&str, &str)> {
    let start = token.find("://")? + "://".len();
    let end = token[start..].find('/').map_or(token.len(), |end| start + end);
    let at = token[start..end].rfind('@')? + start;
    let colon = token[start..at].find(':')? + start;
    Some((&token[..=colon], &token[at..]))
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "\"',;&?(){}[]<>|\\".contains(c)
}

fn has_known_shape(token: &str) -> bool {
    let is_long = token.len() >= 20;
    (is_long && BEGINNINGS.iter().any(|start| token.starts_with(start)))
        || (token.len() >= 30 && token.contains("Q~"))
        || is_key(token)
}

/// Whether it looks like random bytes in base64. Digests in hexadecimal and GUIDs do not.
fn is_key(token: &str) -> bool {
    let ends = token.ends_with('=');
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '=' || (ends && c == '/');
    token.len() >= 40
        && token.chars().all(fits)
        && token.chars().any(|c| c.is_ascii_lowercase())
        && token.chars().any(|c| c.is_ascii_uppercase())
        && token.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        for (text, expected) in [
            ("client_secret=abc123 rest", "client_secret=(masked) rest"),
            (r#"{"password":"a b;c","x":1}"#, r#"{"password":"(masked)","x":1}"#),
            ("Password: hunter2", "Password: (masked)"),
            ("https://x/y?sv=1&sig=a%2Fb&se=2", "https://x/y?sv=1&sig=(masked)&se=2"),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer (masked)"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "(masked)"),
            ("AccountKey=aGVsbG8=;EndpointSuffix=x", "AccountKey=(masked);EndpointSuffix=x"),
            ("xyz8Q~abcdefghijklmnopqrstuvwxyz0123456", "(masked)"),
            ("a -----BEGIN RSA PRIVATE KEY----- MIIE", "a (masked)"),
            ("Reset password of kim@contoso.com", "Reset password of kim@contoso.com"),
            ("bbbbbbbb-0000-4000-8000-000000000003", "bbbbbbbb-0000-4000-8000-000000000003"),
            ("PasswordPolicies=DisablePasswordExpiration", "PasswordPolicies=DisablePasswordExpiration"),
        ] {
            assert_eq!(mask(text), expected);
        }
    }

    #[test]
    fn no_secret_of_the_corpus_is_left() {
        for (text, secret) in [
            ("https://kim:Winter2026@files.example/x", "Winter2026"),
            ("ftp://svc:p%40ss-word@10.0.0.1", "p%40ss-word"),
            ("Server=db;User ID=sa;Password=Wint er2026!;Encrypt=yes", "Wint"),
            ("Pwd = 'Wint er'", "Wint er"),
            ("https://x.blob.example/c?sv=2024-01-01&sr=b&sig=abc%2Bdef%3D&se=2027", "abc%2Bdef"),
            ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=q1w2e3r4==", "q1w2e3r4"),
            ("Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=abcDEF123=", "abcDEF123"),
            ("InstrumentationKey=11111111-2222-4333-8444-555555555555;x", "11111111-2222"),
            (r#"{"clientSecret":"abc-def"}"#, "abc-def"),
            (r#"{"client_secret" : "abc def"}"#, "abc def"),
            (r#"{\"password\":\"abc-def\"}"#, "abc-def"),
            ("--password hunter2 --user kim", "hunter2"),
            ("net user kim /password:hunter2", "hunter2"),
            ("token: abcdefghijkl", "abcdefghijkl"),
            ("Set-Cookie: session=abcdef; Path=/", "abcdef"),
            ("Cookie: a=1234567; b=7654321", "7654321"),
            ("x-api-key: 0123456789", "0123456789"),
            ("Ocp-Apim-Subscription-Key: 0123456789", "0123456789"),
            ("Authorization: Basic a2ltOmh1bnRlcjI=", "a2ltOmh1"),
            ("bearer abcdefghijklmnop", "abcdefghijklmnop"),
            ("code=0.AXoAabcdefghijklmnopqrstuvwxyz0123456789-_AB&state=1", "AXoAabc"),
            ("M.C5_BAY.0.U.-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ", "abcdefghijklmnop"),
            ("aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ5", "aGVsbG8gd29"),
            ("k8JxQ~1234567890123456789012345678901", "Q~123"),
            ("sk-proj-abcdefghijklmnopqrst", "abcdefghij"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "\nabc"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "JBSWY3"),
            ("StrongAuthenticationPin=482913", "482913"),
            ("recoveryKey: 123456-234567-345678-456789-567890-678901-789012-890123", "234567-345678"),
        ] {
            let told = mask(text);
            assert!(!told.contains(secret), "{text:?} became {told:?}");
        }
    }
}
