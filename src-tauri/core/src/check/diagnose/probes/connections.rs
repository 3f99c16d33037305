//! The connections to a port of this machine, as Linux tells them: by them it is seen whether what answers at an address
//! passes on to the app.

use std::{collections::HashMap, time::Duration};

/// How often it is looked once more, and after which pause: some answer before they pass on.
const LOOKS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// The ports at the other ends of a port's connections, those that ended lately too, and whether each still stands.
type Ends = HashMap<u16, bool>;

/// How a port's connections stood before something was asked.
pub struct Before {
    port: u16,
    ends: Ends,
}

impl Before {
    /// `None`: the system does not tell.
    pub fn look(port: u16) -> Option<Self> {
        Some(Self { port, ends: ends(port)? })
    }

    /// Whether the port was connected to since; `None`: one that stood before and stands still may have been used again.
    pub async fn is_reached(&self) -> Option<bool> {
        let mut now = ends(self.port)?;
        for _ in 0..LOOKS {
            if now.keys().any(|end| !self.ends.contains_key(end)) {
                return Some(true);
            }
            tokio::time::sleep(PAUSE).await;
            now = ends(self.port)?;
        }
        let stands = self.ends.iter().any(|(end, stood)| *stood && now.get(end) == Some(&true));
        (!stands).then_some(false)
    }
}

#[cfg(target_os = "linux")]
fn ends(port: u16) -> Option<Ends> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|file| std::fs::read_to_string(file).ok());
    let mut all = Ends::new();
    for (end, stands) in tables.into_iter().flatten().flat_map(|table| of(&table, port)) {
        *all.entry(end).or_default() |= stands;
    }
    (!all.is_empty() || std::path::Path::new("/proc/net/tcp").exists()).then_some(all)
}

#[cfg(not(target_os = "linux"))]
fn ends(_: u16) -> Option<Ends> {
    None
}

/// The other ends of a port's connections in a table of `/proc/net` (proc(5)).
#[cfg(target_os = "linux")]
fn of(table: &str, port: u16) -> Vec<(u16, bool)> {
    const ESTABLISHED: &str = "01";
    const LISTEN: &str = "0A";
    let read = |line: &str| {
        let fields = line.split_whitespace().collect::<Vec<_>>();
        let port_of = |at: usize| u16::from_str_radix(fields.get(at)?.rsplit(':').next()?, 16).ok();
        let (here, there, state) = (port_of(1)?, port_of(2)?, *fields.get(3)?);
        let end = match (here == port, there == port) {
            (true, _) => there,
            (_, true) => here,
            _ => return None,
        };
        (state != LISTEN).then_some((end, state == ESTABLISHED))
    };
    table.lines().skip(1).filter_map(read).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn tells_whether_a_port_was_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let before = Before::look(port).unwrap();
        assert_eq!(before.is_reached().await, Some(false));
        let connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert_eq!(before.is_reached().await, Some(true));
        // One that stands may be used again unseen.
        assert_eq!(Before::look(port).unwrap().is_reached().await, None);
        drop(connection);
    }
}
