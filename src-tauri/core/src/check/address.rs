//! Whether Polar could deliver to an address of one's own, seen from here before anything is set up.

use std::net::IpAddr;

use url::{Host, Url};

use super::{
    Check,
    delivery::{Answer, TEST_EVENT, TestDelivery, explain_status},
};
use crate::{
    SecretText,
    setup::{own_url::is_private, view::DeliveryFormat},
    webhook::{secret, signature::KeyRule},
};

/// The check: its name and claim.
pub const ADDRESS: (&str, &str) = ("address", "Polar could deliver to this address");
/// How many redirects are followed to find where they end.
const HOPS: usize = 5;

/// What looking at an address found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What was seen.
    pub check: Check,
    /// Where its redirects end: the address to use instead.
    pub suggestion: Option<String>,
}

/// What to look at.
#[derive(Debug, Clone)]
pub struct Address {
    /// The endpoint's address, route included.
    pub url: Url,
    /// The webhook secret, if there is one already.
    pub secret: Option<SecretText>,
    /// The delivery format.
    pub format: DeliveryFormat,
    /// Whether addresses on this machine and in private networks are fine: for a practice Polar.
    pub private_allowed: bool,
}

impl Address {
    /// Sends a signed test delivery as Polar would, and follows its redirects, which Polar would not.
    pub async fn look(&self) -> Look {
        if let Some(ip) = self.private_address().await {
            let host = self.url.host_str().unwrap_or_default();
            let check = failed(format!("{host} is {ip}, an address that only this network knows."))
                .cause("Polar is on the internet and refuses private addresses.")
                .fix("Use the address under which the internet sees your app, or a tunnel.");
            return Look { check, suggestion: None };
        }
        let mut url = self.url.clone();
        for hop in 0..=HOPS {
            let answer = match self.send(&url).await {
                Ok(answer) => answer,
                Err(why) => return Look { check: silent(&why), suggestion: None },
            };
            let onward = (300..400).contains(&answer.status).then(|| next(&url, answer.location.as_deref())).flatten();
            match onward {
                Some(to) if to == self.url => break,
                Some(to) => url = to,
                None if hop == 0 => return Look { check: self.judge(&answer), suggestion: None },
                None => return self.redirected(&url),
            }
        }
        let check = failed("It redirects in a circle.".into())
            .cause("Polar follows no redirect, and this one leads nowhere.")
            .fix("Look at the redirects of your server or host.");
        Look { check, suggestion: None }
    }

    /// The address that the name stands for, if it is one that Polar cannot reach.
    async fn private_address(&self) -> Option<IpAddr> {
        let (Some(Host::Domain(name)), false) = (self.url.host(), self.private_allowed) else { return None };
        let port = self.url.port_or_known_default().unwrap_or(443);
        // A name that is not known here may be known to a proxy: whether it answers shows later.
        let mut addresses = tokio::net::lookup_host((name, port)).await.ok()?.map(|address| address.ip()).peekable();
        let first = *addresses.peek()?;
        addresses.all(is_private).then_some(first)
    }

    async fn send(&self, url: &Url) -> Result<Answer, String> {
        let secret = self.secret.clone().unwrap_or_else(secret::generate);
        let delivery = TestDelivery::signed(&secret, KeyRule::PolarOwn, self.format, TEST_EVENT, "");
        delivery.ok_or("The secret cannot sign a delivery.")?.send(url).await
    }

    fn judge(&self, answer: &Answer) -> Check {
        let status = answer.status;
        match (status, &self.secret) {
            (200..=299, Some(_)) => passed(format!("It answered {status} to a signed test delivery.")),
            (200..=299, None) => {
                warning(format!("It answered {status} to a delivery with a signature that nobody knows."))
                    .cause("There is no webhook secret yet, so it cannot have verified it.")
                    .fix("Go on; the last step tries it with the right signature and with a forged one.")
            }
            (401 | 403, None) => {
                passed(format!("It answered {status} to a signature that it cannot know yet, as it should."))
            }
            _ => {
                let (cause, fix) = explain_status(status, answer.location.as_deref(), self.url.path());
                failed(format!("It answered {status}.")).cause(cause).fix(fix)
            }
        }
    }

