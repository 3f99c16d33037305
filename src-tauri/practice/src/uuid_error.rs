//! Why a text is no UUID, in the words of the real server's reader, which counts characters from 1.

/// How long the five groups are.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The reason. The text is known not to be a UUID.
pub(crate) fn reason(text: &str) -> String {
    let (inner, skipped, plain) = if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        (inner, 1, false)
    } else if let Some(inner) = text.strip_prefix("urn:uuid:") {
        (inner, "urn:uuid:".len(), false)
    } else {
        (text, 0, true)
    };
    if let Some((index, character)) = inner.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-') {
        return format!("invalid character: found `{character}` at {}", index + skipped + 1);
    }
    let groups: Vec<&str> = inner.split('-').collect();
    if groups.len() == 1 && plain {
        return format!("invalid length: expected length 32 for simple format, found {}", text.len());
    }
    if groups.len() != GROUPS.len() {
        return format!("invalid group count: expected 5, found {}", groups.len());
    }
    let wrong = groups.iter().zip(GROUPS).position(|(group, expected)| group.len() != expected).unwrap_or_default();
    format!("invalid group length in group {wrong}: expected {}, found {}", GROUPS[wrong], groups[wrong].len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_one() {
        assert_eq!(reason("nope"), "invalid character: found `n` at 1");
        assert_eq!(reason("{zz}"), "invalid character: found `z` at 2");
        assert_eq!(reason("1234"), "invalid length: expected length 32 for simple format, found 4");
        assert_eq!(reason("12-34"), "invalid group count: expected 5, found 2");
        assert_eq!(
            reason("11111111-111-4111-8111-111111111111"),
            "invalid group length in group 1: expected 4, found 3"
        );
    }
}
