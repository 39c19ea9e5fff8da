//! Small helpers for messages.

/// `; did you mean …?` where one of the names is near.
pub(crate) fn did_you_mean(unknown: &str, known: &[&str]) -> String {
    let unknown = unknown.to_lowercase();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(&unknown, name), name));
    match near.min() {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}
