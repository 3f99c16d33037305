//! Draws the snapshot from the state: secrets masked, everything in words that the window shows as they are.

use super::{
    apply_step,
    authtoken::own_domain,
    differences, inspector, plan,
    relay_step::{RunningRelay, is_relay},
    state::State,
    texts,
    view::{
        AccountView, ApplyState, ApplyView, EnvView, EnvironmentName, GitignoreView, LiveView, OrganizationView,
        ProjectView, PublicUrlView, PublicWay, RelayPhase, ScopeView, SecretChoice, SecretSource, SetupView, StepName,
        StepState, StepView, TokenState, TokenView, TunnelPhase, WebhookView,
    },
};
use crate::{
    SecretText,
    polar::{Environment, account::SCOPES},
    project::framework_titles,
    receiver::Receiver,
    relay::MAY_CHANGE,
    tunnel::{Fetch, Provider},
    webhook::signature::KeyRule,
};

const STEPS: [StepName; 6] =
    [StepName::Project, StepName::Token, StepName::Webhook, StepName::PublicUrl, StepName::Verify, StepName::Live];

pub(super) fn present(state: &State) -> SetupView {
    SetupView {
        revision: state.revision,
        step: state.step,
        steps: STEPS.map(|name| step(state, name)).into(),
        project: project(state),
        account: account(state),
        webhook: webhook(state),
        public_url: public_url(state),
        env: EnvView {
            backups: state.project.backups.clone(),
            example: state.project.example.clone(),
            keeps_example: state.remembered.keeps_example,
            can_export: state.values_in_file().iter().any(|(_, value)| value.is_some()),
            differences: differences::differences(state),
        },
        leaks: state.project.leaks.clone(),
        plan: plan::plan(state),
        apply: ApplyView {
            kind: state.apply.kind,
            rotation_pending: state.remembered.replaces.is_some(),
            can_rotate: state.remembered.endpoint_id.is_some()
                && state.remembered.replaces.is_none()
                && !is_relay(state.public.way),
            state: state.apply.state,
            checks: state.apply.checks.clone(),
            question: state.apply.question.clone(),
            report: state.apply.report.clone(),
        },
        live: live(state),
        failure: state.failure.as_ref().map(super::by_itself::Failure::view),
    }
}

fn step(state: &State, name: StepName) -> StepView {
    let open = |text: &str| (StepState::Open, text.to_owned());
    let (step, summary) = match name {
        StepName::Project => match state.project_name() {
            Some(name) => (StepState::Done, name.to_owned()),
            None if state.project.problem.is_some() => (StepState::Attention, "choose another folder".to_owned()),
            None => open("choose a folder"),
        },
        StepName::Token => token_step(state),
        StepName::Webhook => match texts::webhook_missing(state) {
            Some(missing) => (StepState::Attention, missing),
            None if state.webhook.events.is_empty() => {
                (StepState::Attention, format!("{} · no events are chosen", texts::format_title(state)))
            }
            None => (
                StepState::Done,
                format!("{} · {}", texts::format_title(state), texts::events_title(state.webhook.events.len())),
            ),
        },
        StepName::PublicUrl => public_url_step(state),
        StepName::Verify => match (state.apply.state, &state.apply.report) {
            (ApplyState::Running, _) => (StepState::Working, "writing and verifying".to_owned()),
            (ApplyState::Asking, _) => (StepState::Attention, "answer a question".to_owned()),
            (_, Some(report)) if report.verified => match differences::differences(state).len() {
                0 => (StepState::Done, "verified".to_owned()),
                _ => (StepState::Attention, "verified before, but no longer all agrees".to_owned()),
            },
            (_, Some(_)) => (StepState::Attention, "not verified".to_owned()),
            _ => open("write the file and prove that it works"),
        },
        StepName::Live => match state.public.receiver.as_ref().map(crate::receiver::Receiver::total) {
            Some(0) | None => open("see deliveries as they arrive"),
            Some(1) => (StepState::Done, "1 delivery".to_owned()),
            Some(total) => (StepState::Done, format!("{total} deliveries")),
        },
    };
    StepView { name, state: step, summary }
}

