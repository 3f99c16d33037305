//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use polar_setup_core::{polar::event::catalogue, setup::view::DeliveryFormat, webhook::signature::KeyRule};

use crate::{
    diagnose::DiagnoseArgs,
    env::EnvArgs,
    inspect::{HandlerArgs, InspectArgs},
    leaks::LeaksArgs,
    listen::ListenArgs,
};

/// Sets up Polar webhooks for a project and proves that they arrive.
#[derive(Debug, Parser)]
#[command(name = "polar-setup-cli", version, max_term_width = 100)]
#[command(after_help = "Exit code: 0 verified, 1 not verified, 2 wrong usage.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make or update the webhook endpoint, write the env file, and verify both
    Setup(Box<SetupArgs>),
    /// Verify what an env file says; changes nothing
    Check(CheckArgs),
    /// Find out why webhooks do not arrive: one cause, what proves it, what to do; changes nothing
    Diagnose(DiagnoseArgs),
    /// Show what the folder says about framework, port, route and env files, and which file and line says it
    Inspect(InspectArgs),
    /// Print a webhook handler for the project's framework; writes nothing
    Handler(HandlerArgs),
    /// Search files and git history for access tokens and the project's own secrets
    Leaks(LeaksArgs),
    /// The env file by itself: its variables in another form, its earlier versions
    Env(EnvArgs),
    /// Bring Polar's events to your app on this machine and show each, until Ctrl-C; needs no tunnel
    Listen(Box<ListenArgs>),
    /// Send a signed sample of an event to your app, without Polar
    Trigger(TriggerArgs),
    /// Run a practice Polar on this machine, until Ctrl-C
    Practice(PracticeArgs),
    /// Print the completions for a shell, for those who did not install a package
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(hide = true)]
    Man(ManArgs),
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Into which folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// Which Polar.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Which Polar; "practice" is one of this program's own: no account, no token, no network
    #[arg(long, value_enum, conflicts_with = "api_url")]
    pub environment: Option<EnvironmentChoice>,
    /// A Polar server of your own; plain http only on this machine
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
}

/// Which of the known Polars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EnvironmentChoice {
    /// One inside this program
    Practice,
    /// sandbox-api.polar.sh
    Sandbox,
    /// api.polar.sh: real money
    Production,
}

/// `setup`. Each flag is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("server").required(true).args(["environment", "api_url"])))]
#[command(
    after_help = "The access token is read from standard input (--token-stdin) or the variable POLAR_ACCESS_TOKEN; \
    else the one of an earlier run is used, from the keyring or the project's env file. It is never an argument."
)]
pub struct SetupArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    #[command(flatten)]
    pub server: ServerArgs,
    /// Read the access token from the first line of standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Read a webhook secret of your own from the (next) line of standard input
    #[arg(long)]
    pub secret_stdin: bool,
    /// The delivery format; Discord and Slack addresses bring their own
    #[arg(long, value_enum)]
    pub format: Option<FormatChoice>,
    /// The event types, separated by commas
    #[arg(long, value_name = "EVENTS", value_delimiter = ',', conflicts_with = "preset")]
    pub events: Option<Vec<String>>,
    /// A named choice of event types: payments (the default), all, none
    #[arg(long, value_name = "NAME", value_parser = preset)]
    pub preset: Option<String>,
    /// The endpoint's name on Polar
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Which endpoint on Polar is this project's, where that is not clear: its id, or "new"
    #[arg(long, value_name = "ID|new")]
    pub endpoint: Option<String>,
    /// Replace the webhook secret without a gap: a new endpoint is made and proved before the old one goes
    #[arg(long, conflicts_with = "endpoint")]
    pub rotate_secret: bool,
    /// The program that makes this machine reachable; by itself the first one installed
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub tunnel: Option<TunnelChoice>,
    /// The address under which your app is reachable, instead of a tunnel
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Your app's port on this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// The path of your webhook handler, such as /api/auth/polar/webhooks
    #[arg(long, value_name = "PATH")]
    pub route: Option<String>,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    /// What the variables are called in the env file, where that is not what your code reads already
    #[arg(long, value_name = "NAME")]
    pub token_variable: Option<String>,
    /// The same for the webhook secret
    #[arg(long, value_name = "NAME")]
    pub secret_variable: Option<String>,
    /// The same for the tunnel's address
    #[arg(long, value_name = "NAME")]
    pub url_variable: Option<String>,
    /// The same for the switch between sandbox and production; "-" leaves it out
    #[arg(long, value_name = "NAME|-", allow_hyphen_values = true)]
    pub switch_variable: Option<String>,
    /// Stay afterwards and show each delivery, until Ctrl-C
    #[arg(long)]
    pub keep_running: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    #[command(flatten)]
    pub server: ServerArgs,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `trigger`.
#[derive(Debug, Args)]
#[command(
    after_help = "The sample is signed with the webhook secret in the project's env file. Exit code: 0 your app \
    answered 2xx, 1 it did not, 2 wrong usage."
)]
pub struct TriggerArgs {
    /// The event type, such as order.paid
    #[arg(value_name = "EVENT", required_unless_present = "list")]
    pub event: Option<String>,
    /// The project's folder
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub project: Option<PathBuf>,
    /// Where your app takes webhooks; by itself the project's port and route, without a path the project's route
    #[arg(long, value_name = "URL")]
    pub forward_to: Option<String>,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    /// The delivery format
    #[arg(long, value_enum, default_value = "raw")]
    pub format: FormatChoice,
    /// How the secret becomes the key: every SDK accepts "polar", only @polar-sh/sdk 1.0 and later "standard"
    #[arg(long, value_enum, default_value = "polar")]
    pub key_rule: RuleChoice,
    /// Show every event type, and send nothing
    #[arg(long, conflicts_with_all = ["event", "forward_to"])]
    pub list: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `practice`.
#[derive(Debug, Args)]
pub struct PracticeArgs {
    /// The port on 127.0.0.1; by itself any free one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// A JSON file of the organizations and tokens that exist
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Answer as Polar's sandbox does: its answers are marked, its rate limit is lower
    #[arg(long)]
    pub sandbox: bool,
    /// The first line as a JSON object
    #[arg(long)]
    pub json: bool,
}

/// A delivery format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatChoice {
    /// Polar's own JSON, for your app
    Raw,
    /// A message for a Discord channel
    Discord,
    /// A message for a Slack channel
    Slack,
}

impl From<FormatChoice> for DeliveryFormat {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Raw => Self::Raw,
            FormatChoice::Discord => Self::Discord,
            FormatChoice::Slack => Self::Slack,
        }
    }
}

/// A key rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuleChoice {
    /// The bytes of the whole secret
    Polar,
    /// What follows whsec_, decoded from base64
    Standard,
}

impl From<RuleChoice> for KeyRule {
    fn from(choice: RuleChoice) -> Self {
        match choice {
            RuleChoice::Polar => Self::PolarOwn,
            RuleChoice::Standard => Self::StandardWebhooks,
        }
    }
}

/// A tunnel program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TunnelChoice {
    /// Cloudflare's; needs no account
    Cloudflared,
    /// ngrok; needs an account
    Ngrok,
    /// Polar's own stream instead of a tunnel: no endpoint is made, and nothing has to be installed
    Relay,
    /// No tunnel
    None,
}

fn preset(name: &str) -> Result<String, String> {
    let catalogue = catalogue();
    if catalogue.preset(name).is_some() {
        return Ok(name.to_owned());
    }
    let known: Vec<&str> = catalogue.presets.iter().map(|preset| preset.name.as_str()).collect();
    Err(format!("there is none of this name; known are {}", known.join(", ")))
}
