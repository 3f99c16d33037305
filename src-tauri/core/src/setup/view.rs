//! What the window draws: one whole, plain snapshot of the setup, secrets masked. Nothing here can carry a secret.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{check::Check, webhook::signature::KeyRule};

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
    /// What "Write and verify" will do, once enough is known.
    pub plan: Option<PlanView>,
    /// What it has done.
    pub apply: ApplyView,
    /// Deliveries.
    pub live: LiveView,
}

/// The project's folder and what was found in it.
#[derive(Debug, Clone, Default, Serialize, TS)]
#[ts(export)]
pub struct ProjectView {
    /// Absolute path; `None` before one is chosen.
    pub folder: Option<String>,
    /// The folder's or the package's name.
    pub name: Option<String>,
    /// What is wrong with the folder, in a sentence.
    pub problem: Option<String>,
    /// The framework, in words, and the file that says so.
    pub framework: Option<Finding>,
    /// Which official SDK the project has, and which key rules it verifies.
    pub sdk: Option<SdkView>,
    /// The route of the webhook handler in the app, beginning with `/`.
    pub route: String,
    /// Why this route.
    pub route_reason: String,
    /// The app's own port on this machine.
    pub port: u16,
    /// Why this port.
    pub port_reason: String,
    /// The env file that will be written, relative to the folder.
    pub env_file: String,
    /// Why this one.
    pub env_file_reason: String,
    /// Folders of before, newest first.
    pub recent: Vec<RecentProject>,
}

/// Something found in the project, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Finding {
    /// What was found: "Next.js".
    pub value: String,
    /// The file that says so, relative to the folder.
    pub file: String,
}

/// The Polar SDK that a project has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SdkView {
    /// The package: `@polar-sh/sdk`, `@polar-sh/nextjs`, …
    pub package: String,
    /// The version that the project names or has installed.
    pub version: String,
    /// The key rules that its `validateEvent` accepts.
    pub accepts: Vec<KeyRule>,
}

/// A folder of before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RecentProject {
    /// Absolute path.
    pub folder: String,
    /// Its name.
    pub name: String,
}

/// Which Polar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnvironmentName {
    /// A Polar that runs inside this program: no account, no network.
    Practice,
    /// `sandbox-api.polar.sh`.
    Sandbox,
    /// `api.polar.sh`: real money.
    Production,
    /// A server of one's own.
    Custom,
}

/// Environment, token and organization.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct AccountView {
    /// Which Polar.
    pub environment: EnvironmentName,
    /// The API's address; empty for a practice Polar that is not running yet.
    pub api_url: String,
    /// What is wrong with the custom address, in a sentence.
    pub api_url_problem: Option<String>,
    /// Polar's page for new tokens; `None` where there is no dashboard.
    pub token_page: Option<String>,
    /// What to enter on it as the token's name.
    pub token_name: String,
    /// What to enter as expiration.
    pub token_expiration: String,
    /// The scopes to tick.
    pub scopes: Vec<ScopeView>,
    /// The token.
    pub token: TokenView,
    /// The organization it belongs to.
    pub organization: Option<OrganizationView>,
}

/// One scope.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct ScopeView {
    /// Polar's name: `webhooks:write`.
    pub scope: String,
    /// What it is needed for.
    pub why: String,
    /// Whether the setup cannot go on without it.
    pub required: bool,
    /// Whether the token has it; `None`: not asked yet.
    pub granted: Option<bool>,
}

/// How the token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TokenState {
    /// None yet.
    Missing,
    /// Polar is being asked.
    Checking,
    /// Polar accepts it, and it has what is needed.
    Accepted,
    /// It cannot be used; `problem` says why.
    Refused,
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Kept {
    /// In the operating system's keyring.
    Keyring,
    /// In memory, until the program ends: there is no keyring here.
    Session,
}

/// The token, masked.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct TokenView {
    /// How it stands.
    pub state: TokenState,
    /// `polar_oat_••••••••wxyz`.
    pub masked: Option<String>,
    /// Where it is kept.
    pub kept: Option<Kept>,
    /// Why it is not in the keyring.
    pub kept_reason: Option<String>,
    /// What was seen of it: accepted by whom, or refused.
    pub checks: Vec<Check>,
}

/// A Polar organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OrganizationView {
    /// Polar's id.
    pub id: Option<String>,
    /// Its name; `None` where the token may not read it.
    pub name: Option<String>,
    /// Its slug.
    pub slug: Option<String>,
}

/// Where the webhook secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SecretSource {
    /// Random, made here; kept on later runs. The default.
    Generated,
    /// The user's own.
    Own,
    /// Polar makes it.
    Polar,
}

