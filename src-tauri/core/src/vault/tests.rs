use std::{
    path::Path,
    process::{Command, Output},
    sync::mpsc,
};

use super::*;

fn secret(text: &str) -> SecretText {
    SecretText::new(text)
}

fn key() -> VaultKey {
    VaultKey::token("https://api.polar.sh", Path::new("/home/me/shop"))
}

/// A keyring of another make: remembers, refuses, or never answers.
enum Other {
    Remembers(Mutex<HashMap<String, SecretText>>),
    Refuses,
    NeverAnswers(Mutex<mpsc::Receiver<()>>),
}

impl Other {
    fn access<T>(&self, use_it: impl FnOnce(&mut HashMap<String, SecretText>) -> T) -> Result<T, String> {
        match self {
            Self::Remembers(kept) => Ok(use_it(&mut kept.lock().unwrap())),
            Self::Refuses => Err("The keyring is locked and was not unlocked.".to_owned()),
            Self::NeverAnswers(never) => {
                never.lock().unwrap().recv().unwrap();
                Err("The test is over.".to_owned())
            }
        }
    }
}

impl Keyring for Other {
    fn set(&self, name: &str, secret: &SecretText) -> Result<(), String> {
        self.access(|kept| drop(kept.insert(name.to_owned(), secret.clone())))
    }

    fn get(&self, name: &str) -> Result<Option<SecretText>, String> {
        self.access(|kept| kept.get(name).cloned())
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        self.access(|kept| drop(kept.remove(name)))
    }
}

fn vault(keyring: Other) -> Vault {
    Vault::with(Some(Arc::new(keyring)), Duration::from_secs(30))
}

#[tokio::test]
async fn what_the_keyring_takes_is_kept_there_only() {
    let vault = vault(Other::Remembers(Mutex::default()));
    assert_eq!(vault.keep(&key(), &secret("one")).await, Keeping { kept: Kept::Keyring, reason: None });
    assert!(vault.0.session.lock().unwrap().is_empty());
    let found = vault.get(&key()).await.unwrap();
    assert_eq!((found.secret.expose(), found.keeping.kept), ("one", Kept::Keyring));
    vault.forget(&key()).await.unwrap();
    assert_eq!(vault.get(&key()).await, None);
}

#[tokio::test]
async fn a_locked_keyring_is_told_and_the_secret_stays_for_the_session() {
    let vault = vault(Other::Refuses);
    let keeping = vault.keep(&key(), &secret("one")).await;
    assert_eq!(keeping.kept, Kept::Session);
    assert!(keeping.reason.unwrap().contains("locked"));
    let found = vault.clone().get(&key()).await.unwrap();
    assert_eq!((found.secret.expose(), found.keeping.kept), ("one", Kept::Session));
    assert!(vault.forget(&key()).await.unwrap_err().to_string().contains("access token of"));
    assert_eq!(vault.get(&key()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_never_answers_is_waited_for_once() {
    let (_silent, never) = mpsc::channel();
    let vault = vault(Other::NeverAnswers(Mutex::new(never)));
    let begun = tokio::time::Instant::now();
    let keeping = vault.keep(&key(), &secret("one")).await;
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert!(keeping.reason.unwrap().contains("30 seconds"));
    vault.keep(&key(), &secret("two")).await;
    assert_eq!(vault.get(&key()).await.unwrap().secret.expose(), "two");
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn switched_off_is_for_the_session() {
    assert!(!VaultOptions::from_switch(Some(" OFF ")).keyring);
    assert!(VaultOptions::from_switch(Some("on")).keyring && VaultOptions::from_switch(None).keyring);
    let vault = Vault::open(VaultOptions::from_switch(Some("off")));
    assert_eq!(vault.get(&key()).await, None);
    let keeping = vault.keep(&key(), &secret("one")).await;
    assert_eq!(keeping.kept, Kept::Session);
    assert!(keeping.reason.unwrap().contains(SWITCH));
    assert!(vault.forget(&key()).await.is_ok());
}

/// Marks the process in which a test does its work, because its environment must be another.
const CHILD: &str = "POLAR_SETUP_TEST_CHILD";

fn child(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("vault::tests::{test}"), "--nocapture"]).env(CHILD, "1");
    command
}

fn succeeded(output: &Output) {
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_session_bus_it_says_so_and_keeps_it_for_the_session() {
    if env::var_os(CHILD).is_none() {
        let nowhere = "unix:path=/nonexistent/polar-setup-bus";
        let output = child("without_a_session_bus_it_says_so_and_keeps_it_for_the_session")
            .env("DBUS_SESSION_BUS_ADDRESS", nowhere)
            .output();
        succeeded(&output.unwrap());
        return;
    }
    let vault = Vault::open(VaultOptions::default());
    let keeping = vault.keep(&key(), &secret("one")).await;
    assert_eq!(keeping.kept, Kept::Session);
    assert!(keeping.reason.unwrap().contains("no keyring here"));
    assert_eq!(vault.get(&key()).await.unwrap().secret.expose(), "one");
}

/// Needs an unlocked Secret Service: `scripts/test` runs it under `dbus-run-session`, with this variable set.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_real_keyring_keeps_it_for_the_next_process() {
    if env::var_os("POLAR_SETUP_TEST_KEYRING").is_none() {
        eprintln!("not run: POLAR_SETUP_TEST_KEYRING is not set");
        return;
    }
    let key = VaultKey::token("http://127.0.0.1:1", Path::new("/a test of Polar Setup"));
    let vault = Vault::open(VaultOptions::default());
    if env::var_os(CHILD).is_some() {
        let found = vault.get(&key).await.unwrap();
        assert_eq!((found.secret.expose(), found.keeping.kept), ("polar_oat_älter", Kept::Keyring));
        vault.forget(&key).await.unwrap();
        return;
    }
    for text in ["polar_oat_first", "polar_oat_älter"] {
        assert_eq!(vault.keep(&key, &secret(text)).await, Keeping { kept: Kept::Keyring, reason: None });
    }
    assert!(secret_service_has(&key));
    succeeded(&child("a_real_keyring_keeps_it_for_the_next_process").output().unwrap());
    assert_eq!(vault.get(&key).await, None);
    assert!(!secret_service_has(&key));
}

/// Asks the Secret Service itself, past our code.
#[cfg(target_os = "linux")]
fn secret_service_has(key: &VaultKey) -> bool {
    let wanted = format!("dict:string:string:service,{},username,{}", keyring::SERVICE, key.as_str());
    let output = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
        .args(["org.freedesktop.Secret.Service.SearchItems", &wanted])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).contains("object path")
}
