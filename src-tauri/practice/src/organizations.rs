//! Organizations: list, get, rename, and the description of the OAuth server.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    PracticeOrganization,
    answer::{self, Answer},
    delivery,
    problem::{self, place},
    respond::Call,
};

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let page = call.query.page(&mut call.problems);
    if !call.problems.is_empty() {
        return call.refuse();
    }
    let slug = call.query.last("slug").map(str::to_owned);
    let items: Vec<Value> = own(call)
        .filter(|organization| slug.as_ref().is_none_or(|slug| *slug == organization.slug))
        .map(|organization| json(&organization))
        .into_iter()
        .collect();
    Answer::ok(&page.of(&items))
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.id(0, "id") else { return call.refuse() };
    match own(call).filter(|organization| organization.id == id) {
        Some(organization) => Answer::ok(&json(&organization)),
        None => answer::not_found(),
    }
}

/// Only the name can be changed here.
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "id");
    let body = call.object();
    let name = match body.as_ref().and_then(|body| body.get("name")) {
        None | Some(Value::Null) => None,
        Some(name) => match problem::string(&place(&["body", "name"]), name) {
            Ok(name) => Some(name),
            Err(problem) => {
                call.problems.push(problem);
                None
            }
        },
    };
    let (Some(id), true) = (id, call.problems.is_empty()) else { return call.refuse() };
    let own_id = call.organization;
    let member = call.state.accounts.organizations.iter_mut().find(|member| member.organization.id == own_id);
    let Some(member) = member.filter(|_| own_id == id) else { return answer::not_found() };
    if let Some(name) = name {
        member.organization.name = name;
    }
    let json = json(&member.organization);
    delivery::publish(call.shared, call.state, own_id, "organization.updated", &json);
    Answer::ok(&json)
}

fn own(call: &Call<'_>) -> Option<PracticeOrganization> {
    call.state.accounts.member(call.organization).map(|member| member.organization.clone())
}

/// What Polar says about an organization that is set up and may do everything.
pub(crate) fn json(organization: &PracticeOrganization) -> Value {
    let mut value = json!({
        "created_at": "2025-07-01T00:00:00Z",
        "modified_at": null,
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "avatar_url": null,
        "proration_behavior": "prorate",
        "allow_customer_updates": true,
    });
    let rest = [
        nulls(&["bio", "company", "blog", "location", "twitter_username"]),
        json!({ "pledge_minimum_amount": 0, "pledge_badge_show_amount": false }),
        nulls(&["default_upfront_split_to_contributors", "email", "website"]),
        json!({ "socials": [], "status": "active", "details_submitted_at": null,
            "onboarding_resubmission_requested_at": null, "sso_enforced": false,
            "default_presentment_currency": "usd", "default_tax_behavior": "location" }),
        json!({ "feature_settings": features(), "subscription_settings": subscriptions(),
            "customer_email_settings": emails(), "customer_portal_settings": portal(),
            "dispute_settings": { "auto_accept_below_amount": null } }),
        json!({ "embed_hosts": [], "embed_hosts_enforced": true, "country": null,
            "account_id": organization.id, "payout_account_id": null }),
        json!({ "capabilities": switches(&[], &["checkout_payments", "subscription_renewals", "payouts", "refunds",
            "api_access", "dashboard_access"]) }),
        json!({ "notification_settings": { "new_order": true, "new_subscription": true, "chargeback_prevention": true,
            "subscription_renewal": false } }),
    ];
    for part in rest {
        merge(&mut value, part);
    }
    value
}

fn features() -> Value {
    let first = [
        "issue_funding_enabled",
        "seat_based_pricing_enabled",
        "unit_based_pricing_enabled",
        "wallets_enabled",
        "member_model_enabled",
        "checkout_localization_enabled",
    ];
    let then = [
        "reset_proration_behavior_enabled",
        "off_session_charges_enabled",
        "meter_cycling_enabled",
        "slack_benefit_enabled",
        "preview_access_enabled",
        "disputes_enabled",
        "sso_enabled",
        "dispute_auto_accept_enabled",
        "compass_enabled",
        "merchant_migration_enabled",
    ];
    let mut value = switches(&first, &[]);
    merge(&mut value, nulls(&["overview_metrics"]));
    merge(&mut value, switches(&then, &[]));
    value
}

fn subscriptions() -> Value {
    json!({ "allow_multiple_subscriptions": false, "proration_behavior": "prorate",
        "benefit_revocation_grace_period": 0, "prevent_trial_abuse": false, "allow_customer_updates": true })
}

fn emails() -> Value {
    switches(
        &[],
        &[
            "order_confirmation",
            "payment_method_expiration_reminder",
            "subscription_cancellation",
            "subscription_confirmation",
            "subscription_cycled",
            "subscription_cycled_after_trial",
            "subscription_past_due",
            "subscription_paused",
            "subscription_resumed",
            "subscription_renewal_reminder",
            "subscription_revoked",
            "subscription_trial_conversion_reminder",
            "subscription_uncanceled",
            "subscription_updated",
        ],
    )
}

fn portal() -> Value {
    json!({ "usage": { "show": true }, "subscription": { "update_seats": true, "update_plan": true },
        "customer": { "allow_email_change": false } })
}

fn nulls(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect()
}

fn switches(off: &[&str], on: &[&str]) -> Value {
    let all = off.iter().map(|name| (name, false)).chain(on.iter().map(|name| (name, true)));
    all.map(|(name, state)| ((*name).to_owned(), Value::Bool(state))).collect()
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// The description of the OAuth server, as far as clients look at it.
pub(crate) fn openid(call: &Call<'_>) -> Answer {
    let base = call.shared.address();
    let scopes: Vec<&str> = include_str!("scopes.txt").lines().collect();
    let methods = json!(["client_secret_post", "client_secret_basic"]);
    let at = |path: &str| format!("{base}{path}");
    Answer::ok(&json!({
        "issuer": "https://polar.sh",
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/v1/oauth2/token"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "registration_endpoint": at("/v1/oauth2/register"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "web", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "service_documentation": "https://polar.sh/docs",
        "revocation_endpoint": at("/v1/oauth2/revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint": at("/v1/oauth2/introspect"),
        "introspection_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256", "plain"],
        "userinfo_endpoint": at("/v1/oauth2/userinfo"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "name", "email", "email_verified"],
    }))
}

/// The organization's id without dashes: the relay's secret.
pub(crate) fn undashed(id: Uuid) -> String {
    id.simple().to_string()
}
