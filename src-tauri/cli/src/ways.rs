//! How Polar reaches this machine: an address of one's own, directly, or a tunnel.

use polar_setup_core::{
    check::verify,
    polar::{Environment, http::is_loopback},
    setup::{
        own_url::{self, OwnUrl},
        view::{DeliveryFormat, EnvironmentName, PublicWay},
    },
};

use crate::{
    args::{SetupArgs, TunnelChoice},
    run::Stop,
};

/// The chosen way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// An address of one's own.
    Own(OwnUrl),
    /// The practice Polar is on this machine.
    Direct,
    /// Polar's own stream, without an endpoint.
    Relay,
    /// A tunnel; `None`: the first program that is installed.
    Tunnel(Option<TunnelChoice>),
}

/// Where Polar delivers.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The endpoint's address, route included.
    pub endpoint: String,
    /// What goes into the file.
    pub base: Option<String>,
}

impl Way {
    /// Its name in the memory.
    pub const fn name(&self) -> PublicWay {
        match self {
            Self::Own(_) => PublicWay::OwnUrl,
            Self::Direct => PublicWay::Direct,
            Self::Relay => PublicWay::Relay,
            Self::Tunnel(_) => PublicWay::Tunnel,
        }
    }
}

/// Whether a server may be a practice Polar on this machine, as far as can be said without asking it.
pub fn may_be_practice(environment: &Environment) -> bool {
    match environment.name {
        EnvironmentName::Practice => true,
        EnvironmentName::Custom => is_loopback(&environment.api),
        EnvironmentName::Sandbox | EnvironmentName::Production => false,
    }
}

/// The way that the flags mean. `practice`: the server is a practice Polar on this machine.
pub fn choose(arguments: &SetupArgs, route: &str, practice: bool) -> Result<Way, Stop> {
    let wrong = |text: String| Err(Stop::Usage(text));
    let Some(typed) = &arguments.public_url else {
        return match arguments.tunnel {
            None | Some(TunnelChoice::None) if practice => Ok(Way::Direct),
            Some(TunnelChoice::None) => {
                wrong("--tunnel none needs --public-url: without either Polar cannot reach this machine.".into())
            }
            Some(TunnelChoice::Relay) => Ok(Way::Relay),
            program => Ok(Way::Tunnel(program)),
        };
    };
    if !matches!(arguments.tunnel, None | Some(TunnelChoice::None)) {
        return wrong("--public-url and --tunnel exclude each other: choose one.".into());
    }
    let read = |address: &str| own_url::read(address, route, practice);
    let own = match read(typed) {
        // A route that was asked for comes after a path that does not end with it.
        Ok(own) if own.format.is_none() && arguments.route.is_some() && !path(&own.endpoint).ends_with(route) => {
            read(&verify::join(typed.trim(), route))
        }
        read => read,
    };
    match own {
        Ok(own) => Ok(Way::Own(own)),
        Err(error) => wrong(format!("--public-url: {error}")),
    }
}

/// The format: a Discord or Slack address brings its own.
pub fn format(wished: Option<DeliveryFormat>, way: &Way) -> Result<DeliveryFormat, Stop> {
    let of_address = match way {
        Way::Own(own) => own.format,
        Way::Direct | Way::Relay | Way::Tunnel(_) => None,
    };
    match (wished, of_address) {
        (Some(wished), _) if *way == Way::Relay && wished != DeliveryFormat::Raw => {
            Err(Stop::Usage("--tunnel relay brings raw deliveries only. Leave --format out.".into()))
        }
        (Some(wished), Some(found)) if wished != found => Err(Stop::Usage(format!(
            "--public-url is an address of {found:?}, which takes no other format. Leave --format out."
        ))),
        (wished, found) => Ok(wished.or(found).unwrap_or(DeliveryFormat::Raw)),
    }
}

/// The addresses under this base.
pub fn under(base: &str, route: &str) -> Addresses {
    Addresses { endpoint: verify::join(base, route), base: Some(base.to_owned()) }
}

fn path(address: &str) -> String {
    url::Url::parse(address).map(|url| url.path().to_owned()).unwrap_or_default()
}
