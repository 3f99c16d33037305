use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use proptest::prelude::*;

use super::Document;
use crate::env_file::{EnvFileError, Reader};

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

/// Files and what npm's `dotenv` read from them, versions 16, 17 and 18 alike (`tests/readers/vectors.js`): names with values.
#[test]
fn agrees_with_what_dotenv_itself_has_read() {
    let vectors: Vec<(String, HashMap<String, String>)> =
        serde_json::from_str(include_str!("dotenv_vectors.json")).unwrap();
    assert!(vectors.len() > 300);
    assert_eq!(vectors.iter().map(|(text, _)| text).collect::<HashSet<_>>().len(), vectors.len());
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
fn what_is_right_already_is_left_alone() {
    for file in ["T='new'\n", "T=\"new\" # mine\n", "T=\tnew\r\nB=2\r\n"] {
        assert_eq!(set(file, "T", "new"), file);
    }
    // Not if many would read it wrongly, and another spelling is right for them.
    assert_eq!(set("T=a b\n", "T", "a b"), "T='a b'\n");
    assert_eq!(set("T=`new`\n", "T", "new"), "T=new\n");
}

#[test]
fn says_who_would_read_something_else() {
    let differ = |file: &str, value: &str| Document::parse(file.as_bytes()).set("T", value, None).unwrap().differ;
    assert_eq!(differ("", "polar_whs_abc"), []);
    assert_eq!(differ("A=1\nT=\"old\"\n", "https://a.example/hook"), []);
    assert_eq!(differ("", "two words"), [Reader::DockerEnvFile]);
    assert_eq!(differ("T=old # mine\n", "new"), [Reader::DockerEnvFile]);
    assert_eq!(differ("A=1\r\nT=old\r\n", "new"), [Reader::Bash]);
    let mut document = Document::parse(b"");
    let warning = document.set("T", "two words", None).unwrap().warning("T").unwrap();
    assert!(warning.contains("docker --env-file") && !warning.contains("two words"), "{warning}");
}

#[test]
fn the_preferred_reader_gets_the_value_where_not_all_can() {
    let spelled = |value: &str, prefer| {
        let mut document = Document::parse(b"");
        let written = document.set("T", value, Some(prefer)).unwrap();
        assert!(!written.differ.contains(&prefer), "{prefer:?} {value:?}");
        String::from_utf8(document.to_bytes()).unwrap()
    };
    assert_eq!(spelled("pa$word", Reader::Dotenv), "T='pa$word'\n");
    assert!(spelled("pa$word", Reader::Next).contains("pa\\$word"));
    assert_eq!(spelled("pa$ word", Reader::DockerEnvFile), "T=pa$ word\n");
    for reader in [Reader::Bash, Reader::Symfony, Reader::Phpdotenv, Reader::Python, Reader::Dotenvy] {
        for value in ["it's \"so\" $HOME `x` \\", "a\\\nb'\"", "\\'", "'\"'"] {
            spelled(value, reader);
        }
    }
}

#[test]
fn duplicates_are_told_with_their_lines() {
    let document = Document::parse(b"A=1\r\nB=1\r\n\r\nA=2\rexport A='x\ny'\nB=2\nC=1\n");
    let told: Vec<(String, Vec<usize>)> =
        document.duplicates().into_iter().map(|duplicate| (duplicate.name, duplicate.lines)).collect();
    assert_eq!(told, [("A".to_owned(), vec![1, 4, 5]), ("B".to_owned(), vec![2, 7])]);
    assert_eq!(document.line_of("A"), Some(5));
}

#[test]
fn every_odd_file_survives_byte_for_byte() {
    let odd: [&[u8]; 12] = [
        b"",
        b"\xEF\xBB\xBFT=1\r\n",
        b"KEY\nexport KEY\n a.b-c = 1 \n",
        b"L=\xE9\xFF\n\0\0=\0\n",
        b"T=1\rU=2\r",
        b"OPEN=\"abc\nT='\n",
        b"T=`a\nb` # note\n\n\n",
        b"# only a comment",
        b"T: yaml\n=x\n==\n",
        b"T=\"a\" b\nT='x'y\n",
        b"\xEF\xBB\xBF",
        b"\r\n\r\n \t\n",
    ];
    for bytes in odd {
        let mut document = Document::parse(bytes);
        assert_eq!(document.to_bytes(), bytes);
        document.set("NEW_ONE", "x", None).unwrap();
        assert!(document.to_bytes().starts_with(bytes));
        assert_eq!(document.get("NEW_ONE").as_deref(), Some("x"));
    }
}

#[test]
fn a_large_file_is_edited_as_a_small_one_is() {
    let mut text = "FIRST='1'\n".repeat(5000) + "export T=old # mine\n";
    text += &"LAST=\"x\"\r\n".repeat(6000);
    assert_eq!(set(&text, "T", "a b"), text.replace("T=old", "T='a b'"));
    assert_eq!(set(&text, "NEW", "x"), text.clone() + "NEW=x\r\n");
}

#[test]
fn refuses_what_nobody_could_read_back() {
    let mut document = Document::parse(b"A=1\n");
    for name in ["", "1A", "A-B", "A B", "A=B", "ä"] {
        assert!(matches!(document.set(name, "x", None), Err(EnvFileError::Name { .. })), "{name}");
    }
    for value in ["a\0b", "'\"`#"] {
        let error = document.set("A", value, None).unwrap_err();
        assert!(matches!(error, EnvFileError::Value { .. }) && !error.to_string().contains(value), "{error}");
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

fn any_reader() -> impl Strategy<Value = Option<Reader>> {
    prop::option::weighted(0.7, prop::sample::select(Reader::ALL.to_vec()))
}

/// A file of lines that every program understands, and what it says.
fn sane_file() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    let line = ("[A-Z][A-Z0-9_]{1,5}", "[a-zA-Z0-9 #=:/@-]{0,12}", any::<bool>(), 0..3_u8, any::<bool>());
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
    fn an_edit_touches_only_its_span(
        bytes in file(), value in "[a-z0-9 #'\"$=\\\\\n`\r{(é]{0,8}", name in "[A-D]", prefer in any_reader(),
    ) {
        let mut document = Document::parse(&bytes);
        let (count, last) = (document.values(&name).len(), document.of(&name).next_back().cloned());
        let others: Vec<_> = ["A", "B", "C", "x", "export"].into_iter().filter(|other| *other != name).collect();
        let before: Vec<_> = others.iter().map(|other| document.values(other)).collect();
        match document.set(&name, &value, prefer) {
            Err(_) => prop_assert_eq!(document.to_bytes(), bytes),
            Ok(written) => {
                let edited = document.to_bytes();
                match last {
                    None => prop_assert!(edited.starts_with(&bytes)),
                    Some(last) => {
                        let start = if last.plain { last.value.start } else { last.name.start };
                        prop_assert_eq!(&edited[..start], &bytes[..start]);
                        // What follows is kept but for a comment that only `dotenv` would take for one.
                        let line = bytes[last.value.end..].iter().take_while(|byte| !b"\r\n".contains(byte)).count();
                        prop_assert!(edited.ends_with(&bytes[last.value.end + line..]));
                    }
                }
                prop_assert_eq!(document.values(&name).len(), count.max(1));
                let after: Vec<_> = others.iter().map(|other| document.values(other)).collect();
                prop_assert_eq!(before, after);
                prop_assert!(!written.differ.contains(&prefer.unwrap_or(Reader::Dotenv)));
                for reader in Reader::ALL {
                    let right = reader.read(&edited, &name).as_deref() == Some(value.as_str());
                    prop_assert_eq!(right, !written.differ.contains(&reader), "{:?}", reader);
                }
                if prefer.is_none() {
                    prop_assert_eq!(document.get(&name), Some(value.clone()));
                }
                document.set(&name, &value, prefer).unwrap();
                prop_assert_eq!(document.to_bytes(), edited);
            }
        }
    }

    #[test]
    fn any_text_can_be_written_but_for_some_with_every_quote(value in "\\PC{0,12}", bytes in sane_file()) {
        let mut document = Document::parse(bytes.0.as_bytes());
        let set = document.set("NEW_ONE", &value, None);
        prop_assert!(set.is_ok() || ['\'', '"', '`'].iter().all(|quote| value.contains(*quote)), "{:?}", set);
        if set.is_ok() {
            prop_assert_eq!(document.get("NEW_ONE"), Some(value));
        }
    }

    #[test]
    fn a_generated_secret_is_read_alike_by_all((text, _) in sane_file(), secret in "(whsec_|polar_whs_)[A-Za-z0-9]{43}") {
        let mut document = Document::parse(text.as_bytes());
        let written = document.set("POLAR_WEBHOOK_SECRET", &secret, None).unwrap();
        // A single `export` makes docker refuse the whole file.
        let refusing = text.contains("export ").then_some(Reader::DockerEnvFile);
        prop_assert_eq!(written.differ, Vec::from_iter(refusing));
    }

    #[test]
    fn dotenvy_agrees_on_sane_files((text, said) in sane_file(), value in "[ -~]{0,20}", name in "[A-Z]") {
        let mut document = Document::parse(text.as_bytes());
        prop_assert_eq!(&dotenvy_reads(text.as_bytes()), &said);
        for (name, value) in &said {
            prop_assert!(document.values(name).contains(value));
        }
        if document.set(&name, &value, None).is_ok_and(|written| !written.differ.contains(&Reader::Dotenvy)) {
            let mut expected: Vec<_> = said;
            match expected.iter_mut().rfind(|(old, _)| *old == name) {
                Some((_, old)) => *old = value,
                None => expected.push((name, value)),
            }
            prop_assert_eq!(dotenvy_reads(&document.to_bytes()), expected);
        }
    }
}
