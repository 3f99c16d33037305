//! What the setup needs of a practice Polar. The core does not know the server itself; whoever composes the program
//! hands one in.

use futures_util::future::BoxFuture;
use url::Url;

use crate::polar::token::AccessToken;

/// A Polar that can be started inside this program.
pub trait PracticePolar: Send + Sync {
    /// Starts it, or tells of the one that runs already.
    fn start(&self) -> BoxFuture<'_, std::io::Result<PracticeAccount>>;

    /// Lets it deliver an event of this type to the endpoints that want it. `false`: it does not run.
    fn fire(&self, event_type: &str) -> bool;
}

/// Where a practice Polar listens, and a token that it accepts.
#[derive(Debug, Clone)]
pub struct PracticeAccount {
    /// The API's address.
    pub api: Url,
    /// A good token, with every scope.
    pub token: AccessToken,
}
