//! Which endpoint on Polar is this project's: a second run must never make a second one.

use crate::polar::endpoint::{Endpoint, normalised};

use super::view::{Question, QuestionOption};

/// The answer that asks for a new endpoint; any other answer is an endpoint's id.
pub const NEW: &str = "new";

/// What to do on Polar.
#[derive(Debug, Clone)]
pub enum EndpointChoice {
    /// There is none yet.
    Create,
    /// This one is the project's.
    Update(Box<Endpoint>),
    /// Several could be; only the user knows.
    Ask(Question),
}

/// What the choice depends on.
#[derive(Debug)]
pub struct ChoiceFacts<'a> {
    /// The id remembered from an earlier run.
    pub remembered: Option<&'a str>,
    /// The user's answer, if asked before.
    pub answer: Option<&'a str>,
    /// Where the endpoint shall deliver.
    pub url: &'a str,
    /// The name that this project's endpoint has by default.
    pub name: &'a str,
}

/// Finds the project's endpoint: the answered one, else the remembered one, else the only one with the same normalised
/// URL. Where more than one could be meant, it asks.
#[must_use]
pub fn choose(all: &[Endpoint], facts: &ChoiceFacts<'_>) -> EndpointChoice {
    match facts.answer {
        Some(NEW) => return EndpointChoice::Create,
        Some(id) => {
            if let Some(found) = all.iter().find(|endpoint| endpoint.id == id) {
                return EndpointChoice::Update(Box::new(found.clone()));
            }
        }
        None => {}
    }
    let url = normalised(facts.url);
    let remembered = facts.remembered.and_then(|id| all.iter().find(|endpoint| endpoint.id == id));
    let same_url: Vec<&Endpoint> = all.iter().filter(|endpoint| normalised(&endpoint.url) == url).collect();
    match (remembered, same_url.as_slice()) {
        (Some(found), others) if others.iter().all(|other| other.id == found.id) => {
            EndpointChoice::Update(Box::new(found.clone()))
        }
        (Some(found), _) if normalised(&found.url) == url => EndpointChoice::Update(Box::new(found.clone())),
        (Some(found), others) => {
            let mut candidates = vec![found];
            candidates.extend(others);
            ask(
                "Polar has another endpoint with this address besides the one this project had. Which one shall be used?",
                &candidates,
                false,
            )
        }
        (None, [only]) => EndpointChoice::Update(Box::new((*only).clone())),
        (None, []) => {
            let same_name: Vec<&Endpoint> =
                all.iter().filter(|endpoint| endpoint.name.as_deref() == Some(facts.name)).collect();
            if same_name.is_empty() {
                EndpointChoice::Create
            } else {
                ask(
                    "Polar has an endpoint that looks like this project's, with another address. Shall it get the new address?",
                    &same_name,
                    true,
                )
            }
        }
        (None, several) => ask(
            "Polar has several endpoints with this address; each would get every event. Which one is this project's?",
            several,
            false,
        ),
    }
}

fn ask(text: &str, candidates: &[&Endpoint], or_new: bool) -> EndpointChoice {
    let mut options: Vec<QuestionOption> = candidates
        .iter()
        .map(|endpoint| QuestionOption {
            id: endpoint.id.clone(),
            label: format!("Use {}", endpoint.name.clone().unwrap_or_else(|| short(&endpoint.id))),
            detail: format!(
                "{} · {} events · {} · id {}",
                endpoint.url,
                endpoint.events.len(),
                if endpoint.enabled { "enabled" } else { "disabled" },
                short(&endpoint.id)
            ),
        })
        .collect();
    if or_new {
        options.push(QuestionOption {
            id: NEW.to_owned(),
            label: "Create a new endpoint".to_owned(),
            detail: "The others stay as they are.".to_owned(),
        });
    }
    EndpointChoice::Ask(Question { text: text.to_owned(), options })
}

fn short(id: &str) -> String {
    id.split('-').next().unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(id: &str, url: &str, name: &str) -> Endpoint {
        serde_json::from_value(serde_json::json!({"id": id, "url": url, "format": "raw", "name": name})).unwrap()
    }

    fn decide(all: &[Endpoint], remembered: Option<&str>, answer: Option<&str>) -> String {
        let facts = ChoiceFacts { remembered, answer, url: "https://Shop.example:443/hook", name: "Polar Setup: shop" };
        match choose(all, &facts) {
            EndpointChoice::Create => "create".into(),
            EndpointChoice::Update(found) => found.id,
            EndpointChoice::Ask(question) => {
                question.options.iter().map(|o| o.id.as_str()).collect::<Vec<_>>().join("|")
            }
        }
    }

    #[test]
    fn finds_the_projects_own() {
        let here = endpoint("a", "https://shop.example/hook", "x");
        let moved = endpoint("b", "https://old.trycloudflare.com/hook", "y");
        let named = endpoint("c", "https://older.trycloudflare.com/hook", "Polar Setup: shop");
        let foreign = endpoint("d", "https://other.example/hook", "z");
        assert_eq!(decide(&[], None, None), "create");
        assert_eq!(decide(std::slice::from_ref(&foreign), None, None), "create");
        assert_eq!(decide(std::slice::from_ref(&here), None, None), "a");
        assert_eq!(decide(&[here.clone(), foreign.clone()], Some("gone"), None), "a");
        assert_eq!(decide(std::slice::from_ref(&moved), Some("b"), None), "b");
        assert_eq!(decide(&[here.clone(), moved.clone()], Some("b"), None), "b|a");
        assert_eq!(decide(&[here.clone(), moved.clone()], Some("b"), Some("a")), "a");
        assert_eq!(decide(&[named, foreign], None, None), "c|new");
        let twin = endpoint("e", "https://shop.example/hook", "x");
        assert_eq!(decide(&[here.clone(), twin.clone()], None, None), "a|e");
        assert_eq!(decide(&[here.clone(), twin.clone()], Some("e"), None), "e");
        assert_eq!(decide(&[here, twin], None, Some("new")), "create");
    }
}
