//! What was looked at, place by place, in sentences for people.

use super::{Answer, Probe, Seen};
use crate::polar::account::SCOPES;

impl Seen {
    /// From the user's code outwards, and then from Polar inwards.
    pub(super) fn probes(&self) -> Vec<Probe> {
        let polar = &self.polar;
        vec![
            probe("env", "The env files", self.env.exists, self.of_env()),
            probe("app", "The app's process and port", true, self.of_app()),
            probe("handler", "The handler, asked on this machine", self.handler.is_some(), self.of_handler()),
            probe("receiver", "Polar Setup's receiver", true, self.of_receiver()),
            probe("tunnel", "Tunnels on this machine", true, self.of_tunnels()),
            probe("public", "The endpoint's address, from outside in", self.public.is_some(), self.of_public()),
            probe("polar", "The endpoint on Polar", polar.endpoints.is_some(), self.of_polar()),
            probe("deliveries", "Polar's list of deliveries", !polar.attempts.is_empty(), self.of_attempts()),
            probe("token", "The access token", polar.account.is_some() || polar.error.is_some(), self.of_token()),
            probe("clock", "This machine's clock", polar.clock_ahead.is_some(), self.of_clock()),
        ]
    }

    fn of_env(&self) -> String {
        let env = &self.env;
        let Some(place) = env.secrets.first() else {
            let file = if env.file.is_empty() { "No env file" } else { &env.file };
            return format!("{file} has no {}.", env.secret_name);
        };
        let weaker = env.secrets.iter().skip(1).map(|place| place.file.as_str()).collect::<Vec<_>>();
        let beside = match weaker.as_slice() {
            [] => String::new(),
            [one] => format!(" {one} has it too, and is weaker."),
            several => format!(" {} have it too, and are weaker.", several.join(", ")),
        };
        format!("{} stands in {}{}.{beside}", env.secret_name, place.file, line(place.line))
    }

    fn of_app(&self) -> String {
        let app = &self.app;
        let listens = match (app.listens, &app.program) {
            (true, Some(program)) => format!("{program} listens on port {}", app.port),
            (true, None) => format!("Something listens on port {}", app.port),
            (false, _) => format!("Nothing listens on port {}", app.port),
        };
        let folder = match app.is_this_project.filter(|_| app.listens) {
            Some(true) => ", in this project's folder",
            Some(false) => ", in another folder",
            None => "",
        };
        let started = match (app.began, self.env.changed) {
            (Some(began), Some(changed)) if changed > began => " It was started before the env file was last changed.",
            (Some(_), Some(_)) => " It was started after the env file was last changed.",
            _ => "",
        };
        format!("{listens}{folder}.{started}")
    }

    fn of_handler(&self) -> String {
        let Some(handler) = &self.handler else { return "Not asked, as nothing listens.".to_owned() };
        let said =
            |what: &str, answer: &Option<Answer>| answer.as_ref().map(|answer| format!("{what}: {}", answer.told()));
        let answers = [
            said("signed by Polar's own key rule", &handler.own_rule),
            said("by the Standard Webhooks rule", &handler.standard_rule),
            said("with the endpoint's secret on Polar", &handler.polars_secret),
            said("forged", &handler.forged),
            said("spelled otherwise", &handler.respelled),
            said("of 64 kB", &handler.large),
        ];
        let answers = answers.into_iter().flatten().collect::<Vec<_>>().join("; ");
        format!("{}: {answers}.", self.route)
    }

    fn of_receiver(&self) -> String {
        match &self.public {
            Some(public) if public.answer.through_receiver => "It had the delivery in hand.".to_owned(),
            Some(_) => "The delivery did not pass through it.".to_owned(),
            None => "Nothing was sent through it.".to_owned(),
        }
    }

    fn of_tunnels(&self) -> String {
        if self.tunnels.is_empty() {
            return "Neither cloudflared nor ngrok runs.".to_owned();
        }
        let told = self.tunnels.iter().map(|tunnel| {
            let to = tunnel.port.map(|port| format!(" leads to port {port}")).unwrap_or_default();
            let serves =
                if tunnel.hosts.is_empty() { String::new() } else { format!(", serves {}", tunnel.hosts.join(", ")) };
            let connected = match tunnel.connections {
                Some(0) => ", is not connected",
                Some(_) => ", is connected",
                None => "",
            };
            format!("{}{to}{serves}{connected}.", tunnel.program)
        });
        told.collect::<Vec<_>>().join(" ")
    }

