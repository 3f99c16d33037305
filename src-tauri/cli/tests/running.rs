//! A call of the program that still runs: its lines as they come, and Ctrl-C.

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::stage::{Call, PATIENCE};

impl Call {
    /// Starts it.
    pub fn start(mut self) -> Running {
        let mut child = self.command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let notes = BufReader::new(child.stderr.take().unwrap()).lines();
        Running { child, out, notes }
    }
}

/// A call that still runs.
pub struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
}

impl Running {
    /// The next line of its output.
    pub async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.out.next_line()).await.unwrap().unwrap()
    }

    /// Waits for a note that holds this text.
    pub async fn note(&mut self, text: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.notes.next_line()).await.unwrap().unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended without saying {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Ctrl-C.
    pub async fn interrupt(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    }

    /// `kill -9`: it cannot do anything about it.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it has ended, and gives the exit code and the rest of its output.
    pub async fn end(mut self) -> (Option<i32>, Vec<String>) {
        let mut rest = Vec::new();
        while let Some(line) = self.line().await {
            rest.push(line);
        }
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        (status.code(), rest)
    }
}
