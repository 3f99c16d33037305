//! A project in a folder of its own, and a setup on it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use polar_setup_core::{
    setup::{
        Setup, SetupOptions,
        memory::Memory,
        view::{ApplyState, EnvironmentName, SetupView, TokenState},
    },
    vault::{Vault, VaultOptions},
};
use polar_setup_practice::{Practice, PracticeInProgram, PracticeOptions};

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stage {
    folder: tempfile::TempDir,
    data: tempfile::TempDir,
    pub setup: Setup,
}

impl Stage {
    /// A project with an app port on which nothing listens, opened in a setup without a keyring.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("package.json"), r#"{"name":"shop","dependencies":{"express":"5"}}"#)
            .unwrap();
        std::fs::write(folder.path().join(".env"), "# mine\nPORT=9\n").unwrap();
        let data = tempfile::tempdir().unwrap();
        let setup = setup(data.path());
        setup.open_project(folder.path()).await.unwrap();
        Self { folder, data, setup }
    }

    /// Ends this run and begins another on the same project, as a person who comes back.
    pub async fn again(&mut self) {
        self.setup.close().await;
        self.setup = setup(self.data.path());
        self.setup.open_project(self.folder.path()).await.unwrap();
    }

    pub fn env_path(&self) -> PathBuf {
        self.folder.path().join(".env")
    }

    pub fn env(&self) -> String {
        std::fs::read_to_string(self.env_path()).unwrap()
    }

    pub fn value(&self, name: &str) -> String {
        let text = self.env();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().to_owned()
    }

    /// Waits for a snapshot.
    pub async fn until(&self, wanted: impl Fn(&SetupView) -> bool) -> SetupView {
        let mut views = self.setup.subscribe();
        let found = tokio::time::timeout(PATIENCE, views.wait_for(|view| wanted(view))).await;
        match found {
            Ok(view) => view.unwrap().clone(),
            Err(late) => panic!("no such snapshot ({late}); the last one: {:#?}", self.setup.view()),
        }
    }

    pub async fn on_practice(&self) -> SetupView {
        self.setup.set_environment(EnvironmentName::Practice, None).unwrap();
        self.until(|view| view.account.token.state == TokenState::Accepted).await
    }

    /// A practice Polar that outlives the setup, with its token handed in.
    pub async fn on_server(&self, practice: &Practice) -> SetupView {
        self.setup.set_environment(EnvironmentName::Custom, Some(practice.url().as_str())).unwrap();
        self.setup.submit_token(practice.token().secret()).unwrap();
        self.until(|view| view.account.token.state == TokenState::Accepted).await
    }

    pub async fn apply(&self) -> SetupView {
        self.setup.apply().unwrap();
        self.until(|view| matches!(view.apply.state, ApplyState::Done | ApplyState::Asking)).await
    }
}

pub async fn practice() -> Practice {
    Practice::start(PracticeOptions::default()).await.unwrap()
}

pub fn setup(data: &Path) -> Setup {
    Setup::new(SetupOptions {
        memory: Some(Memory::open(data).unwrap()),
        vault: Vault::open(VaultOptions { keyring: false, ..VaultOptions::from_env() }),
        practice: Arc::new(PracticeInProgram::default()),
    })
}
