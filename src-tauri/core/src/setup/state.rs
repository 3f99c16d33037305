//! The setup's own state: what was chosen, what was found out, and the handles of what runs.

use std::{collections::HashMap, sync::Arc};

use time::{Date, OffsetDateTime};
use tokio::sync::{Notify, oneshot, watch};

use super::{
    authtoken::Authtoken,
    by_itself::Failure,
    differences::OnPolar,
    keeping::StoreHandle,
    memory::{ProjectLock, Remembered},
    plan::EnvBefore,
    relay_step::RunningRelay,
    view::{
        ApplyKind, ApplyState, BackupView, DeliveryFormat, EnvironmentName, ExampleView, Happened, LeaksView,
        Overruled, PublicWay, Question, RecentProject, ReportView, SecretSource, StepName, TokenState, TunnelProgram,
        TunnelView,
    },
};
use crate::{
    SecretText,
    check::{Check, address::Look, diagnose::Diagnosis},
    env_file::{Backups, ChosenNames, Names, Reader, Variable},
    polar::{
        Client, Environment, account::Account, endpoint::OWN_NAME, environment::PRACTICE_KEY, event::catalogue,
        token::AccessToken,
    },
    project::{
        Handler, Project,
        git::{gitignore::GitignoreLine, leaks::LeakScan},
    },
    receiver::Receiver,
    tunnel::{Fetch, Tunnel},
    vault::Keeping,
};

/// The preset that is chosen at first.
pub(super) const DEFAULT_PRESET: &str = "payments";

#[derive(Default)]
pub(super) struct ProjectData {
    pub found: Option<Project>,
    pub route: Option<String>,
    pub port: Option<u16>,
    pub env_file: Option<String>,
    /// Names that the user chose.
    pub names: ChosenNames,
    pub problem: Option<String>,
    pub recent: Vec<RecentProject>,
    pub warnings: Vec<String>,
    /// Variables of the env file that a stronger file names as well.
    pub overruled: Vec<Overruled>,
    /// For the route that is chosen.
    pub handler: Option<Handler>,
    /// The line that would keep git from taking the env file, if it does take it.
    pub gitignore: Option<GitignoreLine>,
    /// The search for leaked secrets, while it is wanted.
    pub scan: Option<LeakScan>,
    /// What it has found.
    pub leaks: LeaksView,
    /// Earlier versions of the env file.
    pub backups: Vec<BackupView>,
    /// The env file's example.
    pub example: ExampleView,
    /// What stands in the env file, for the preview.
    pub env: EnvBefore,
    /// How many readings of the env file were begun.
    pub readings: u64,
    /// The newest of them that is shown.
    pub newest_reading: u64,
}

pub(super) struct AccountData {
    pub environment: EnvironmentName,
    /// The custom address as typed.
    pub custom: String,
    pub custom_problem: Option<String>,
    /// The server; `None`: the practice Polar does not run yet, or the custom address is no good.
    pub server: Option<Environment>,
    pub token: Option<AccessToken>,
    pub token_state: TokenState,
    pub keeping: Option<Keeping>,
    pub checks: Vec<Check>,
    pub account: Option<Account>,
    /// Rises with every change, so that a late answer to an older question is not taken.
    pub generation: u64,
}

pub(super) struct WebhookData {
    pub name: Option<String>,
    pub source: SecretSource,
    pub own: Option<SecretText>,
    pub problem: Option<String>,
    pub format: DeliveryFormat,
    /// The format before a Discord or Slack address brought its own.
    pub format_before_address: Option<DeliveryFormat>,
    pub events: Vec<String>,
    /// The endpoint's secret, once an endpoint is made.
    pub secret: Option<SecretText>,
}

pub(super) struct PublicData {
    pub way: PublicWay,
    pub program: Option<String>,
    pub programs: Vec<TunnelProgram>,
    pub authtoken: Authtoken,
    /// The account's own address as typed.
    pub domain: String,
    pub own_url: String,
    /// The fetching of a program, once begun.
    pub fetch: Option<Fetch>,
    /// What was seen of it.
    pub own_url_look: Option<Look>,
    pub tunnel: Option<Tunnel>,
    pub tunnel_view: Option<TunnelView>,
    /// Whether endpoint and file were set to the tunnel's address in this run, and are to follow it.
    pub set_up_with_tunnel: bool,
    /// What the tunnel did by itself, oldest first.
    pub happened: Vec<Happened>,
    pub receiver: Option<Receiver>,
    /// Whether the app gets the `Host` that arrived.
    pub keeps_host: bool,
    /// Polar's stream, while it is listened to.
    pub relay: Option<RunningRelay>,
}

pub(super) struct ApplyData {
    pub kind: ApplyKind,
    pub state: ApplyState,
    pub checks: Vec<Check>,
    pub question: Option<Question>,
    pub report: Option<ReportView>,
    pub cancel: Option<watch::Sender<bool>>,
    pub lock: Option<ProjectLock>,
}

