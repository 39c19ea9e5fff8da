//! Secrets that stand in records by mistake, masked before anybody reads them.

/// What stands for a secret.
pub(crate) const MASK: &str = "(masked)";
/// The shortest credential behind `Bearer` or `Basic`.
const SHORTEST: usize = 12;
/// What names of secrets end with, without case, blanks and signs.
const NAMES: [&str; 20] = [
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
];
/// What keys of known makers begin with.
const BEGINNINGS: [&str; 16] = [
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
];

/// The text with a mask for each secret: values of secret names, credentials, keys and tokens of known shapes.
pub(crate) fn mask(text: &str) -> String {
    let text = match text.find("-----BEGIN ").filter(|_| text.contains("PRIVATE KEY")) {
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
                    self.state = State::Named;
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
}