    fn redirected(&self, to: &Url) -> Look {
        let check = failed(format!("It redirects to {to}."))
            .cause("Polar follows no redirect: every delivery would fail.")
            .fix("Use the address where it ends.");
        let usable = to.scheme() == "https" || self.private_allowed;
        Look { check, suggestion: usable.then(|| to.to_string()) }
    }
}

fn next(from: &Url, location: Option<&str>) -> Option<Url> {
    from.join(location?).ok().filter(|to| matches!(to.scheme(), "http" | "https"))
}

fn silent(why: &str) -> Check {
    failed("It does not answer.".into())
        .cause(why)
        .fix("Deploy the app first, or go on: the endpoint can be made before it answers.")
}

fn passed(seen: String) -> Check {
    Check::passed(ADDRESS.0, ADDRESS.1, seen)
}

fn warning(seen: String) -> Check {
    Check::warning(ADDRESS.0, ADDRESS.1, seen)
}

fn failed(seen: String) -> Check {
    Check::failed(ADDRESS.0, ADDRESS.1, seen)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::check::CheckState;

    /// A server that answers by path: a number is a status, anything else a redirect to it.
    async fn server(routes: &'static [(&'static str, &'static str)]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 64 * 1024];
                let length = stream.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let answer = routes.iter().find(|(known, _)| *known == path).map_or("404", |(_, answer)| answer);
                let head = match answer.parse::<u16>() {
                    Ok(status) => format!("HTTP/1.1 {status} X\r\n"),
                    Err(_) => format!("HTTP/1.1 308 X\r\nlocation: {answer}\r\n"),
                };
                let _ =
                    stream.write_all(format!("{head}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await;
            }
        });
        url
    }

    async fn look(base: &Url, path: &str, secret: Option<&str>) -> Look {
        let url = base.join(path).unwrap();
        let secret = secret.map(SecretText::new);
        Address { url, secret, format: DeliveryFormat::Raw, private_allowed: true }.look().await
    }

    #[tokio::test]
    async fn says_what_answers() {
        let base = server(&[("/ok", "204"), ("/strict", "403"), ("/broken", "500")]).await;
        let secret = Some("a secret of thirty-two characters");
        assert_eq!(look(&base, "/ok", secret).await.check.state, CheckState::Passed);
        assert_eq!(look(&base, "/ok", None).await.check.state, CheckState::Warning);
        assert_eq!(look(&base, "/strict", None).await.check.state, CheckState::Passed);
        assert_eq!(look(&base, "/strict", secret).await.check.state, CheckState::Failed);
        let nothing = look(&base, "/missing", secret).await.check;
        assert!(nothing.cause.unwrap().contains("nothing at /missing"));
        assert_eq!(look(&base, "/broken", secret).await.check.state, CheckState::Failed);
    }

    #[tokio::test]
    async fn finds_where_redirects_end() {
        let base =
            server(&[("/hook", "/hook/"), ("/hook/", "/final"), ("/final", "204"), ("/a", "/b"), ("/b", "/a")]).await;
        let found = look(&base, "/hook", None).await;
        assert_eq!(found.check.state, CheckState::Failed);
        assert_eq!(found.suggestion, Some(base.join("/final").unwrap().to_string()));
        let circle = look(&base, "/a", None).await;
        assert!(circle.check.seen.contains("circle") && circle.suggestion.is_none());
    }

    #[tokio::test]
    async fn a_name_for_a_private_address_is_refused() {
        let localhost = Address {
            url: Url::parse("https://localhost/hook").unwrap(),
            secret: None,
            format: DeliveryFormat::Raw,
            private_allowed: false,
        };
        let found = localhost.look().await.check;
        assert!(found.seen.contains("only this network knows"), "{}", found.seen);
    }

    #[tokio::test]
    async fn silence_has_its_cause() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        let found = look(&base, "/", None).await.check;
        assert!(found.cause.unwrap().contains("refused"));
    }
}
