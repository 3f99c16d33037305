//! Customers, products, discounts and benefits, as far as it takes to make events happen; everything else that Polar
//! has is an empty list here.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    answer::{self, Answer},
    delivery, endpoints,
    problem::{self, Problem, place},
    respond::Call,
    stamp,
    state::Resource,
};

/// The kinds that can be made, with the events of their beginning, change and end.
const KINDS: [(&str, &str, &str, &str); 4] = [
    ("customers", "customer.created", "customer.updated", "customer.deleted"),
    ("products", "product.created", "product.updated", ""),
    ("discounts", "discount.created", "discount.updated", "discount.deleted"),
    ("benefits", "benefit.created", "benefit.updated", ""),
];

/// Answers on these; `None`: not practised.
pub(crate) fn handle(method: &str, pattern: &str, call: &mut Call<'_>) -> Option<Answer> {
    let rest = pattern.strip_prefix("/v1/")?;
    let (name, rest) = rest.split_once('/')?;
    let kind = KINDS.iter().find(|kind| kind.0 == name);
    match (method, rest, kind) {
        ("GET", "", _) => Some(list(call, name)),
        ("POST", "", Some(kind)) => Some(create(call, kind)),
        ("GET", "{id}", _) => Some(get(call, name)),
        ("PATCH", "{id}", Some(kind)) => Some(update(call, kind)),
        ("DELETE", "{id}", Some(kind)) => Some(delete(call, kind)),
        ("PATCH" | "DELETE", "{id}", None) => Some(match call.id(0, "id") {
            Some(_) => answer::not_found(),
            None => call.refuse(),
        }),
        _ => None,
    }
}

fn list(call: &mut Call<'_>, kind: &str) -> Answer {
    call.page(|state, organization| {
        let own = state.resources.iter().rev();
        let own = own.filter(|resource| resource.kind == kind && resource.organization == organization);
        own.map(|resource| resource.json.clone()).collect()
    })
}

fn get(call: &mut Call<'_>, kind: &str) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    match find(call, kind, id) {
        Some(resource) => Answer::ok(&resource.json),
        None => answer::not_found(),
    }
}

fn create(call: &mut Call<'_>, kind: &(&'static str, &str, &str, &str)) -> Answer {
    let Some(body) = call.object() else { return call.refuse() };
    let required: &[&str] = match kind.0 {
        "customers" => &["email"],
        "products" => &["name", "prices"],
        "discounts" => &["name", "type", "duration"],
        _ => &["type", "description"],
    };
    for name in required {
        if !body.contains_key(*name) {
            call.problems.push(Problem::missing(&place(&["body", name]), &Value::Object(body.clone())));
        }
    }
    let named = match body.get("organization_id") {
        None | Some(Value::Null) => None,
        Some(value) => problem::uuid(&place(&["body", "organization_id"]), value)
            .map_err(|problem| call.problems.push(problem))
            .ok(),
    };
    if !call.problems.is_empty() {
        return call.refuse();
    }
    if let Some(id) = named {
        return answer::refused_request(endpoints::organization_set(id));
    }
    let id = Uuid::new_v4();
    let json = match kind.0 {
        "customers" => customer(call, id, &body),
        "products" => product(call, id, &body),
        "discounts" => discount(call, id, &body),
        _ => benefit(call, id, &body),
    };
    call.state.resources.push(Resource { kind: kind.0, organization: call.organization, id, json: json.clone() });
    happened(call, kind.1, &json);
    Answer::json(StatusCode::CREATED, &json)
}

fn update(call: &mut Call<'_>, kind: &(&'static str, &str, &str, &str)) -> Answer {
    let id = call.id(0, "id");
    let (Some(body), Some(id)) = (call.object(), id) else { return call.refuse() };
    let now = call.now;
    let Some(resource) = find(call, kind.0, id) else { return answer::not_found() };
    for (name, value) in body {
        let fixed = matches!(name.as_str(), "id" | "created_at" | "modified_at" | "organization_id" | "prices");
        if let Some(known) = resource.json.get_mut(&name)
            && !fixed
            && !value.is_null()
        {
            *known = value.clone();
            if kind.0 == "customers" && name == "name" {
                resource.json["billing_name"] = value;
            }
        }
    }
    resource.json["modified_at"] = json!(stamp(now));
    let json = resource.json.clone();
    happened(call, kind.2, &json);
    Answer::ok(&json)
}

fn delete(call: &mut Call<'_>, kind: &(&'static str, &str, &str, &str)) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    let Some(mut json) = find(call, kind.0, id).map(|resource| resource.json.clone()) else {
        return answer::not_found();
    };
    call.state.resources.retain(|resource| resource.id != id);
    if kind.0 == "customers" {
        json["deleted_at"] = json!(stamp(call.now));
    }
    happened(call, kind.3, &json);
    Answer::no_content()
}

fn find<'call>(call: &'call mut Call<'_>, kind: &str, id: Uuid) -> Option<&'call mut Resource> {
    let organization = call.organization;
    let mut resources = call.state.resources.iter_mut();
    resources.find(|resource| resource.kind == kind && resource.id == id && resource.organization == organization)
}

