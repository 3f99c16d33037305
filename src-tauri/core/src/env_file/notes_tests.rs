use crate::env_file::{Document, Note, NoteKind, Reader};

fn notes(text: &str) -> Vec<Note> {
    Document::parse(text.as_bytes()).notes()
}

fn note(line: usize, name: Option<&str>, kind: NoteKind) -> Note {
    Note { line, name: name.map(str::to_owned), kind }
}

#[test]
fn nothing_is_said_of_a_file_in_order() {
    let text = "\u{FEFF}# note\r\n\r\nA=1\r\nB_2=https://a.example/x\r\n  # more\r\n";
    assert_eq!(notes(text).into_iter().filter(|note| !matches!(note.kind, NoteKind::Disputed { .. })).count(), 0);
    assert_eq!(notes("A=1\nB='two words' # note\n\nC=\"x\"\nexport DD=1\n"), []);
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    let text = "A=1\nKEY\nexport OTHER\nsome words\n\nB=2\n=x\r! \rC=3";
    let not_understood = |line, name| note(line, name, NoteKind::NotUnderstood);
    assert_eq!(
        notes(text),
        [
            not_understood(2, Some("KEY")),
            not_understood(3, Some("OTHER")),
            not_understood(4, None),
            not_understood(7, None),
            not_understood(8, None)
        ]
    );
}

#[test]
fn duplicates_and_open_quotes_are_named_with_their_lines() {
    let all = notes("A=1\nA=2\nOPEN=\"abc\nA=3\n");
    assert!(all.contains(&note(1, Some("A"), NoteKind::Overruled { by: 4 })));
    assert!(all.contains(&note(2, Some("A"), NoteKind::Overruled { by: 4 })));
    assert!(all.contains(&note(3, Some("OPEN"), NoteKind::OpenQuote)));
    // Closed in the next line, so nothing is open.
    let all = notes("A=\"one\ntwo\"\n");
    assert!(all.iter().all(|note| note.kind != NoteKind::OpenQuote), "{all:?}");
}

#[test]
fn what_others_read_differently_is_said_with_who() {
    let disputing = |text| match &notes(text)[..] {
        [Note { line: 1, kind: NoteKind::Disputed { readers }, .. }] => readers.clone(),
        other => panic!("{other:?}"),
    };
    assert!(disputing("SHOP=Bob's shop\n").contains(&Reader::Dotenvy));
    assert_eq!(disputing("PASSWORD='a$b'\n"), [Reader::Next, Reader::Vite, Reader::Bun]);
    assert_eq!(disputing("NAME = x\n"), [Reader::Symfony, Reader::Bash]);
    assert!(disputing("TEXT=a#b\n").contains(&Reader::Python));
}

#[test]
fn no_sentence_holds_a_value() {
    let text = "A=secret's\nA=other$secret\nOPEN=\"secret\nsome secret words\nexport KEY\nB=a#secret\n";
    let all = notes(text);
    assert!(all.len() >= 6, "{all:?}");
    for note in all {
        assert!(!format!("{note} {note:?}").contains("secret"), "{note}");
        assert!(note.to_string().contains(&format!("Line {}", note.line)), "{note}");
    }
}