/// One way to come by a secret.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct SecretChoice {
    /// Which way.
    pub source: SecretSource,
    /// Which SDK versions verify it, in a sentence.
    pub verifies: String,
    /// Whether the project's own SDK verifies it; `None`: not known.
    pub fits_project: Option<bool>,
}

/// A delivery format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryFormat {
    /// Polar's own JSON, for your app.
    Raw,
    /// A message for a Discord channel.
    Discord,
    /// A message for a Slack channel.
    Slack,
}

/// Secret, format and events.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct WebhookView {
    /// The endpoint's name on Polar.
    pub name: String,
    /// The chosen way.
    pub secret_source: SecretSource,
    /// All ways.
    pub secret_choices: Vec<SecretChoice>,
    /// The secret, masked, once there is one.
    pub secret_masked: Option<String>,
    /// What is wrong with the user's own secret.
    pub secret_problem: Option<String>,
    /// The delivery format.
    pub format: DeliveryFormat,
    /// The chosen event types, in catalogue order.
    pub events: Vec<String>,
    /// The preset that this choice is, if it is one.
    pub preset: Option<String>,
    /// What to know about this choice: none chosen, skipped in chat, …
    pub notes: Vec<String>,
}

/// How Polar reaches this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PublicWay {
    /// A tunnel program, by its name in `tunnel`.
    Tunnel,
    /// An address of one's own: production, or a Discord or Slack address.
    OwnUrl,
    /// The practice Polar is on this machine: no tunnel needed.
    Direct,
}

/// A tunnel program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TunnelProgram {
    /// `cloudflared`, `ngrok`.
    pub name: String,
    /// Where it is; `None`: not on this machine.
    pub path: Option<String>,
    /// What it says its version is.
    pub version: Option<String>,
    /// What it is good at, in a sentence.
    pub about: String,
    /// The command that installs it here.
    pub install: String,
}

/// How a tunnel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TunnelPhase {
    /// Not started.
    Stopped,
    /// The program runs; no address yet.
    Starting,
    /// It has an address that does not answer yet.
    AddressKnown,
    /// It is connected to its service.
    Connected,
    /// A request of ours through the public address came back to us.
    Reachable,
    /// It did not get there, or died; `problem` says why.
    Failed,
}

/// The running tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TunnelView {
    /// Which program.
    pub program: String,
    /// How it stands.
    pub phase: TunnelPhase,
    /// The public address, without a route.
    pub url: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// Since when it has been up, in milliseconds since 1970.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// How often it ended by itself and was started again.
    pub restarts: u32,
    /// The last lines of its output, redacted.
    pub log: Vec<String>,
}

/// The authtoken of a tunnel program's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AuthtokenView {
    /// As it may be shown; `None`: none was entered here, and the program uses its own.
    pub masked: Option<String>,
    /// Where it is kept.
    pub kept: Option<Kept>,
    /// Why it is not in the keyring, or why the one just entered cannot be used.
    pub problem: Option<String>,
}

/// Something that happened while nobody had asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Happened {
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// What, in a sentence.
    pub text: String,
}

/// How the fetching of a program stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FetchPhase {
    /// Asks for the newest release and its checksum.
    Looking,
    /// The file comes.
    Downloading,
    /// Its checksum is compared, and it is put in its place.
    Checking,
    /// It can be run.
    Done,
    /// It is not there; `problem` says why.
    Failed,
    /// The user did not want it any more.
    Cancelled,
}

/// A program on its way into the app's own folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FetchView {
    /// How it stands.
    pub phase: FetchPhase,
    /// How many bytes have come.
    #[ts(type = "number")]
    pub bytes: u64,
    /// How many there are; `None`: not known yet.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// The release.
    pub version: Option<String>,
    /// Where the program is, once it is done.
    pub path: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// How Polar reaches this machine.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct PublicUrlView {
    /// The chosen way.
    pub way: PublicWay,
    /// The chosen program, for a tunnel.
    pub program: Option<String>,
    /// All programs we know.
    pub programs: Vec<TunnelProgram>,
    /// The authtoken, if the chosen program takes one.
    pub authtoken: Option<AuthtokenView>,
    /// The account's own address as typed, if the chosen program takes one.
    pub domain: Option<String>,
    /// What is wrong with it.
    pub domain_problem: Option<String>,
    /// Whether "directly" is possible: only in practice.
    pub direct_possible: bool,
    /// The user's own address as typed.
    pub own_url: String,
    /// What is wrong with it.
    pub own_url_problem: Option<String>,
    /// Whether the chosen program can be fetched by this one.
    pub can_be_fetched: bool,
    /// Its fetching, once begun.
    pub fetch: Option<FetchView>,
    /// What was seen of it when it was tried.
    pub own_url_check: Option<Check>,
    /// Where its redirects end: the address to use instead.
    pub own_url_suggestion: Option<String>,
    /// The tunnel, once started.
    pub tunnel: Option<TunnelView>,
    /// What the tunnel did by itself since, and what was done about it; oldest first.
    pub happened: Vec<Happened>,
    /// Where the receiver listens: `http://127.0.0.1:23117`; `None`: it does not run.
    pub receiver: Option<String>,
    /// The address Polar will deliver to, route included, once known.
    pub endpoint_url: Option<String>,
}