fn token_step(state: &State) -> (StepState, String) {
    let environment = match state.account.environment {
        EnvironmentName::Practice => "practice",
        EnvironmentName::Sandbox => "sandbox",
        EnvironmentName::Production => "production",
        EnvironmentName::Custom => "custom server",
    };
    match state.account.token_state {
        TokenState::Accepted => {
            let name = state.account.account.as_ref().and_then(|account| account.organization.name.clone());
            (StepState::Done, name.map_or_else(|| environment.to_owned(), |name| format!("{name} · {environment}")))
        }
        TokenState::Checking => (StepState::Working, "asking Polar about the token".to_owned()),
        TokenState::Refused => (StepState::Attention, "the token cannot be used; paste another one".to_owned()),
        TokenState::Missing
            if state.account.server.is_none() && state.account.environment == EnvironmentName::Custom =>
        {
            (StepState::Open, "enter the server's address".to_owned())
        }
        TokenState::Missing if state.account.environment == EnvironmentName::Practice => {
            (StepState::Open, "choose a project; the practice Polar makes its own token".to_owned())
        }
        TokenState::Missing => (StepState::Open, "paste an access token".to_owned()),
    }
}

fn public_url_step(state: &State) -> (StepState, String) {
    if let Some(missing) = texts::public_url_missing(state) {
        let typed = state.public.way != PublicWay::OwnUrl || !state.public.own_url.is_empty();
        return (if typed { StepState::Attention } else { StepState::Open }, missing);
    }
    match state.public.way {
        PublicWay::Direct => (StepState::Done, "directly".to_owned()),
        PublicWay::OwnUrl => (StepState::Done, state.public.own_url.clone()),
        PublicWay::Relay => match state.public.relay.as_ref().map(|relay| relay.view().phase) {
            None => (StepState::Open, "listen, or let \"Write and verify\" do so".to_owned()),
            Some(RelayPhase::Connecting | RelayPhase::Reconnecting) => {
                (StepState::Working, "opening Polar's stream".to_owned())
            }
            Some(RelayPhase::Connected) => (StepState::Done, "Polar's relay".to_owned()),
            Some(RelayPhase::Failed) => (StepState::Attention, "Polar's stream is not open".to_owned()),
        },
        PublicWay::Tunnel => match &state.public.tunnel_view {
            None => (StepState::Open, "start the tunnel, or let \"Write and verify\" start it".to_owned()),
            Some(tunnel) => match tunnel.phase {
                TunnelPhase::Failed => (StepState::Attention, format!("the tunnel {} failed", tunnel.program)),
                TunnelPhase::Stopped => (StepState::Open, "start the tunnel".to_owned()),
                TunnelPhase::Starting | TunnelPhase::AddressKnown => {
                    (StepState::Working, format!("starting {}", tunnel.program))
                }
                TunnelPhase::Connected | TunnelPhase::Reachable => (StepState::Done, tunnel.program.clone()),
            },
        },
    }
}

fn project(state: &State) -> ProjectView {
    let found = state.project.found.as_ref();
    let chosen = "You chose it.".to_owned();
    ProjectView {
        folder: found.map(|found| found.folder.display().to_string()),
        name: found.map(|found| found.name.clone()),
        problem: state.project.problem.clone(),
        framework: found.and_then(|found| found.framework.clone()),
        plugin: found.and_then(|found| found.plugin.clone()),
        package_manager: found.and_then(|found| found.package_manager.clone()),
        apps: found.map(|found| found.apps.clone()).unwrap_or_default(),
        sdk: found.and_then(|found| found.sdk.clone()),
        route: state.route(),
        route_reason: match (&state.project.route, found) {
            (Some(_), _) => chosen.clone(),
            (None, found) => found.map(|found| found.route_reason.clone()).unwrap_or_default(),
        },
        route_at: found.filter(|_| state.project.route.is_none()).and_then(|found| found.route_at.clone()),
        port: state.port(),
        port_at: found.filter(|_| state.project.port.is_none()).and_then(|found| found.port_at.clone()),
        port_reason: match (state.project.port, found) {
            (Some(_), _) => chosen.clone(),
            (None, found) => found.map(|found| found.port_reason.clone()).unwrap_or_default(),
        },
        env_file: state.env_file(),
        env_file_reason: match (&state.project.env_file, found) {
            (Some(_), _) => chosen,
            (None, found) => found.map(|found| found.env_file_reason.clone()).unwrap_or_default(),
        },
        env_file_at: found.filter(|_| state.project.env_file.is_none()).and_then(|found| found.env_file_at.clone()),
        env_files: found.map(|found| found.env_files.clone()).unwrap_or_default(),
        overruled: state.project.overruled.clone(),
        reader: found.map(|found| found.reader.title().to_owned()),
        names: found.map(|found| found.names.clone()),
        handler: state.project.handler.clone().map(Into::into),
        frameworks: framework_titles().into_iter().map(str::to_owned).collect(),
        gitignore: state
            .project
            .gitignore
            .as_ref()
            .map(|line| GitignoreView { file: line.name.clone(), line: line.line.clone() }),
        recent: state.project.recent.clone(),
    }
}

