//! The delivery that proves it: sent as Polar would send it, seen to arrive, and answered by the app.

use std::time::Duration;

use url::Url;

use super::{CHECKS, Run, Target, Verification, format_of, path_of};
use crate::{
    SecretText,
    check::{
        Check,
        delivery::{self, TEST_EVENT, TestDelivery, explain_status},
    },
    polar::endpoint::Endpoint,
    receiver::{self, Receiver},
    setup::view::DeliveryFormat,
    webhook::signature::KeyRule,
};

/// How long the receiver is given to finish passing a delivery on, after the answer came back.
const RECEIVER_WAIT: Duration = Duration::from_secs(12);

impl Run<'_> {
    pub(super) async fn delivery(&mut self, order: &Verification, endpoint: &Endpoint, secret: &SecretText) {
        let (name, title) = self.begin(3);
        if endpoint.secret.as_ref().is_some_and(|theirs| theirs != secret) {
            self.report(
                Check::failed(name, title, "Not tried: Polar signs with another secret than the file's.")
                    .cause("Your app would refuse everything that Polar delivers.")
                    .fix("Run the setup again: it brings both in step."),
            );
            return;
        }
        if !endpoint.enabled {
            self.report(
                Check::failed(name, title, "Polar has disabled this endpoint: it delivers nothing.")
                    .cause("After ten events in a row that failed for good, Polar disables an endpoint.")
                    .fix("Run the setup again: it enables the endpoint."),
            );
            return;
        }
        let target = Target {
            url: endpoint.url.clone(),
            format: format_of(endpoint),
            organization: endpoint.organization_id.clone().unwrap_or_default(),
        };
        self.prove(order, &target, secret).await;
    }

    /// Sends a signed test delivery there, and sees what becomes of it.
    pub(super) async fn prove(&mut self, order: &Verification, target: &Target, secret: &SecretText) {
        let (name, title) = CHECKS[3];
        let parts = (
            Url::parse(&target.url).ok(),
            TestDelivery::signed(secret, KeyRule::PolarOwn, target.format, TEST_EVENT, &target.organization),
        );
        let (Some(url), Some(delivery)) = parts else {
            self.report(Check::failed(name, title, "The endpoint's address cannot be used.").cause(target.url.clone()));
            return;
        };
        let answer = match delivery.send(&url).await {
            Ok(answer) => answer,
            Err(cause) => {
                let fix = if order.receiver.is_some() {
                    "Start the tunnel again, and verify again."
                } else {
                    "Deploy the app, or start the tunnel that this address belongs to, then verify again. Endpoint and file are made."
                };
                self.report(Check::failed(name, title, "The public address does not answer.").cause(cause).fix(fix));
                return;
            }
        };
        match &order.receiver {
            Some(receiver) => self.through_receiver(order, target, secret, receiver, &delivery, &answer).await,
            None => self.straight(order, target, secret, &url, &answer).await,
        }
    }

    /// Our receiver stands behind the address: it must have seen the delivery.
    async fn through_receiver(
        &mut self,
        order: &Verification,
        target: &Target,
        secret: &SecretText,
        receiver: &Receiver,
        delivery: &TestDelivery,
        answer: &delivery::Answer,
    ) {
        let (name, title) = CHECKS[3];
        let seen = receiver.wait_for(&delivery.id, RECEIVER_WAIT).await;
        let Some(arrived) = seen else {
            let (cause, fix) = explain_status(answer.status, answer.location.as_deref(), &order.route);
            let check = Check::failed(
                name,
                title,
                format!("The address answered {}, but not through this assistant's receiver.", answer.status),
            );
            self.report(check.cause(cause).fix(fix));
            return;
        };
        let Some(rule) = arrived.verified else {
            let cause = arrived.problem.clone().unwrap_or_else(|| "Its signature does not fit.".into());
            self.report(
                Check::failed(name, title, "It arrived, but changed on the way.")
                    .cause(cause)
                    .fix("Use another tunnel or proxy: this one changes the body or headers."),
            );
            return;
        };
        self.proved = true;
        self.report(Check::passed(
            name,
            title,
            format!("Through {} in {} ms; verified by {}.", target.url, answer.milliseconds, rule.name()),
        ));
        let (name, title) = self.begin(4);
        match arrived.app_status {
            Some(status @ 200..=299) => {
                self.report(Check::passed(
                    name,
                    title,
                    format!("It answered {status} in {} ms.", arrived.app_ms.unwrap_or_default()),
                ));
                if let Ok(app) = Url::parse(&format!("http://localhost:{}{}", order.app_port, path_of(&target.url))) {
                    self.other_signatures(order, target, secret, &app).await;
                }
            }
            Some(status) => {
                let (cause, fix) = explain_status(status, None, &order.route);
                self.report(
                    Check::failed(name, title, format!("It answered {status} at {}.", order.route))
                        .cause(cause)
                        .fix(fix),
                );
            }
            None if receiver::app_is_running(order.app_port).await => {
                let cause = arrived.app_problem.unwrap_or_else(|| "It did not answer.".into());
                self.report(
                    Check::failed(name, title, "It runs, but did not answer.")
                        .cause(cause)
                        .fix("Look at your app's log."),
                );
            }
            None => {
                self.report(
                    Check::warning(
                        name,
                        title,
                        format!("No app listens on port {}, so it was not asked.", order.app_port),
                    )
                    .fix("Start your app and verify again, or correct its port."),
                );
            }
        }
    }

    /// The address is the app's own: its answer is all there is to see.
    async fn straight(
        &mut self,
        order: &Verification,
        target: &Target,
        secret: &SecretText,
        url: &Url,
        answer: &delivery::Answer,
    ) {
        let (name, title) = CHECKS[3];
        if (200..300).contains(&answer.status) {
            self.proved = true;
            self.report(Check::passed(
                name,
                title,
                format!("{} answered {} in {} ms.", target.url, answer.status, answer.milliseconds),
            ));
            if target.format == DeliveryFormat::Raw {
                self.other_signatures(order, target, secret, url).await;
            }
        } else {
            let (cause, fix) = explain_status(answer.status, answer.location.as_deref(), path_of(&target.url));
            self.report(
                Check::failed(name, title, format!("{} answered {}.", target.url, answer.status)).cause(cause).fix(fix),
            );
        }
    }

    /// An app that accepts everything proves nothing: a forged delivery must be refused. And where Polar made the
    /// secret, the other key rule must be accepted as well.
    async fn other_signatures(&mut self, order: &Verification, target: &Target, secret: &SecretText, app: &Url) {
        let organization = target.organization.as_str();
        let (name, title) = self.begin(5);
        let forger = crate::webhook::secret::generate();
        let forgery = TestDelivery::signed(&forger, KeyRule::PolarOwn, DeliveryFormat::Raw, TEST_EVENT, organization);
        let check = match answer_of(forgery, app).await {
            Some(200..=299) => {
                let (seen, cause) = (
                    "It accepted a delivery that was signed with another secret.",
                    "The handler does not verify signatures, or another page answers at this route.",
                );
                // Where nothing of ours stands behind the address, its word is all there is, and this is worth nothing.
                let check = if order.receiver.is_some() {
                    Check::warning(name, title, seen)
                } else {
                    self.proved = false;
                    Check::failed(name, title, seen)
                };
                check.cause(cause).fix(
                    "Verify each delivery with validateEvent and the webhook secret, or anybody can send you events.",
                )
            }
            Some(status) => Check::passed(name, title, format!("It answered {status} to a wrong signature.")),
            None => Check::warning(name, title, "It did not answer the second request."),
        };
        self.report(check);
        if !order.secret_made_by_polar {
            return;
        }
        let Some(other) =
            TestDelivery::signed(secret, KeyRule::StandardWebhooks, DeliveryFormat::Raw, TEST_EVENT, organization)
        else {
            return;
        };
        let (name, title) = ("key_rules", "Your app accepts both key rules");
        (self.progress)(Check::running(name, title));
        let check = match answer_of(Some(other), app).await {
            Some(200..=299) => Check::passed(name, title, "Both Polar's own and the Standard Webhooks rule."),
            _ => Check::failed(name, title, "It accepts only Polar's own key rule.")
                .cause("Secrets that Polar made since 2026-09-08 are signed by the Standard Webhooks rule; @polar-sh/sdk before 1.0 does not verify that.")
                .fix("Choose a secret generated here, or update to @polar-sh/sdk 1.0 or later."),
        };
        self.report(check);
    }
}

async fn answer_of(delivery: Option<TestDelivery>, url: &Url) -> Option<u16> {
    delivery?.send(url).await.ok().map(|answer| answer.status)
}
