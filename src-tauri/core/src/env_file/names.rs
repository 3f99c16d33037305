//! What the variables are called unless the user says otherwise.

/// The organization access token.
pub const ACCESS_TOKEN: &str = "POLAR_ACCESS_TOKEN";
/// The webhook secret.
pub const WEBHOOK_SECRET: &str = "POLAR_WEBHOOK_SECRET";
/// The tunnel's address, without the route.
pub const WEBHOOK_URL_DEV: &str = "POLAR_WEBHOOK_URL_DEV";
