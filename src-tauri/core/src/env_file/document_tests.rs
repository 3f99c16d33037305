use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use proptest::prelude::*;

use super::Document;
use crate::env_file::EnvFileError;

fn get(text: &str, name: &str) -> Option<String> {
    Document::parse(text.as_bytes()).get(name)
}

fn set(text: &str, name: &str, value: &str) -> String {
    let mut document = Document::parse(text.as_bytes());
    document.set(name, value, None).unwrap();
    String::from_utf8(document.to_bytes()).unwrap()
}

#[test]
fn reads_as_dotenv_does() {
    let text = concat!(
        "\u{FEFF}FIRST=1\r\n# OFF=1\nexport SHELL = \"a\\nb\" # note\nSINGLE='a\\nb # no comment'\nTICK=`it's \"so\"`\n",
        "BARE= two words # note\nHASH=abc#def\nMANY=\"one\r\ntwo\"\nYAML: yes\nEMPTY=\nTWICE=1\nTWICE=2\nOPEN=\"abc\nLAST=x",
    );
    for (name, value) in [
        ("FIRST", "1"),
        ("SHELL", "a\nb"),
        ("SINGLE", "a\\nb # no comment"),
        ("TICK", "it's \"so\""),
        ("BARE", "two words"),
        ("HASH", "abc"),
        ("MANY", "one\ntwo"),
        ("YAML", "yes"),
        ("EMPTY", ""),
        ("TWICE", "2"),
        ("OPEN", "\"abc"),
        ("LAST", "x"),
    ] {
        assert_eq!(get(text, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(get(text, "OFF"), None);
    assert_eq!(Document::parse(text.as_bytes()).line_of("TWICE"), Some(13));
}

/// Files and what npm's `dotenv` 17.4.2 read from them (16.6.1 read the same): names with their values.
#[test]
fn agrees_with_what_dotenv_itself_has_read() {
    let vectors: Vec<(String, HashMap<String, String>)> =
        serde_json::from_str(include_str!("dotenv_vectors.json")).unwrap();
    assert!(vectors.len() > 200);
    for (text, said) in vectors {
        let document = Document::parse(text.as_bytes());
        let names: HashSet<&[u8]> =
            document.assignments.iter().map(|found| &document.bytes[found.name.clone()]).collect();
        assert_eq!(names.len(), said.len(), "{text:?}");
        for (name, value) in said {
            assert_eq!(document.get(&name), Some(value), "{name} in {text:?}");
        }
    }
}

#[test]
fn changes_the_value_and_nothing_else() {
    assert_eq!(set("A=1\r\nexport T = old  # mine\r\n\r\n", "T", "new"), "A=1\r\nexport T = new  # mine\r\n\r\n");
    assert_eq!(set("T=\"old\"\nB=2", "T", "new"), "T=new\nB=2");
    assert_eq!(set("T=\"old\"\nB=2", "T", "a b"), "T=\"a b\"\nB=2");
    assert_eq!(set("T=\"one\ntwo\" # mine\nB=2\n", "T", "new"), "T=new # mine\nB=2\n");
    assert_eq!(set("T= # mine\n", "T", "new"), "T=new # mine\n");
    assert_eq!(set("T=#mine\n", "T", "new"), "T=new #mine\n");
    assert_eq!(set("T='new'\n", "T", "new"), "T='new'\n");
    assert_eq!(set("T=1\nA=0\nT=2\n", "T", "3"), "T=1\nA=0\nT=3\n");
}

#[test]
fn what_only_dotenv_understands_is_written_so_that_all_do() {
    assert_eq!(set("T: old # mine\n", "T", "new"), "T=new # mine\n");
    assert_eq!(set("T\n=old\n", "T", "new"), "T=new\n");
    assert_eq!(set("T=\n'old'\nB=1\n", "T", "new"), "T=new\nB=1\n");
    assert_eq!(set("T=old#er\n", "T", "new"), "T=new\n");
    assert_eq!(set("T=`old`\n", "T", "it's"), "T=\"it's\"\n");
}

#[test]
fn a_new_variable_goes_to_the_end() {
    assert_eq!(set("", "T", "new"), "T=new\n");
    assert_eq!(set("\u{FEFF}", "T", "new"), "\u{FEFF}T=new\n");
    assert_eq!(set("A=1", "T", "new"), "A=1\nT=new\n");
    assert_eq!(set("A=1\r\nB=2", "T", "new"), "A=1\r\nB=2\r\nT=new\r\n");
    assert_eq!(set("# T=old\n", "T", "a b"), "# T=old\nT='a b'\n");
    assert_eq!(set("NOT_T=old\n", "T", ""), "NOT_T=old\nT=\n");
}

#[test]
fn refuses_what_nobody_could_read_back() {
    let mut document = Document::parse(b"A=1\n");
    for name in ["", "1A", "A-B", "A B", "A=B", "ä"] {
        assert!(matches!(document.set(name, "x", None), Err(EnvFileError::Name { .. })), "{name}");
    }
    for value in ["a\0b", "a\rb", "it's \"so\"", "it's $HOME", "'\\"] {
        let error = document.set("A", value, None).unwrap_err();
        assert!(!error.to_string().contains(value), "{error}");
    }
    assert_eq!(document.to_bytes(), b"A=1\n");
}

#[test]
fn debug_shows_no_value() {
    let shown = format!("{:?}", Document::parse(b"TOKEN=polar_oat_x\n"));
    assert!(shown.contains("TOKEN") && !shown.contains("polar_oat_x"), "{shown}");
}

/// Any bytes, but often those that mean something.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        "[A-C_ =:#'\"`\\\\\r\n$.x-]{0,6}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "A=1\n",
            "export B='2'\r\n",
            "# note\n",
            "C=\"a\nb\"\n",
            "A\n",
            "\u{FEFF}",
            "\u{A0}=",
            "A="
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A file of lines that every program understands, and what it says.
fn sane_file() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    let line = ("[A-Z_][A-Z0-9_]{0,5}", "[a-zA-Z0-9 #=:/@-]{0,12}", any::<bool>(), 0..3_u8, any::<bool>());
    prop::collection::vec(line, 0..8).prop_map(|lines| {
        let (mut text, mut said) = (String::new(), Vec::new());
        for (name, value, export, quote, comment) in lines {
            let quote = ["", "'", "\""][usize::from(quote)];
            let value = if quote.is_empty() { value.replace([' ', '#'], "") } else { value };
            let (export, comment) = (if export { "export " } else { "" }, if comment { " # note" } else { "" });
            writeln!(text, "{export}{name}={quote}{value}{quote}{comment}").unwrap();
            said.push((name, value));
        }
        (text, said)
    })
}

fn dotenvy_reads(bytes: &[u8]) -> Vec<(String, String)> {
    dotenvy::Iter::new(bytes).map(|read| read.unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn parse_and_print_is_the_identity(bytes in file()) {
        prop_assert_eq!(Document::parse(&bytes).to_bytes(), bytes);
    }

    #[test]
    fn what_is_set_is_read_and_other_variables_stay(bytes in file(), value in "[a-z0-9 #'\"$=\\\\\n]{0,8}", name in "[A-D]") {
        let mut document = Document::parse(&bytes);
        let others: Vec<_> = ["A", "B", "C", "x"].into_iter().filter(|other| *other != name).collect();
        let before: Vec<_> = others.iter().map(|other| document.values(other)).collect();
        let existed = !document.values(&name).is_empty();
        if document.set(&name, &value, None).is_ok() {
            prop_assert_eq!(document.get(&name), Some(value));
            let after: Vec<_> = others.iter().map(|other| document.values(other)).collect();
            prop_assert_eq!(before, after);
            if !existed {
                prop_assert!(document.to_bytes().starts_with(&bytes));
            }
            let once = document.to_bytes();
            document.set(&name, &document.get(&name).unwrap(), None).unwrap();
            prop_assert_eq!(document.to_bytes(), once);
        } else {
            prop_assert_eq!(document.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_generated_secret_can_always_be_added((text, _) in sane_file(), secret in "whsec_[A-Za-z0-9]{43}") {
        let mut document = Document::parse(text.as_bytes());
        prop_assert!(document.set("POLAR_WEBHOOK_SECRET", &secret, None).is_ok());
    }

    #[test]
    fn dotenvy_agrees_on_sane_files((text, said) in sane_file(), value in "[ -~]{0,20}", name in "[A-Z]") {
        let mut document = Document::parse(text.as_bytes());
        prop_assert_eq!(&dotenvy_reads(text.as_bytes()), &said);
        for (name, value) in &said {
            prop_assert!(document.values(name).contains(value));
        }
        if document.set(&name, &value, None).is_ok() {
            let mut expected: Vec<_> = said;
            for (_, old) in expected.iter_mut().filter(|(old, _)| *old == name) {
                old.clone_from(&value);
            }
            if !expected.iter().any(|(old, _)| *old == name) {
                expected.push((name, value));
            }
            prop_assert_eq!(dotenvy_reads(&document.to_bytes()), expected);
        }
    }
}
