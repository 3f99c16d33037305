//! What writing will change, for the preview: secrets masked.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Document, EnvFileError, Reader, Variable, Written, shown};
use crate::{
    SecretText,
    setup::view::{DiffKind, DiffLine, EnvAction, EnvChange},
};

/// How many lines around a change are shown.
const AROUND: usize = 2;

/// A variable that the file shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which it is.
    pub variable: Variable,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: WantedValue,
}

/// A value, or when it will be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedValue {
    /// Known already.
    Known(SecretText),
    /// Known only once it is made; what to show instead: "made by Polar".
    Later(String),
}

/// All that a preview shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// What happens to each variable, in the order wanted.
    pub changes: Vec<EnvChange>,
    /// The file's lines around what changes.
    pub lines: Vec<DiffLine>,
    /// What to know: who would read something else, what is overruled, why a value cannot be written.
    pub warnings: Vec<String>,
}

/// What writing these variables does to the file.
#[must_use]
pub fn preview(before: &Document, wanted: &[Wanted], reader: Option<Reader>) -> Preview {
    let mut after = before.clone();
    let mut warnings = Vec::new();
    for wanted in wanted {
        match set(&mut after, wanted, reader) {
            Ok(written) => warnings.extend(written.warning(&wanted.name)),
            Err(error) => warnings.push(format!("{error} {}", error.fix())),
        }
    }
    let ours = |name: &Option<String>| wanted.iter().any(|wanted| Some(&wanted.name) == name.as_ref());
    let notes = before.notes();
    warnings.extend(notes.iter().filter(|note| ours(&note.name)).map(ToString::to_string));
    let changes = wanted.iter().map(|wanted| change(before, wanted)).collect();
    Preview { changes, lines: lines(before, &after, wanted), warnings }
}

/// A value that comes later is stood for by one of the same kind: letters and digits.
fn set(document: &mut Document, wanted: &Wanted, reader: Option<Reader>) -> Result<Written, EnvFileError> {
    match &wanted.value {
        WantedValue::Known(value) => document.set(&wanted.name, value.expose(), reader),
        WantedValue::Later(_) => document.set(&wanted.name, "comes0later", reader),
    }
}

fn change(document: &Document, wanted: &Wanted) -> EnvChange {
    let old = document.get(&wanted.name);
    let action = match (&wanted.value, &old) {
        (_, None) => EnvAction::Add,
        (WantedValue::Known(value), Some(old)) if old == value.expose() => EnvAction::Keep,
        _ => EnvAction::Change,
    };
    EnvChange {
        variable: wanted.variable,
        name: wanted.name.clone(),
        action,
        old: old.map(|old| seen(wanted, &SecretText::new(old))),
        new: match &wanted.value {
            WantedValue::Known(value) => seen(wanted, value),
            WantedValue::Later(text) => text.clone(),
        },
    }
}

fn seen(wanted: &Wanted, value: &SecretText) -> String {
    if wanted.variable.is_secret() { value.masked() } else { value.expose().to_owned() }
}

fn lines(before: &Document, after: &Document, wanted: &[Wanted]) -> Vec<DiffLine> {
    let find = |name: &str| wanted.iter().find(|wanted| wanted.name == name);
    let old = shown::lines(before, &|name| {
        let value = before.get(name).map(SecretText::new);
        Some(seen(find(name)?, &value?))
    });
    let new = shown::lines(after, &|name| {
        let wanted = find(name)?;
        Some(match &wanted.value {
            WantedValue::Known(value) => seen(wanted, value),
            WantedValue::Later(text) => format!("({text})"),
        })
    });
    // Compared are the bytes: two secrets may look alike masked.
    let bytes = |document: &Document| -> Vec<Vec<u8>> {
        document.bytes().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (old_bytes, new_bytes) = (bytes(before), bytes(after));
    let operations = capture_diff_slices(Algorithm::Myers, &old_bytes, &new_bytes);
    let mut all = Vec::new();
    let last = operations.len().saturating_sub(1);
    for (index, operation) in operations.into_iter().enumerate() {
        match operation {
            DiffOp::Equal { new_index, len, .. } => {
                let head = if index == 0 { 0 } else { AROUND.min(len) };
                let tail = if index == last { 0 } else { AROUND.min(len - head) };
                all.extend((0..head).map(|at| same(&new, new_index + at)));
                let skipped = len - head - tail;
                if skipped > 0 {
                    all.push(DiffLine { kind: DiffKind::Skipped, line: None, text: skipped_text(skipped) });
                }
                all.extend((len - tail..len).map(|at| same(&new, new_index + at)));
            }
            DiffOp::Delete { old_index, old_len, .. } => all.extend(removed(&old, old_index, old_len)),
            DiffOp::Insert { new_index, new_len, .. } => all.extend(added(&new, new_index, new_len)),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                all.extend(removed(&old, old_index, old_len));
                all.extend(added(&new, new_index, new_len));
            }
        }
    }
    all
}

