//! Webhook endpoints on Polar: list, get, create, update, delete.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use url::Url;

use super::{ApiError, Client};
use crate::{SecretText, setup::view::DeliveryFormat};

const PATH: &str = "/v1/webhooks/endpoints";

/// What the names of those begin with that this program makes.
pub const OWN_NAME: &str = "Polar Setup";

/// An endpoint as Polar has it. Fields that we don't know are left aside; event types that we don't know stay.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    /// Polar's id.
    pub id: String,
    /// Where it delivers, as Polar normalised it.
    pub url: String,
    /// Its name, if it has one.
    #[serde(default)]
    pub name: Option<String>,
    /// `raw`, `discord`, `slack`, or one that we don't know.
    pub format: String,
    /// The signing secret; later API versions may not tell it.
    #[serde(default, deserialize_with = "optional_secret")]
    pub secret: Option<SecretText>,
    /// The event types it takes.
    #[serde(default)]
    pub events: Vec<String>,
    /// Whether Polar delivers to it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When it was made; not when its secret was.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// The organization it belongs to.
    #[serde(default)]
    pub organization_id: Option<String>,
}

/// What an endpoint shall be. `None` leaves a field as it is (or out, when creating).
#[derive(Debug, Clone, Default)]
pub struct EndpointWish {
    /// Where to deliver.
    pub url: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// In which format.
    pub format: Option<DeliveryFormat>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// Its secret; without one Polar makes it.
    pub secret: Option<SecretText>,
    /// Whether Polar delivers to it.
    pub enabled: Option<bool>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<DeliveryFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Endpoint>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    max_page: u32,
}

impl EndpointWish {
    fn body(&self) -> Body<'_> {
        Body {
            url: self.url.as_deref(),
            name: self.name.as_deref(),
            format: self.format,
            events: self.events.as_deref(),
            secret: self.secret.as_ref().map(SecretText::expose),
            enabled: self.enabled,
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.url.is_none()
            && self.name.is_none()
            && self.format.is_none()
            && self.events.is_none()
            && self.secret.is_none()
            && self.enabled.is_none()
    }
}

impl Client {
    /// All endpoints of the organization, newest first.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, ApiError> {
        let mut all: Vec<Endpoint> = Vec::new();
        let mut page = 1;
        loop {
            let answer: Page = self.get(&format!("{PATH}?limit=100&page={page}")).await?.json()?;
            // A page may shift while we read: the same endpoint twice is still one.
            let new: Vec<Endpoint> =
                answer.items.into_iter().filter(|item| all.iter().all(|had| had.id != item.id)).collect();
            all.extend(new);
            if page >= answer.pagination.max_page {
                return Ok(all);
            }
            page += 1;
        }
    }

    /// One endpoint; `None`: it is gone, or belongs to another organization.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn endpoint(&self, id: &str) -> Result<Option<Endpoint>, ApiError> {
        // A remembered id goes into a path: nothing but an id may get there.
        if !id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Ok(None);
        }
        match self.get(&format!("{PATH}/{id}")).await {
            Ok(answer) => Ok(Some(answer.json()?)),
            Err(ApiError::NotFound | ApiError::Invalid(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates an endpoint. The secret in the answer is the true one, whatever was sent.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn create_endpoint(&self, wish: &EndpointWish) -> Result<Endpoint, ApiError> {
        self.post(PATH, &wish.body()).await?.json()
    }

    /// Changes an endpoint. Polar refuses to enable one while its *stored* URL is bad, so enabling is a request of its own.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn update_endpoint(&self, id: &str, wish: &EndpointWish) -> Result<Endpoint, ApiError> {
        let path = format!("{PATH}/{id}");
        let first = EndpointWish { enabled: None, ..wish.clone() };
        let mut endpoint: Endpoint = self.patch(&path, Some(&first.body())).await?.json()?;
        if wish.enabled.is_some_and(|enabled| enabled != endpoint.enabled) {
            let second = EndpointWish { enabled: wish.enabled, ..EndpointWish::default() };
            endpoint = self.patch(&path, Some(&second.body())).await?.json()?;
        }
        Ok(endpoint)
    }

    /// Lets Polar make a new secret for an endpoint. The old one is void at once.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn reset_endpoint_secret(&self, id: &str) -> Result<Endpoint, ApiError> {
        self.patch::<()>(&format!("{PATH}/{id}/secret"), None).await?.json()
    }

    /// Deletes an endpoint; one that is gone already is fine.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn delete_endpoint(&self, id: &str) -> Result<(), ApiError> {
        match self.delete(&format!("{PATH}/{id}")).await {
            Ok(_) | Err(ApiError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The URL as Polar would store it (host lower-cased, default port dropped, IDN as punycode), for comparing.
#[must_use]
pub fn normalised(url: &str) -> String {
    Url::parse(url.trim()).map_or_else(|_| url.trim().to_owned(), String::from)
}

fn optional_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()).map(SecretText::new))
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_addresses_as_polar_stores_them() {
        assert_eq!(normalised("https://HOOKS.Example.com:443"), "https://hooks.example.com/");
        assert_eq!(normalised(" https://bücher.example/a b "), "https://xn--bcher-kva.example/a%20b");
    }

    #[test]
    fn reads_endpoints_of_other_versions() {
        let endpoint: Endpoint =
            serde_json::from_str(r#"{"id":"1","url":"u","format":"teams","events":["order.brand_new"],"new_field":1}"#)
                .unwrap();
        assert!(endpoint.enabled && endpoint.secret.is_none());
        assert_eq!(endpoint.events, ["order.brand_new"]);
    }
}
