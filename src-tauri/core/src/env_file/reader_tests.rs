use super::Reader;

/// Who gets `value` for `T`.
fn agree(file: &str, value: &str) -> Vec<Reader> {
    Reader::ALL.into_iter().filter(|reader| reader.read(file.as_bytes(), "T").as_deref() == Some(value)).collect()
}

fn all_but(differing: &[Reader]) -> Vec<Reader> {
    Reader::ALL.into_iter().filter(|reader| !differing.contains(reader)).collect()
}

#[test]
fn plain_text_is_read_alike_by_all() {
    for file in ["T=abc\n", "T=abc", "A=1\n\n# note\nT=abc\nB='2'\n", "T=old\nT=abc\n"] {
        assert_eq!(agree(file, "abc"), Reader::ALL, "{file}");
    }
    assert_eq!(agree("T=\n", ""), Reader::ALL);
}

#[test]
fn docker_takes_quotes_and_comments_literally() {
    assert_eq!(agree("T='two words'\n", "two words"), all_but(&[Reader::DockerEnvFile]));
    assert_eq!(Reader::DockerEnvFile.read(b"T='two words'\n", "T").as_deref(), Some("'two words'"));
    assert_eq!(agree("T=abc # note\n", "abc"), all_but(&[Reader::DockerEnvFile]));
}

#[test]
fn some_replace_a_variable_between_single_quotes() {
    use Reader::{Bun, DockerEnvFile, Next, Python, Vite};
    assert_eq!(agree("T='a$b'\n", "a$b"), all_but(&[Next, Vite, Bun, DockerEnvFile]));
    assert_eq!(agree("T='a\\$b'\n", "a$b"), [Next, Vite, Bun]);
    assert_eq!(agree("T='a${b}'\n", "a${b}"), all_but(&[Next, Vite, Bun, DockerEnvFile, Python]));
    // The last of several counts, and a `$` without a name before it is left alone.
    assert!(agree("T='a$'\n", "a$").contains(&Next));
}

#[test]
fn each_has_escapes_of_its_own() {
    use Reader::{Bash, Dotenv, Dotenvx, Dotenvy, Godotenv, Next, Node, Phpdotenv, Python, Symfony};
    let newline = agree("T=\"a\\nb\"\n", "a\nb");
    assert!(
        [Dotenv, Next, Node, Python, Phpdotenv, Symfony, Godotenv, Dotenvy]
            .iter()
            .all(|reader| newline.contains(reader))
    );
    assert!(!newline.contains(&Bash));
    assert_eq!(Bash.read(b"T=\"a\\nb\"\n", "T").as_deref(), Some("a\\nb"));
    assert!(agree("T=\"a\\tb\"\n", "a\tb").contains(&Dotenvx));
    assert!(agree("T=\"say \\\"hi\\\"\"\n", "say \"hi\"").contains(&Bash));
    assert!(!agree("T=\"say \\\"hi\\\"\"\n", "say \"hi\"").contains(&Dotenv));
    assert!(agree("T='it'\\''s'\n", "it's").contains(&Bash));
}

#[test]
fn what_is_around_counts_too() {
    use Reader::{Bash, DockerEnvFile, Godotenv, Node, Phpdotenv, Ruby, Symfony};
    assert!(!agree("KEY\nT=abc\n", "abc").contains(&Symfony), "a name without =");
    assert!(!agree("KEY\nT=abc\n", "abc").contains(&Node), "Node 20");
    assert!(!agree("A-B=1\nT=abc\n", "abc").contains(&Phpdotenv), "a dash");
    assert_eq!(agree("T = abc\n", "abc"), all_but(&[Bash, Symfony, DockerEnvFile]));
    assert_eq!(agree("A=1\nexport T=abc\n", "abc"), all_but(&[DockerEnvFile, Phpdotenv]), "a short name behind export");
    assert_eq!(agree("T=abc\r\n", "abc"), all_but(&[Bash]));
    assert!(!agree("SHOP=Bob's\nT=abc\n", "abc").contains(&Bash), "an open quote");
    assert!(!agree("two words=1\nT=abc\n", "abc").contains(&Godotenv));
    assert!(!agree("export KEY\nT=abc\n", "abc").contains(&Ruby));
    assert!(
        agree("A=${HOME}/x\nB=\"$(id)\"\nC=(1 2)\nT=abc\n", "abc").contains(&Bash),
        "other variables do not matter"
    );
    for line in ["unset T", "if true; then", "T+=x", ": ${T:=x}", "eval x", "cat <<END", "exit"] {
        assert!(!agree(&format!("T=abc\n{line}\n"), "abc").contains(&Bash), "{line}");
    }
}

#[test]
fn what_is_no_text_stops_those_that_insist_on_it() {
    use Reader::{DockerEnvFile, Python, Ruby};
    let values = |reader: Reader| reader.read(b"L=\xE9\nT=abc\n", "T");
    for reader in Reader::ALL {
        assert_eq!(values(reader).is_none(), [Python, Ruby, DockerEnvFile].contains(&reader), "{reader:?}");
    }
}

#[test]
fn every_reader_has_a_title_of_its_own() {
    let titles: std::collections::HashSet<&str> = Reader::ALL.iter().map(|reader| reader.title()).collect();
    assert_eq!(titles.len(), Reader::ALL.len());
}
