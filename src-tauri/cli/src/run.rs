//! What runs while a command does, and how it ends: nothing is left behind.

use std::process::ExitCode;

use polar_setup_core::{receiver::Receiver, tunnel::Tunnel};
use polar_setup_practice::Practice;
use tokio::sync::watch;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// It was called in a wrong way.
    Usage(String),
    /// A check failed and told why, or Ctrl-C came.
    Failed,
}

/// The exit code of wrong usage.
pub const USAGE: u8 = 2;

/// Says what was wrong with the call.
pub fn usage(text: &str) -> ExitCode {
    eprintln!("error: {text}\n\nFor more information, try '--help'.");
    ExitCode::from(USAGE)
}

/// 0 verified, 1 not verified.
pub fn code(verified: bool) -> ExitCode {
    if verified { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Servers and programs that live as long as the command.
#[derive(Debug, Default)]
pub struct Running {
    pub practice: Option<Practice>,
    pub tunnel: Option<Tunnel>,
    pub receiver: Option<Receiver>,
}

impl Running {
    /// Ends them all, in the order in which they need each other.
    pub async fn stop(self) {
        if let Some(practice) = self.practice {
            practice.stop().await;
        }
        if let Some(tunnel) = self.tunnel {
            tunnel.stop().await;
        }
        if let Some(receiver) = self.receiver {
            receiver.stop().await;
        }
    }
}

/// Ctrl-C, or that somebody else wants the program to end.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on: the program is no longer ended by these signals, but ends itself.
    pub fn listen() -> Self {
        let (sender, receiver) = watch::channel(false);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
                // Where it cannot be listened for, the system ends the program as ever.
                if let Ok(mut signals) = signal(kind) {
                    let sender = sender.clone();
                    tokio::spawn(async move {
                        if signals.recv().await.is_some() {
                            sender.send_replace(true);
                        }
                    });
                }
            }
        }
        #[cfg(not(unix))]
        {
            let sender = sender.clone();
            tokio::spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    sender.send_replace(true);
                }
            });
        }
        Self(receiver)
    }

    /// Whether it has come.
    pub fn happened(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub async fn wait(&self) {
        if self.0.clone().wait_for(|happened| *happened).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
