//! What the probes saw of the way from outside in: the endpoint's address, and the tunnels.

use super::Answer;
use crate::webhook::signature::KeyRule;

/// How the endpoint's address answered a signed delivery.
#[derive(Debug, Clone, Default)]
pub struct PublicSeen {
    /// The address.
    pub url: String,
    /// Whether its name is known to the name service; `None`: not asked, or a proxy stands in between.
    pub has_address: Option<bool>,
    /// The answer.
    pub answer: Answer,
    /// The answer to a forged one.
    pub forged: Option<Answer>,
    /// The one key rule by which a signature is found right there, where it is only one.
    pub only_rule: Option<KeyRule>,
    /// Where right and forged are answered alike: the answer of a path that nobody has.
    pub beside: Option<Answer>,
    /// Likewise: whether the app's port was connected to while the address was asked; `None`: not known.
    pub reaches_app: Option<bool>,
    /// Likewise: whether it was answered otherwise when it was asked again.
    pub is_unsteady: bool,
    /// Of an address on this machine that does not answer: whether something listens there.
    pub listens: Option<bool>,
    /// Of one that answers right and forged alike: the program's name, if the system tells.
    pub program: Option<String>,
}

impl PublicSeen {
    /// Whether a forged delivery is a success there, in the same words.
    #[must_use]
    pub fn takes_all(&self) -> bool {
        self.answer.is_success() && self.forged.as_ref().is_some_and(|forged| forged.is_like(&self.answer))
    }

    /// Whether a path that nobody has is answered the same.
    #[must_use]
    pub fn is_nobodys(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.is_like(&self.answer))
    }
}

/// A tunnel program that runs on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelSeen {
    /// Which one.
    pub program: String,
    /// The port that it leads to, as far as it was told.
    pub port: Option<u16>,
    /// The hosts that it serves, as it says itself.
    pub hosts: Vec<String>,
    /// How many connections it has to its service, as it says itself.
    pub connections: Option<u64>,
    /// Whether it connects by UDP only.
    pub by_udp: bool,
    /// Without a connection for longer than one takes: whether its service is reached by TCP from here.
    pub edge_by_tcp: Option<bool>,
    /// A configuration of the user's that says where requests go, which is stronger than its arguments.
    pub configuration: Option<String>,
}

impl TunnelSeen {
    /// Whether it says that it serves this host.
    #[must_use]
    pub fn serves(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known == host)
    }
}

/// Whether a host is a quick tunnel's of cloudflared.
pub(super) fn is_quick(host: &str) -> bool {
    host.ends_with(".trycloudflare.com")
}

/// Whether a host is a tunnel's of ngrok.
pub(super) fn is_ngrok(host: &str) -> bool {
    [".ngrok-free.app", ".ngrok-free.dev", ".ngrok.app", ".ngrok.io", ".ngrok.dev"]
        .iter()
        .any(|end| host.ends_with(end))
}