/// Every change of a customer is also a change of the customer's state.
fn happened(call: &mut Call<'_>, event_type: &str, json: &Value) {
    if event_type.is_empty() {
        return;
    }
    delivery::publish(call.shared, call.state, call.organization, event_type, json);
    if event_type.starts_with("customer.") {
        let mut state = json.clone();
        for name in ["active_subscriptions", "granted_benefits", "active_meters"] {
            state[name] = json!([]);
        }
        delivery::publish(call.shared, call.state, call.organization, "customer.state_changed", &state);
    }
}

/// A field as given, or else `default`.
fn or(body: &Map<String, Value>, name: &str, default: Value) -> Value {
    body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(default)
}

fn customer(call: &Call<'_>, id: Uuid, body: &Map<String, Value>) -> Value {
    let email = body.get("email").and_then(Value::as_str).unwrap_or_default();
    let digest = Sha256::digest(email.to_lowercase().as_bytes());
    let hash = digest.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let name = or(body, "name", Value::Null);
    json!({
        "id": id,
        "created_at": stamp(call.now),
        "modified_at": null,
        "metadata": or(body, "metadata", json!({})),
        "external_id": or(body, "external_id", Value::Null),
        "email": email,
        "email_verified": false,
        "type": or(body, "type", json!("individual")),
        "name": name,
        "billing_name": name,
        "billing_address": or(body, "billing_address", Value::Null),
        "tax_id": null,
        "locale": or(body, "locale", Value::Null),
        "organization_id": call.organization,
        "default_payment_method_id": null,
        "deleted_at": null,
        "first_user_event_at": null,
        "avatar_url": format!("https://www.gravatar.com/avatar/{hash}?d=404"),
    })
}

fn product(call: &Call<'_>, id: Uuid, body: &Map<String, Value>) -> Value {
    let interval = or(body, "recurring_interval", Value::Null);
    let now = stamp(call.now);
    let prices: Vec<Value> = body
        .get("prices")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|price| {
            let mut full = json!({
                "created_at": now, "modified_at": null, "id": Uuid::new_v4(), "source": "catalog",
                "amount_type": price["amount_type"].as_str().unwrap_or("free"),
                "price_currency": price["price_currency"].as_str().unwrap_or("usd"),
                "tax_behavior": null, "is_archived": false, "product_id": id,
                "type": if interval.is_null() { "one_time" } else { "recurring" },
                "recurring_interval": interval,
            });
            if let (Some(full), Some(price)) = (full.as_object_mut(), price.as_object()) {
                for (name, value) in price {
                    full.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            full
        })
        .collect();
    json!({
        "id": id,
        "created_at": now,
        "modified_at": null,
        "trial_interval": or(body, "trial_interval", Value::Null),
        "trial_interval_count": or(body, "trial_interval_count", Value::Null),
        "name": body.get("name"),
        "description": or(body, "description", Value::Null),
        "visibility": or(body, "visibility", json!("public")),
        "recurring_interval": interval,
        "recurring_interval_count": if interval.is_null() { Value::Null } else { or(body, "recurring_interval_count", json!(1)) },
        "meter_interval": null,
        "meter_interval_count": null,
        "is_recurring": !interval.is_null(),
        "is_archived": false,
        "organization_id": call.organization,
        "metadata": or(body, "metadata", json!({})),
        "prices": prices,
        "benefits": [],
        "medias": [],
        "attached_custom_fields": [],
    })
}

fn discount(call: &Call<'_>, id: Uuid, body: &Map<String, Value>) -> Value {
    let mut value = json!({ "duration": body.get("duration"), "type": body.get("type") });
    for name in ["duration_in_months", "basis_points", "amount", "currency"] {
        if let Some(given) = body.get(name) {
            value[name] = given.clone();
        }
    }
    value["created_at"] = json!(stamp(call.now));
    value["modified_at"] = Value::Null;
    value["id"] = json!(id);
    value["metadata"] = or(body, "metadata", json!({}));
    value["name"] = or(body, "name", Value::Null);
    for name in ["code", "starts_at", "ends_at", "max_redemptions", "max_redemptions_per_customer"] {
        value[name] = or(body, name, Value::Null);
    }
    value["redemptions_count"] = json!(0);
    value["organization_id"] = json!(call.organization);
    value["products"] = json!([]);
    value
}

fn benefit(call: &Call<'_>, id: Uuid, body: &Map<String, Value>) -> Value {
    json!({
        "id": id,
        "created_at": stamp(call.now),
        "modified_at": null,
        "type": body.get("type"),
        "description": body.get("description"),
        "selectable": true,
        "deletable": true,
        "is_deleted": false,
        "organization_id": call.organization,
        "metadata": or(body, "metadata", json!({})),
        "visibility": or(body, "visibility", json!("public")),
        "properties": or(body, "properties", json!({})),
        "is_tax_applicable": true,
        "visibility_configurable": true,
    })
}
