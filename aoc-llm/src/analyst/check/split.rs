//! A sentence in pieces, each of which has to be proven.

use super::{
    lex::{Known, Sort, Token, lex, time},
    tally, words,
};

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A whole value of a record: a name, an operation, an address. Folded.
    Value { text: String, role: Role },
    /// A stem.
    Word(String),
    /// A number, and whether it counts events.
    Number { number: String, counts: bool },
    /// A time or a date: as written, `--11-19` for a day, the name of a weekday.
    Time(String),
}

/// Which part something has in a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It does it.
    Actor,
    /// It is done to.
    Target,
    /// It is whose or of what something is, or where it is done.
    At,
    /// It is what was before, or where something is taken away.
    From,
    /// It is what came after, or where something goes.
    To,
    /// An operation, a service, a property, an address.
    Plain,
}

/// The pieces of a sentence.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    pub(super) pieces: Vec<Piece>,
    /// Which pieces are joined by `and` to the one before, which has the same part in the deed.
    pub(super) joined: Vec<usize>,
    /// Pieces beside which a kind of things stands, and its stem.
    pub(super) kinds: Vec<(usize, String)>,
    pub(super) is_passive: bool,
}

impl Sentence {
    /// The members of the one list that the sentence has; nothing where it has none, or several.
    pub(super) fn only_list(&self) -> Vec<usize> {
        let Some(first) = self.joined.first().and_then(|at| at.checked_sub(1)) else { return Vec::new() };
        let all: Vec<usize> = (first..=first + self.joined.len()).collect();
        if self.joined == all[1..] { all } else { Vec::new() }
    }
}

/// Splits a folded sentence; the longest values come first. `None` where it is no plain sentence about deeds.
pub(super) fn split(folded: &str, values: &[Known]) -> Option<Sentence> {
    let tokens = lex(folded, values)?;
    if tokens.iter().any(|token| matches!(token, Token::Value { known, .. } if known.is_misleading())) {
        return None;
    }
    let is_passive = tokens.iter().any(|token| matches!(token, Token::Word(word) if words::is_passive(word)));
    let sentence = Sentence { is_passive, ..Sentence::default() };
    let mut splitter =
        Splitter { sentence, before: "", lead: "", has_verb: false, has_name: false, last: None };
    let mut at = 0;
    while at < tokens.len() {
        at += splitter.step(&tokens, at)?;
    }
    Some(splitter.sentence)
}

struct Splitter<'t> {
    sentence: Sentence,
    /// The word before, if it is no article.
    before: &'t str,
    /// The preposition before, where nothing or only kinds of things stand between.
    lead: &'t str,
    has_verb: bool,
    has_name: bool,
    /// The value or time before and its token.
    last: Option<(usize, usize)>,
}