fn skipped_text(count: usize) -> String {
    if count == 1 { "1 line stays as it is".to_owned() } else { format!("{count} lines stay as they are") }
}

fn same(lines: &[String], at: usize) -> DiffLine {
    line(DiffKind::Same, lines, at)
}

fn removed(lines: &[String], from: usize, count: usize) -> impl Iterator<Item = DiffLine> {
    (from..from + count).map(|at| line(DiffKind::Removed, lines, at))
}

fn added(lines: &[String], from: usize, count: usize) -> impl Iterator<Item = DiffLine> {
    (from..from + count).map(|at| line(DiffKind::Added, lines, at))
}

fn line(kind: DiffKind, lines: &[String], at: usize) -> DiffLine {
    DiffLine { kind, line: u32::try_from(at + 1).ok(), text: lines.get(at).cloned().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6";

    fn known(variable: Variable, name: &str, text: &str) -> Wanted {
        Wanted { variable, name: name.into(), value: WantedValue::Known(SecretText::new(text)) }
    }

    fn later(name: &str) -> Wanted {
        Wanted { variable: Variable::Token, name: name.into(), value: WantedValue::Later("made by Polar".into()) }
    }

    #[test]
    fn tells_added_changed_and_kept_and_shows_no_secret() {
        let document = Document::parse(format!("URL=https://a.example\nTOKEN=old\nSECRET={SECRET}\n").as_bytes());
        let wanted = [
            known(Variable::Url, "URL", "https://b.example"),
            known(Variable::Secret, "SECRET", SECRET),
            later("TOKEN"),
            known(Variable::Secret, "NEW", SECRET),
        ];
        let preview = preview(&document, &wanted, None);
        let actions: Vec<EnvAction> = preview.changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [EnvAction::Change, EnvAction::Keep, EnvAction::Change, EnvAction::Add]);
        let changes = &preview.changes;
        assert_eq!(changes[0].old.as_deref(), Some("https://a.example"));
        assert_eq!(changes[0].new, "https://b.example");
        assert_eq!(changes[1].new, "whsec_••••••••pPW6");
        assert_eq!((changes[2].old.as_deref(), changes[2].new.as_str()), (Some("••••••••"), "made by Polar"));
        assert_eq!(preview.warnings, Vec::<String>::new());
        assert!(!format!("{preview:?}").contains("fpufi7"));
    }

    fn drawn(before: &str, wanted: &[Wanted]) -> Vec<String> {
        let preview = preview(&Document::parse(before.as_bytes()), wanted, None);
        let sign = |kind| match kind {
            DiffKind::Same => " ",
            DiffKind::Added => "+",
            DiffKind::Removed => "-",
            DiffKind::Skipped => "…",
        };
        preview.lines.iter().map(|line| format!("{}{}", sign(line.kind), line.text)).collect()
    }

    #[test]
    fn the_lines_are_those_of_the_file_around_each_change() {
        let before = format!("# shop\nA=1\nB=2\nC=3\nURL=https://a.example # mine\nD=4\nE=5\nF=6\nSECRET='{SECRET}'\n");
        let wanted = [
            known(Variable::Url, "URL", "https://b.example"),
            known(Variable::Secret, "SECRET", SECRET),
            later("TOKEN"),
        ];
        assert_eq!(
            drawn(&before, &wanted),
            [
                "…2 lines stay as they are",
                " B=••••••••",
                " C=••••••••",
                "-URL=https://a.example # mine",
                "+URL=https://b.example # mine",
                " D=••••••••",
                " E=••••••••",
                " F=••••••••",
                " SECRET=whsec_••••••••pPW6",
                "+TOKEN=(made by Polar)",
            ]
        );
        assert_eq!(drawn("", &[later("TOKEN")]), ["+TOKEN=(made by Polar)"]);
        assert_eq!(drawn("A=1\n", &[known(Variable::Url, "A", "1")]), ["…1 line stays as it is"]);
    }

    #[test]
    fn of_duplicates_the_last_counts_and_the_rest_are_told() {
        let document = Document::parse(b"A=1\nA=2\n");
        let preview = preview(&document, &[known(Variable::Url, "A", "2")], None);
        assert_eq!(preview.changes[0].action, EnvAction::Keep);
        assert!(preview.warnings[0].contains("Line 1"), "{:?}", preview.warnings);
    }

    #[test]
    fn a_value_that_not_all_read_alike_is_told_by_who_differs() {
        let preview = preview(&Document::parse(b""), &[known(Variable::Secret, "A", "it's $HOME and # more")], None);
        assert!(preview.warnings[0].contains("docker"), "{:?}", preview.warnings);
        assert!(!preview.warnings[0].contains("HOME"));
    }
}