fn account(state: &State) -> AccountView {
    let data = &state.account;
    let server = data.server.as_ref();
    AccountView {
        environment: data.environment,
        api_url: match data.environment {
            EnvironmentName::Custom => data.custom.clone(),
            _ => server.map(Environment::key).unwrap_or_default(),
        },
        api_url_problem: data.custom_problem.clone(),
        token_page: server.and_then(Environment::token_page),
        token_name: texts::token_name(state),
        token_expiration: "No expiration; or a date, if you will come back here before it".to_owned(),
        scopes: SCOPES
            .iter()
            .enumerate()
            .map(|(at, need)| ScopeView {
                scope: need.scope.to_owned(),
                why: need.why.to_owned(),
                required: need.required,
                granted: data.account.as_ref().map(|account| account.granted[at]),
            })
            .collect(),
        token: TokenView {
            state: data.token_state,
            masked: data.token.as_ref().map(|token| token.secret().masked()),
            expires: state.expiry(),
            kept: data.keeping.as_ref().map(|keeping| keeping.kept),
            kept_reason: data.keeping.as_ref().and_then(|keeping| keeping.reason.clone()),
            checks: data.checks.clone(),
        },
        organization: data.account.as_ref().map(|account| OrganizationView::from(&account.organization)),
    }
}

fn webhook(state: &State) -> WebhookView {
    let accepts = state.project.found.as_ref().and_then(|found| found.sdk.as_ref()).map(|sdk| sdk.accepts.as_slice());
    let fits = |rule| accepts.filter(|accepts| !accepts.is_empty()).map(|accepts| accepts.contains(&rule));
    let choice =
        |source, rule| SecretChoice { source, verifies: texts::verifies(source).to_owned(), fits_project: fits(rule) };
    let data = &state.webhook;
    let known = match data.source {
        SecretSource::Own => data.own.as_ref(),
        SecretSource::Generated | SecretSource::Polar => data.secret.as_ref(),
    };
    WebhookView {
        name: state.endpoint_name(),
        secret_source: data.source,
        secret_choices: vec![
            choice(SecretSource::Generated, KeyRule::PolarOwn),
            choice(SecretSource::Own, KeyRule::PolarOwn),
            choice(SecretSource::Polar, KeyRule::StandardWebhooks),
        ],
        secret_masked: known.map(SecretText::masked),
        secret_problem: data.problem.clone(),
        format: data.format,
        events: data.events.clone(),
        preset: texts::preset(&data.events).map(str::to_owned),
        notes: texts::webhook_notes(state),
    }
}

fn public_url(state: &State) -> PublicUrlView {
    let data = &state.public;
    let is_typed = data.way == PublicWay::OwnUrl && !data.own_url.trim().is_empty();
    let problem = (is_typed || is_relay(data.way)).then(|| texts::public_url_missing(state)).flatten();
    let chosen = data.program.as_deref().and_then(Provider::from_name).filter(|_| data.way == PublicWay::Tunnel);
    let takes_domain = chosen.is_some_and(Provider::takes_domain);
    PublicUrlView {
        authtoken: chosen.filter(|chosen| chosen.authtoken_variable().is_some()).map(|_| data.authtoken.view()),
        domain: takes_domain.then(|| data.domain.clone()),
        domain_problem: own_domain(&data.domain).err().filter(|_| takes_domain),
        way: data.way,
        program: data.program.clone(),
        programs: data.programs.clone(),
        direct_possible: state.direct_possible(),
        own_url: data.own_url.clone(),
        own_url_problem: problem,
        can_be_fetched: chosen.is_some_and(Provider::can_be_fetched),
        fetch: data.fetch.as_ref().map(Fetch::status),
        own_url_check: data.own_url_look.as_ref().map(|look| look.check.clone()),
        own_url_suggestion: data.own_url_look.as_ref().and_then(|look| look.suggestion.clone()),
        tunnel: data.tunnel_view.clone(),
        relay: data.relay.as_ref().map(RunningRelay::view),
        relay_note: MAY_CHANGE.to_owned(),
        happened: data.happened.clone(),
        receiver: data.receiver.as_ref().map(Receiver::url),
        endpoint_url: apply_step::addresses(state).filter(|_| !is_relay(data.way)).map(|(endpoint, _)| endpoint),
    }
}

fn live(state: &State) -> LiveView {
    let Some(receiver) = &state.public.receiver else { return LiveView::default() };
    LiveView {
        receiving: true,
        forward_to: Some(format!("http://localhost:{}", state.port())),
        app_running: state.app_running,
        total: receiver.total(),
        revision: *receiver.subscribe().borrow(),
        kept: state.kept.is_some(),
        keeps_host: state.public.keeps_host,
        hold: receiver.hold(),
        held: receiver.counts().held,
        failing: receiver.read(|all, _| inspector::failing(all)),
    }
}