impl<'t> Splitter<'t> {
    /// Reads what begins at a token, and says how many tokens it took.
    fn step(&mut self, tokens: &[Token<'t>], at: usize) -> Option<usize> {
        if let Some((text, count)) = time(&tokens[at..]) {
            self.join(tokens, at);
            self.push(Piece::Time(text));
            self.last = Some((self.sentence.pieces.len() - 1, at + count - 1));
            (self.before, self.lead) = ("", "");
            return Some(count);
        }
        match tokens[at] {
            Token::Sign(_) => {}
            Token::Value { known, is_possessive } => {
                let role = self.role(tokens, at, known, is_possessive)?;
                self.has_name |= known.sort == Sort::Name;
                self.has_verb |= known.sort == Sort::Operation;
                self.push(Piece::Value { text: known.text.clone(), role });
                self.last = Some((self.sentence.pieces.len() - 1, at));
                self.kinds(tokens, at);
                (self.before, self.lead) = ("", "");
            }
            Token::Word(word) => self.word(tokens, at, word)?,
        }
        Some(1)
    }

    /// Notes the kinds of things right before and behind the value that was read last.
    fn kinds(&mut self, tokens: &[Token], at: usize) {
        let piece = self.sentence.pieces.len() - 1;
        let behind = match tokens.get(at + 1) {
            Some(Token::Word(word)) => word,
            _ => "",
        };
        let stems = [self.before, behind].map(words::stem).into_iter().filter(|stem| words::is_kind(stem));
        self.sentence.kinds.extend(stems.map(|stem| (piece, stem)));
    }

    fn push(&mut self, piece: Piece) {
        self.sentence.pieces.push(piece);
    }

    fn role(&mut self, tokens: &[Token], at: usize, known: &Known, is_possessive: bool) -> Option<Role> {
        let before = self.before;
        match known.sort {
            Sort::Address => {
                return matches!(before, "from" | "address" | "ip" | "").then_some(Role::Plain);
            }
            Sort::Operation => return (before != "by").then_some(Role::Plain),
            // A property that something is changed to would be a value.
            Sort::Plain => {
                let is_value = matches!(before, "by" | "from" | "to" | "into" | "onto");
                return (!is_value).then_some(Role::Plain);
            }
            Sort::Number => return Some(if before == "from" { Role::From } else { Role::To }),
            Sort::Name => {}
        }
        if let Some(role) = self.role_of_last(tokens, at) {
            self.join(tokens, at);
            return Some(role);
        }
        let attempts = is_possessive && tokens.get(at + 1) == Some(&Token::Word("attempt"));
        let is_possessive = is_possessive && !attempts;
        Some(match self.lead {
            "by" => Role::Actor,
            "from" => Role::From,
            "to" | "into" | "onto" => Role::To,
            lead if is_possessive || words::leads_to_target(lead) => Role::At,
            _ if self.sentence.is_passive || self.has_verb => Role::Target,
            // Whoever stands beside the actor before the verb would be an actor, too.
            _ if self.has_name => return None,
            _ => Role::Actor,
        })
    }

    /// The part of the name right before, where this one is joined to it or stands in brackets behind it.
    fn role_of_last(&self, tokens: &[Token], at: usize) -> Option<Role> {
        let (piece, token) = self.last?;
        let Piece::Value { role, .. } = &self.sentence.pieces[piece] else { return None };
        let is_link = |token: &Token| matches!(token, Token::Word("and") | Token::Sign(',' | '('));
        let is_near = !tokens[token + 1..at].is_empty() && tokens[token + 1..at].iter().all(is_link);
        (is_near && *role != Role::Plain).then_some(*role)
    }

    /// Notes that a value or time is one of several.
    fn join(&mut self, tokens: &[Token], at: usize) {
        let Some((piece, token)) = self.last else { return };
        let between = &tokens[token + 1..at];
        let is_link = |token: &Token| matches!(token, Token::Word("and") | Token::Sign(','));
        let is_list = between.contains(&Token::Word("and"));
        let is_of_times = matches!(self.sentence.pieces[piece], Piece::Time(_));
        let is_joined = !between.is_empty() && between.iter().all(is_link) && (is_list || !is_of_times);
        if is_joined && piece + 1 == self.sentence.pieces.len() {
            self.sentence.joined.push(piece + 1);
        }
    }

    fn word(&mut self, tokens: &[Token<'t>], at: usize, word: &'t str) -> Option<()> {
        if words::is_article(word) {
            return Some(());
        }
        let next = tokens[at + 1..]
            .iter()
            .find(|token| !matches!(token, Token::Word(word) if words::is_article(word)) && !is_quote(token));
        if words::number(word).is_some() {
            let number = words::number(word).unwrap_or_default().to_string();
            self.push(Piece::Number { number, counts: tally::counts_events(tokens, at) });
        } else if !is_fitting(word, tokens.get(at + 1)) || self.is_call(tokens, at, word) {
            return None;
        } else if !words::is_neutral(word) && !self.is_beside(tokens, at, word, next) {
            self.plain(word);
        }
        if !words::is_kind(&words::stem(word)) {
            self.lead = word;
        }
        self.before = word;
        Some(())
    }

    /// Whether somebody is told to do something: `Kim Lee, reset …`.
    fn is_call(&self, tokens: &[Token], at: usize, word: &str) -> bool {
        let is_first = self.last.is_some_and(|(_, token)| token + 2 == at);
        let is_behind_comma = at > 0 && matches!(tokens[at - 1], Token::Sign(',' | ':' | '-' | '–' | '—'));
        is_first && is_behind_comma && !self.has_verb && self.has_name && !words::is_neutral(word)
    }

    /// Whether the word only says what the value beside it is.
    fn is_beside(&self, tokens: &[Token], at: usize, word: &str, next: Option<&Token>) -> bool {
        let sort = |token: Option<&Token>| match token {
            Some(Token::Value { known, .. }) => Some(known.sort),
            _ => None,
        };
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let beside = [sort(before), sort(next)];
        let is_named = |token: Option<&Token>| matches!(token, Some(Token::Value { known, .. }) if known.text.contains('@'));
        let fails = |token: Option<&Token>| matches!(token, Some(Token::Word(word)) if words::ends(word));
        match word {
            "operation" | "action" | "activity" | "it" if fails(next) => true,
            "operation" | "action" | "activity" => beside.contains(&Some(Sort::Operation)),
            "service" | "property" => beside.contains(&Some(Sort::Plain)),
            "ip" => next == Some(&Token::Word("address")) || beside[1] == Some(Sort::Address),
            "address" => beside[1] == Some(Sort::Address),
            "via" | "using" => matches!(beside[1], Some(Sort::Operation | Sort::Plain)),
            "named" | "called" => matches!(before, Some(Token::Word(_))) && beside[1].is_some(),
            "user" | "account" => is_named(before) || is_named(next),
            "as" => matches!(next, Some(Token::Word("member" | "owner"))),
            "which" | "but" => tokens.iter().skip(at + 1).take(3).any(|token| fails(Some(token))),
            _ => words::is_event(word) && tally::is_counted(tokens, at),
        }
    }

    fn plain(&mut self, word: &str) {
        let is_compound = word.contains(['-', '/']) && !word.contains(['.', '@', ':', '_', '+']);
        let parts: Vec<&str> = if is_compound { word.split(['-', '/']).collect() } else { vec![word] };
        for part in parts.into_iter().filter(|part| !part.is_empty() && !words::is_neutral(part)) {
            let stem = words::stem(part);
            self.has_verb |= !words::is_kind(&stem);
            self.push(Piece::Word(stem));
        }
    }
}

fn is_quote(token: &Token) -> bool {
    matches!(token, Token::Sign('"' | '“' | '”' | '\''))
}

/// Whether an auxiliary verb tells of the past, and not of what is to be done or what others were made to do.
fn is_fitting(word: &str, next: Option<&Token>) -> bool {
    match (word, next) {
        (
            "was" | "were" | "is" | "are" | "been" | "did" | "has" | "have" | "had",
            Some(Token::Word("to")),
        ) => false,
        ("has" | "have" | "had", Some(Token::Word(next))) => {
            *next == "been" || !(words::is_article(next) || words::is_neutral(next))
        }
        ("has" | "have" | "had", _) => false,
        _ => true,
    }
}
