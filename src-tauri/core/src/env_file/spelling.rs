//! How a value is written so that every program reads the same text back.

/// The spellings to try, best first: the quotes that stood there, none, single, double. Each is read alike by `dotenv`
/// and `dotenvy`. Empty: there is none, and [`problem`] says why.
pub(super) fn spellings(value: &str, quote: Option<u8>) -> Vec<String> {
    let mut all = Vec::new();
    if is_safe(value) {
        match quote {
            Some(b'"') => all.push(format!("\"{value}\"")),
            Some(_) => all.push(format!("'{value}'")),
            None => {}
        }
        all.push(value.to_owned());
    }
    if !value.contains(['\0', '\r']) {
        if !value.contains('\'') {
            all.push(format!("'{value}'"));
        }
        // Between double quotes some programs replace `$…` and `` `…` ``, and all of them differ on `\`.
        if !value.contains(['"', '\\', '$', '`']) {
            all.push(format!("\"{value}\""));
        }
    }
    all.retain(|spelling| dotenvy_reads(format!("X={spelling}").as_bytes(), value));
    all
}

/// Why a value has no spelling.
pub(super) fn problem(value: &str) -> &'static str {
    if value.contains(['\0', '\r']) {
        "it has a control character inside"
    } else if value.contains('\'') {
        "it has a single quote together with other quotes, a backslash or a dollar sign"
    } else {
        "a backslash at its end, or an open quote elsewhere in the file, stands in the way"
    }
}

/// Whether the crate `dotenvy` reads these lines as one assignment of that value.
pub(super) fn dotenvy_reads(lines: &[u8], value: &str) -> bool {
    let mut read = dotenvy::Iter::new(lines);
    matches!(read.next(), Some(Ok((_, found))) if found == value) && read.next().is_none()
}

/// Whether no program, bash included, sees anything but text in it.
fn is_safe(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte))
}