    fn of_public(&self) -> String {
        let Some(public) = &self.public else { return "Not asked.".to_owned() };
        let forged =
            public.forged.as_ref().map(|forged| format!("; a forged one: {}", forged.told())).unwrap_or_default();
        let beside = public
            .beside
            .as_ref()
            .map(|beside| format!("; a path that nobody has: {}", beside.told()))
            .unwrap_or_default();
        let reached = match public.reaches_app {
            Some(true) => format!("; meanwhile port {} was connected to", self.app.port),
            Some(false) => format!("; meanwhile nothing connected to port {}", self.app.port),
            None => String::new(),
        };
        format!("{}: {}{forged}{beside}{reached}.", public.url, public.answer.told())
    }

    fn of_polar(&self) -> String {
        let polar = &self.polar;
        match &polar.endpoint {
            Some((endpoint, told)) => format!(
                "Found {told}: {} delivers {} as {}, {}.",
                endpoint.url,
                counted(endpoint.events.len(), "event type"),
                endpoint.format,
                if endpoint.enabled { "enabled" } else { "disabled" }
            ),
            None if polar.alike > 0 => {
                format!("{} may be this project's; which one is, is not known.", counted(polar.alike, "endpoint"))
            }
            None if polar.is_relayed => "None is needed: Polar's relay brings the events.".to_owned(),
            None if polar.endpoints.is_some() => "There is none of this project.".to_owned(),
            None => "Could not be asked.".to_owned(),
        }
    }

    fn of_attempts(&self) -> String {
        let attempts = &self.polar.attempts;
        let Some(newest) = attempts.first() else {
            let is_asked = self.polar.endpoint.is_some();
            return if is_asked { "It has none of the last day." } else { "Not asked." }.to_owned();
        };
        let succeeded = attempts.iter().filter(|attempt| attempt.succeeded).count();
        let said = newest.http_code.map_or_else(|| "not answered".to_owned(), |code| format!("answered {code}"));
        format!(
            "{succeeded} of the newest {} succeeded; the last one, of {}, was {said}.",
            counted(attempts.len(), "attempt"),
            newest.webhook_event.event_type
        )
    }

    fn of_token(&self) -> String {
        let polar = &self.polar;
        if let Some(problem) = &polar.token_problem {
            return problem.to_string();
        }
        match (&polar.error, &polar.account) {
            (Some(error), None) => format!("{}: {error}", polar.server),
            (error, Some(account)) => {
                let name = account.organization.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                let error = error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
                format!("{} accepts it{name}. {}{error}", polar.server, scopes(account.granted)) + &self.ends()
            }
            (None, None) if polar.endpoints.is_some() => format!("{} accepts it.", polar.server),
            (None, None) => "There is none to ask with.".to_owned(),
        }
    }

    /// When the token ends, as far as anybody knows.
    fn ends(&self) -> String {
        self.polar.token_ends.as_ref().map(|day| format!(" It ends on {day}, as was noted.")).unwrap_or_default()
    }

    fn of_clock(&self) -> String {
        match self.polar.clock_ahead {
            None => "Not compared.".to_owned(),
            Some(ahead) if ahead.abs() <= 2 => "It agrees with Polar's.".to_owned(),
            Some(ahead) => {
                format!("It is {} s {} Polar's.", ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" })
            }
        }
    }
}

/// Which of the scopes that are of use it has.
fn scopes(granted: [bool; 3]) -> String {
    let that = |wanted: bool| {
        let scopes = SCOPES.iter().zip(granted).filter(move |(_, has)| *has == wanted).map(|(need, _)| need.scope);
        scopes.collect::<Vec<_>>().join(", ")
    };
    match (that(true).as_str(), that(false).as_str()) {
        ("", lacks) => format!("It lacks {lacks}."),
        (has, "") => format!("It has {has}."),
        (has, lacks) => format!("It has {has}, and lacks {lacks}."),
    }
}

fn probe(probe: &str, title: &str, looked: bool, seen: String) -> Probe {
    Probe { probe: probe.to_owned(), title: title.to_owned(), looked, seen }
}

fn line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// "1 event", "2 events".
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_has_and_lacks_is_told() {
        let [first, second, third] = SCOPES.map(|need| need.scope);
        assert_eq!(scopes([true; 3]), format!("It has {first}, {second}, {third}."));
        assert_eq!(scopes([true, true, false]), format!("It has {first}, {second}, and lacks {third}."));
        assert_eq!(scopes([false; 3]), format!("It lacks {first}, {second}, {third}."));
    }
}