pub(super) struct State {
    pub revision: u32,
    pub step: StepName,
    pub project: ProjectData,
    pub account: AccountData,
    pub webhook: WebhookData,
    pub public: PublicData,
    pub apply: ApplyData,
    pub app_running: Option<bool>,
    /// The endpoint as it was last seen on Polar.
    pub on_polar: OnPolar,
    /// For what ends on a day.
    pub today: Date,
    /// Where earlier versions of the env file are kept.
    pub backups: Option<Backups>,
    /// What is remembered of this project on this Polar.
    pub remembered: Remembered,
    /// Where deliveries are kept across restarts, if they are.
    pub kept: Option<StoreHandle>,
    /// Since when what arrives is known here, unless it was kept from an earlier run.
    pub recorded_since: OffsetDateTime,
    /// Dropped, it ends the question for Polar's deliveries list.
    pub listing: Option<oneshot::Sender<()>>,
    /// Tokens of this session, so that going back to an environment asks nothing twice.
    pub session_tokens: HashMap<String, AccessToken>,
    /// Ends the search for a cause that is under way.
    pub diagnosing: Option<Arc<Notify>>,
    /// What is known of the deliveries that fail just now.
    pub failure: Option<Failure>,
    /// What the last search found, for its buttons.
    pub diagnosed: Option<Diagnosis>,
}

impl State {
    pub fn new() -> Self {
        let events = catalogue().preset(DEFAULT_PRESET).map(|preset| preset.events.clone()).unwrap_or_default();
        Self {
            revision: 0,
            step: StepName::Project,
            project: ProjectData::default(),
            account: AccountData {
                environment: EnvironmentName::Sandbox,
                custom: String::new(),
                custom_problem: None,
                server: Some(Environment::sandbox()),
                token: None,
                token_state: TokenState::Missing,
                keeping: None,
                checks: Vec::new(),
                account: None,
                generation: 0,
            },
            webhook: WebhookData {
                name: None,
                source: SecretSource::Generated,
                own: None,
                problem: None,
                format: DeliveryFormat::Raw,
                format_before_address: None,
                events,
                secret: None,
            },
            public: PublicData {
                way: PublicWay::Tunnel,
                program: None,
                programs: Vec::new(),
                authtoken: Authtoken::default(),
                domain: String::new(),
                own_url: String::new(),
                fetch: None,
                own_url_look: None,
                tunnel: None,
                tunnel_view: None,
                set_up_with_tunnel: false,
                happened: Vec::new(),
                receiver: None,
                keeps_host: false,
                relay: None,
            },
            apply: ApplyData {
                kind: ApplyKind::Apply,
                state: ApplyState::Idle,
                checks: Vec::new(),
                question: None,
                report: None,
                cancel: None,
                lock: None,
            },
            app_running: None,
            on_polar: OnPolar::Unknown,
            today: OffsetDateTime::now_utc().date(),
            backups: None,
            remembered: Remembered::default(),
            kept: None,
            recorded_since: OffsetDateTime::now_utc(),
            listing: None,
            session_tokens: HashMap::new(),
            diagnosing: None,
            failure: None,
            diagnosed: None,
        }
    }

    pub fn route(&self) -> String {
        let found = || self.project.found.as_ref().map(|project| project.route.clone());
        self.project.route.clone().or_else(found).unwrap_or_else(|| crate::project::DEFAULT_ROUTE.to_owned())
    }

    pub fn port(&self) -> u16 {
        self.project.port.or_else(|| self.project.found.as_ref().map(|project| project.port)).unwrap_or(3000)
    }

    pub fn env_file(&self) -> String {
        let found = || self.project.found.as_ref().map(|project| project.env_file.clone());
        self.project.env_file.clone().or_else(found).unwrap_or_else(|| ".env".to_owned())
    }

    /// Which program reads the env file, as far as is known.
    pub fn reader(&self) -> Option<Reader> {
        Some(self.project.found.as_ref()?.reader)
    }

    /// What the variables are called.
    pub fn names(&self) -> Names {
        let found = self.project.found.as_ref().map(Project::variable_names).unwrap_or_default();
        self.project.names.or(found)
    }

    pub fn project_name(&self) -> Option<&str> {
        self.project.found.as_ref().map(|project| project.name.as_str())
    }

    /// The endpoint's name on Polar.
    pub fn endpoint_name(&self) -> String {
        self.webhook.name.clone().unwrap_or_else(|| match self.project_name() {
            Some(name) => format!("{OWN_NAME}: {name}"),
            None => OWN_NAME.to_owned(),
        })
    }

    /// The chosen Polar, asked with the token, if both are there.
    pub fn client(&self) -> Option<Client> {
        let client = Client::new(self.account.server.clone()?, self.account.token.clone()?).ok()?;
        Some(client.deliver_directly(self.public.way == PublicWay::Direct))
    }

    /// What this Polar is remembered by.
    pub fn api_key(&self) -> Option<String> {
        match self.account.environment {
            // Before it runs there is no server yet.
            EnvironmentName::Practice => Some(PRACTICE_KEY.to_owned()),
            _ => self.account.server.as_ref().map(Environment::memory_key),
        }
    }

    /// A variable's value in the env file, as it was read last.
    pub fn value_in_file(&self, variable: Variable) -> Option<SecretText> {
        self.project.env.value(self.names().of(variable)?).map(SecretText::new)
    }

    /// Each variable's value in the env file, as it was read last.
    pub fn values_in_file(&self) -> Vec<(Variable, Option<SecretText>)> {
        let value = |name: &str| self.project.env.value(name).map(SecretText::new);
        self.names().all().map(|(variable, name)| (variable, value(name))).collect()
    }

    /// The webhook secret in the env file, as it was read last.
    pub fn secret_in_file(&self) -> Option<SecretText> {
        self.value_in_file(Variable::Secret)
    }

    /// Whether the Polar is on this machine and takes an address on it.
    pub fn direct_possible(&self) -> bool {
        self.account.environment == EnvironmentName::Practice
            || self.account.account.as_ref().is_some_and(|account| account.practice)
    }
}
