//! Events as messages for Discord and Slack, in the shapes that Polar sends.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Value, json};
use time::{
    OffsetDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use crate::setup::view::DeliveryFormat;

const ICON: &str = "https://raw.githubusercontent.com/polarsource/polar/2648cf7472b5128704a097cd1eb3ae5f1dd847e5/docs/docs/assets/favicon.png";
const LOGO: &str = "https://raw.githubusercontent.com/polarsource/polar/4fd899222e200ca70982f437039f549b7a822ecc/clients/apps/web/public/email-logo-dark.png";
const FOOTER: &str = "Powered by Polar.sh";
/// Polar's blue, 0x0062FF.
const COLOR: u32 = 25_343;
/// The name of the organization in the samples. Only `organization.updated` tells it.
const ORGANIZATION: &str = "Acme";

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[month repr:short] [day padding:none], [year]");

/// The wording of the types that have one of their own; all others are just named.
static WORDINGS: LazyLock<HashMap<String, Wording>> =
    LazyLock::new(|| serde_json::from_str(include_str!("messages.json")).expect("messages.json is checked by a test"));

#[derive(Deserialize)]
struct Wording {
    content: String,
    title: String,
    description: String,
    fields: Vec<String>,
}

/// A message before it takes on a chat's shape.
struct Message<'a> {
    content: &'a str,
    title: &'a str,
    description: String,
    fields: Vec<(&'a str, String)>,
}

/// The body of a delivery of this payload in this format; raw is the payload itself.
#[must_use]
pub fn chat_message(format: DeliveryFormat, payload: &Value) -> Value {
    match format {
        DeliveryFormat::Raw => payload.clone(),
        DeliveryFormat::Discord => discord(&Message::of(payload)),
        DeliveryFormat::Slack => slack(&Message::of(payload)),
    }
}

impl<'a> Message<'a> {
    fn of(payload: &'a Value) -> Self {
        let event_type = payload["type"].as_str().unwrap_or_default();
        let data = &payload["data"];
        let organization =
            if event_type == "organization.updated" { text(&data["name"]) } else { ORGANIZATION.to_owned() };
        let Some(wording) = WORDINGS.get(event_type) else {
            let fields = vec![("Object", text(&data["id"])), ("Organization", organization)];
            return Self { content: event_type, title: event_type, description: event_type.to_owned(), fields };
        };
        Self {
            content: &wording.content,
            title: &wording.title,
            description: wording.description.replace("{organization}", &organization),
            fields: wording.fields.iter().filter_map(|name| Some((name.as_str(), field(name, payload)?))).collect(),
        }
    }
}

/// What stands in the field of this name; `None` where the event has nothing to put there.
fn field(name: &str, payload: &Value) -> Option<String> {
    let data = &payload["data"];
    match name {
        "Product" => Some(text(&data["product"]["name"])),
        "Amount" => Some(amount(data)),
        "Customer" => Some(text(&data["customer"]["email"])),
        "Status" => Some(text(&data["status"])),
        "Subscription" => data["subscription"].is_object().then(|| "Yes".to_owned()),
        "Ends At" => [&data["ends_at"], &data["ended_at"], &payload["timestamp"]].into_iter().find_map(day),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `$10.00`, for a subscription `$10.00/month`.
fn amount(data: &Value) -> String {
    let cents = data["amount"].as_u64().unwrap_or_default();
    let interval = data["recurring_interval"].as_str().map(|interval| format!("/{interval}")).unwrap_or_default();
    format!("${}.{:02}{interval}", cents / 100, cents % 100)
}

/// `Nov 23, 2026`.
fn day(stamp: &Value) -> Option<String> {
    OffsetDateTime::parse(stamp.as_str()?, &Rfc3339).ok()?.format(&DAY).ok()
}

fn discord(message: &Message<'_>) -> Value {
    let fields: Vec<Value> =
        message.fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "content": message.content,
        "embeds": [{
            "color": COLOR,
            "author": { "name": "Polar.sh", "icon_url": ICON },
            "thumbnail": { "url": LOGO },
            "footer": { "text": FOOTER },
            "title": message.title,
            "description": message.description,
            "fields": fields,
        }],
    })
}

fn slack(message: &Message<'_>) -> Value {
    let markdown = |text: &str| json!({ "type": "mrkdwn", "text": text });
    let fields: Vec<Value> =
        message.fields.iter().map(|(name, value)| markdown(&format!("*{name}*\n{value}"))).collect();
    json!({
        "text": message.content,
        "blocks": [
            { "type": "section", "text": markdown(&message.description), "fields": fields },
            {
                "type": "context",
                "elements": [{ "type": "image", "image_url": ICON, "alt_text": "Polar" }, markdown(FOOTER)],
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{super::sample, *};
    use crate::polar::event::catalogue;

    fn payload(event_type: &str) -> Value {
        sample(event_type, "org_1", datetime!(2026-11-23 12:00 UTC)).unwrap()
    }

    #[test]
    fn raw_is_the_payload_itself() {
        let payload = payload("order.paid");
        assert_eq!(chat_message(DeliveryFormat::Raw, &payload), payload);
    }

    #[test]
    fn every_type_makes_a_message_without_an_empty_text() {
        for event_type in catalogue().types() {
            let payload = payload(event_type);
            let discord = chat_message(DeliveryFormat::Discord, &payload);
            let embed = &discord["embeds"][0];
            for value in [&discord["content"], &embed["title"], &embed["description"], &embed["footer"]["text"]] {
                assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{event_type}");
            }
            let fields = embed["fields"].as_array().unwrap();
            assert!(fields.len() >= 2, "{event_type}");
            assert!(
                fields.iter().all(|field| field["value"].as_str().is_some_and(|text| !text.is_empty())),
                "{event_type}"
            );

            let slack = chat_message(DeliveryFormat::Slack, &payload);
            assert_eq!(slack["text"], discord["content"]);
            assert_eq!(slack["blocks"][0]["text"]["text"], embed["description"]);
            assert_eq!(slack["blocks"][0]["fields"].as_array().unwrap().len(), fields.len());
            assert_eq!(slack["blocks"][1]["type"], "context");
        }
    }

    #[test]
    fn a_plain_type_names_itself_its_object_and_the_organization() {
        let payload = payload("benefit.created");
        let id = &payload["data"]["id"];
        let message = chat_message(DeliveryFormat::Discord, &payload);
        assert_eq!(message["content"], "benefit.created");
        assert_eq!(
            message["embeds"][0]["fields"],
            json!([{ "name": "Object", "value": id }, { "name": "Organization", "value": "Acme" }])
        );
        let message = chat_message(DeliveryFormat::Slack, &payload);
        assert_eq!(message["blocks"][0]["fields"][0]["text"], format!("*Object*\n{}", id.as_str().unwrap()));
    }

    #[test]
    fn a_cancellation_says_what_when_and_who() {
        let message = chat_message(DeliveryFormat::Slack, &payload("subscription.canceled"));
        assert_eq!(message["text"], "Subscription has been canceled.");
        let fields: Vec<&str> = message["blocks"][0]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|field| field["text"].as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "*Product*\nPro plan",
                "*Amount*\n$10.00/month",
                "*Customer*\njane@example.com",
                "*Status*\nactive",
                "*Ends At*\nDec 13, 2026"
            ]
        );
    }

    #[test]
    fn a_new_order_of_a_subscription_says_so() {
        let mut order = payload("order.created");
        let fields = |order: &Value| chat_message(DeliveryFormat::Discord, order)["embeds"][0]["fields"].clone();
        assert_eq!(fields(&order)[1]["value"], "$10.00");
        assert_eq!(fields(&order)[3], json!({ "name": "Subscription", "value": "Yes" }));
        order["data"]["subscription"] = Value::Null;
        assert_eq!(fields(&order).as_array().unwrap().len(), 3);
    }
}
