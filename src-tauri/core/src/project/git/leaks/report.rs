//! What the window is told of the findings: what they mean, what to do, and what was not looked at.

use std::sync::atomic::Ordering;

use super::{
    LARGEST, files,
    findings::{Findings, Leak},
    needles::Needles,
    objects,
};
use crate::setup::view::{LeakKind, LeakView, LeaksView};

/// Each finding, the worst first.
pub(super) fn leaks(findings: &Findings, needles: &Needles) -> Vec<LeakView> {
    let mut leaks: Vec<LeakView> = findings.leaks.iter().map(|leak| view(leak, needles)).collect();
    leaks.sort_by(|one, other| {
        let rank = |leak: &LeakView| (leak.kind, !leak.client_side, !leak.in_use, leak.masked.clone());
        rank(one).cmp(&rank(other))
    });
    leaks
}

fn view(leak: &Leak, needles: &Needles) -> LeakView {
    let is_name = leak.kind == LeakKind::ShippedName;
    let in_use = !is_name && needles.is_given(&leak.secret);
    let mut files = leak.files.clone();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let client_side = files.iter().any(|file| file.client_side);
    LeakView {
        kind: leak.kind,
        masked: if is_name { leak.secret.expose().to_owned() } else { leak.secret.masked() },
        in_use,
        client_side,
        meaning: meaning(leak, in_use, client_side),
        steps: steps(leak),
        files,
        more_files: leak.more_files,
        history: leak.history.clone(),
    }
}

fn meaning(leak: &Leak, in_use: bool, client_side: bool) -> String {
    if leak.kind == LeakKind::ShippedName {
        let name = leak.secret.expose();
        return format!("Code for browsers gets the value of {name}, so every visitor can read it.");
    }
    let what = match (leak.kind, in_use) {
        (LeakKind::Token, true) => "The access token that this project uses",
        (LeakKind::Token, false) => "An access token of Polar's, not the one this project uses,",
        _ => "The webhook secret of this project",
    };
    let place = match (&leak.history, leak.files.is_empty()) {
        (Some(history), _) if history.in_head => "is in the newest commit and in the history",
        (Some(history), _) if history.commit.is_empty() => {
            "is in an object that git keeps, though no commit has it (a staged file, or one that was)"
        }
        (Some(history), _) if !history.reachable => {
            "is in a commit that no branch or tag leads to any more; git keeps it for some weeks"
        }
        (Some(_), true) => "is no longer in the files, but still in the history",
        (Some(_), false) => "is in the files and in the history",
        (None, _) if leak.files.iter().any(|file| file.tracked) => "is in a file that git tracks",
        (None, _) => "is in a file that the next commit takes along",
    };
    let browsers = if client_side { " Browsers get that file, so every visitor can read it." } else { "" };
    format!("{what} is known to everyone who can read this: it {place}.{browsers}")
}

fn steps(leak: &Leak) -> Vec<String> {
    let mut steps: Vec<String> = match leak.kind {
        LeakKind::Token => vec![
            "Revoke the token on Polar's page, in the organization's settings: then it is worth nothing to anyone."
                .into(),
            "Make a new token there, and write it to the env file.".into(),
        ],
        LeakKind::WebhookSecret => vec![
            "Replace the secret of the endpoint, so that nobody can send deliveries in Polar's name.".into(),
            "Write the new secret to the env file.".into(),
        ],
        LeakKind::ShippedName => {
            return vec![
                "If this was ever deployed, revoke the token or replace the secret first.".into(),
                "Read the variable in code that only the server runs, under a name without the public prefix.".into(),
            ];
        }
    };
    if !leak.files.is_empty() {
        steps.push("Take it out of the files listed here, and read it from the environment instead.".into());
    }
    if leak.history.is_some() {
        steps.push(
            "Removing it from the newest version does not take it out of the history: whoever has a copy keeps it. That is why the first step counts."
                .into(),
        );
    }
    steps
}

/// What was looked at, and what was not.
pub(super) fn notes(view: &mut LeaksView, files: &files::Outcome, objects: Option<&objects::Outcome>, shallow: bool) {
    let history = if objects.is_some() { " and the history, with what no branch leads to any more" } else { "" };
    view.looked_at = format!("{} files{history}", files.files);
    let count = |number: u64, say: &dyn Fn(u64) -> String| (number > 0).then(|| say(number));
    let megabytes = LARGEST >> 20;
    let large = files.too_large.load(Ordering::Relaxed) + objects.map_or(0, |o| o.too_large.load(Ordering::Relaxed));
    view.notes.extend(count(large, &|n| format!("{n} files or objects over {megabytes} MB were not looked at.")));
    let unreadable = files.unreadable.load(Ordering::Relaxed);
    view.notes.extend(count(unreadable, &|n| format!("{n} files could not be read.")));
    if let Some(objects) = objects {
        let damaged = objects.damaged.load(Ordering::Relaxed);
        view.notes.extend(count(damaged, &|n| {
            format!("{n} objects of the repository are damaged and were not looked at; `git fsck` names them.")
        }));
        let packs = objects.damaged_packs.load(Ordering::Relaxed);
        view.notes.extend(count(packs, &|n| {
            format!("{n} packs of the repository could not be opened and were not looked at; `git fsck` names them.")
        }));
    }
    if files.no_index {
        view.notes.push("Git's index could not be read: all files were looked at, ignored ones too.".into());
    }
    if shallow {
        view.notes.push("This is a shallow clone: older commits are not here and were not looked at.".into());
    }
}