/// What "Write and verify" will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PlanView {
    /// What happens on Polar: "Update the endpoint …", in a sentence.
    pub endpoint: String,
    /// The env file, absolute.
    pub env_path: String,
    /// Whether the file exists already.
    pub env_exists: bool,
    /// Each variable.
    pub changes: Vec<EnvChange>,
    /// What to know before: a live environment, a file that git would take, …
    pub warnings: Vec<String>,
}

/// What happens to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnvAction {
    /// A new line.
    Add,
    /// A new value.
    Change,
    /// Already right.
    Keep,
}

/// One variable of the env file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvChange {
    /// Its name.
    pub name: String,
    /// What happens.
    pub action: EnvAction,
    /// The old value, masked.
    pub old: Option<String>,
    /// The new value, masked; or when it will be known.
    pub new: String,
    /// Whether the values are secrets.
    pub secret: bool,
}

/// How "Write and verify" stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApplyState {
    /// Not begun.
    Idle,
    /// Under way; can be cancelled.
    Running,
    /// Waits for an answer to `question`.
    Asking,
    /// Done; see `report`.
    Done,
}

/// "Write and verify".
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct ApplyView {
    /// How it stands.
    pub state: ApplyState,
    /// Every check, in its order.
    pub checks: Vec<Check>,
    /// What must be decided before it goes on.
    pub question: Option<Question>,
    /// What came of it.
    pub report: Option<ReportView>,
}

/// A decision that only the user can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The answers.
    pub options: Vec<QuestionOption>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct QuestionOption {
    /// What `answer` takes.
    pub id: String,
    /// The button's text.
    pub label: String,
    /// More about it.
    pub detail: String,
}

/// What came of "Write and verify".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ReportView {
    /// Whether every claim was observed.
    pub verified: bool,
    /// The outcome in a sentence.
    pub summary: String,
    /// The endpoint on Polar.
    pub endpoint_id: Option<String>,
    /// The endpoint's address as Polar has it.
    pub endpoint_url: Option<String>,
    /// Whether the endpoint was created by this run (else updated or left).
    pub endpoint_created: bool,
    /// Its page on Polar's dashboard.
    pub endpoint_page: Option<String>,
    /// The file written, absolute.
    pub env_file: Option<String>,
    /// The variables in it.
    pub variables: Vec<EnvChange>,
    /// The organization.
    pub organization: Option<OrganizationView>,
    /// Which Polar.
    pub environment: EnvironmentName,
}

/// Deliveries.
#[derive(Debug, Clone, Default, Serialize, TS)]
#[ts(export)]
pub struct LiveView {
    /// Whether the receiver runs.
    pub receiving: bool,
    /// Where deliveries are passed on to: `http://127.0.0.1:3000`.
    pub forward_to: Option<String>,
    /// Whether something listens there; `None`: not known.
    pub app_running: Option<bool>,
    /// How many arrived since the start.
    pub total: u32,
    /// The newest 200, newest first.
    pub deliveries: Vec<DeliveryView>,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DeliveryView {
    /// Our number for it.
    pub number: u32,
    /// When it arrived, in milliseconds since 1970.
    #[ts(type = "number")]
    pub received_at: i64,
    /// The event type, or what it seems to be.
    pub event_type: String,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// Which key rule verified it; `None`: not verified.
    pub verified: Option<KeyRule>,
    /// Why not.
    pub problem: Option<String>,
    /// The app's status, once it answered.
    pub app_status: Option<u16>,
    /// How long the app took, in milliseconds.
    pub app_ms: Option<u32>,
    /// Why the app did not answer.
    pub app_problem: Option<String>,
    /// Whether this is a test delivery of ours.
    pub test: bool,
    /// The body, at most 64 KiB, as text.
    pub body: String,
}
