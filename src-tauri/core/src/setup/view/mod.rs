//! What the window draws: one whole, plain snapshot of the setup, secrets masked. Nothing here can carry a secret.

mod account;
mod apply;
mod delivery_filter;
mod env;
mod explanation;
mod inspector;
mod leaks;
mod live;
mod polars_list;
mod project;
mod public_url;
mod webhook;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::{
    account::*, apply::*, delivery_filter::*, env::*, explanation::*, inspector::*, leaks::*, live::*, polars_list::*,
    project::*, public_url::*, webhook::*,
};

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StepName {
    /// Which folder.
    Project,
    /// Which Polar, and the access token.
    Token,
    /// Secret, format and events.
    Webhook,
    /// How Polar reaches this machine.
    PublicUrl,
    /// Preview, apply, verify.
    Verify,
    /// Deliveries as they arrive.
    Live,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StepState {
    /// Something is missing; `summary` says what.
    Open,
    /// Everything is there.
    Done,
    /// Needs the user's attention.
    Attention,
    /// Being worked on.
    Working,
}

/// One step in the list on the left.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct StepView {
    /// Which one.
    pub name: StepName,
    /// How it stands.
    pub state: StepState,
    /// Its answer in a few words: "my-shop", "Acme · sandbox".
    pub summary: String,
}

/// The whole setup.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct SetupView {
    /// Rises with every change.
    pub revision: u32,
    /// The step the window shows.
    pub step: StepName,
    /// All steps.
    pub steps: Vec<StepView>,
    /// The folder.
    pub project: ProjectView,
    /// Environment, token and organization.
    pub account: AccountView,
    /// Secret, format and events.
    pub webhook: WebhookView,
    /// How Polar reaches this machine.
    pub public_url: PublicUrlView,
    /// The search for leaked secrets.
    pub leaks: LeaksView,
    /// The env file besides that.
    pub env: EnvView,
    /// What "Write and verify" will do, once enough is known.
    pub plan: Option<PlanView>,
    /// What it has done.
    pub apply: ApplyView,
    /// Deliveries.
    pub live: LiveView,
    /// Why they fail, while they do.
    pub failure: Option<FailureView>,
}
